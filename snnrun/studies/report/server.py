"""Serve a report of runs that are still trained, to this machine alone.

What answers is as narrow as it can be: on 127.0.0.1 only; GET and HEAD only; two addresses, none of
which names a file; and only where the address that was asked for names this machine, so that a
page of elsewhere whose name is made to lead here is refused.
"""

import sys
import threading
from collections.abc import Callable
from errno import EBADF
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs

from snnrun.errors import ConfigError, DataError, printable
from snnrun.studies.report.collecting import Collection
from snnrun.studies.report.markup import as_json
from snnrun.studies.report.page import news, page, policy

ADDRESS = "127.0.0.1"
#: What this machine may be called.
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_UNSAID = 80  # the port that browsers leave out
_TIMEOUT = 20.0  # seconds until one who says nothing is left


class Server(ThreadingHTTPServer):
    """Answers for a collection of runs.

    Args:
        study: what is told; read on by whoever asks, one at a time.
        port: the port; 0 for one that is free.

    Raises:
        ConfigError: the port is taken, or not to be had.
    """

    daemon_threads = True

    def __init__(self, study: Collection, port: int) -> None:
        self.study, self._lock = study, threading.Lock()
        try:
            super().__init__((ADDRESS, port), Handler)
        except (OSError, OverflowError) as error:
            said = getattr(error, "strerror", None) or error
            raise ConfigError(
                f"cannot serve on port {port}: {said}; choose another with --port, 0 for any"
            ) from error

    def server_bind(self) -> None:
        """Take the port, without asking a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, and nothing of one who went away."""
        error = sys.exc_info()[1]
        closed = isinstance(error, OSError) and error.errno == EBADF  # by the end of the server
        if not closed and not isinstance(error, ConnectionError | TimeoutError):
            text = printable(f"{type(error).__name__}: {error}")
            print(f"snnrun: unexpected {text}", file=sys.stderr)

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{ADDRESS}:{self.server_port}/"

    def whole(self) -> str:
        """Return the page."""
        with self._lock:
            self.study.read_on()
            return page(self.study, self.study.figures(), live=True)

    def new(self, since: int, layout: int) -> str:
        """Return what came after a reading, for a page of a layout.

        Of another layout, only that is said: who asks needs the page anew.
        """
        with self._lock:
            self.study.read_on()
            other = layout != self.study.layout
            return as_json(news(self.study, self.study.reading if other else since))


class Handler(BaseHTTPRequestHandler):
    """Answers one question."""

    server: Server
    server_version, sys_version = "snnrun", ""
    timeout = _TIMEOUT

    def do_GET(self) -> None:
        """Answer with what was asked for."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answer with what stands before it."""
        self._answer(body=False)

    def _refuse(self) -> None:
        self._send(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", "it can be read alone", body=True)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse

    def _answer(self, body: bool) -> None:
        path, _, query = self.path.partition("?")
        if not self._is_for_here():
            self._send(HTTPStatus.FORBIDDEN, "text/plain", "another host was asked for", body)
        elif path == "/":
            self._tell("text/html", self.server.whole, body)
        elif path == "/new":
            try:
                numbers = [_number(query, name) for name in ("since", "layout")]
            except ValueError as error:
                self._send(HTTPStatus.BAD_REQUEST, "text/plain", str(error), body)
                return
            self._tell("application/json", lambda: self.server.new(*numbers), body)
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", "there is / and /new alone", body)

    def _tell(self, kind: str, make: Callable[[], str], body: bool) -> None:
        """Answer with what is made; who cannot read the runs says so."""
        try:
            self._send(HTTPStatus.OK, kind, make(), body)
        except DataError as error:
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", str(error), body)

    def _is_for_here(self) -> bool:
        """Tell whether who asks means this machine, by one of its own names."""
        hosts, port = self.headers.get_all("Host", []), self.server.server_port
        names = [f"{name}:{port}" for name in _NAMES] + [*_NAMES] * (port == _UNSAID)
        return len(hosts) == 1 and hosts[0].lower() in names

    def _send(self, status: HTTPStatus, kind: str, text: str, body: bool) -> None:
        content = text.encode("utf-8", "replace")
        self.send_response(status)
        for name, value in {
            "Allow": "GET, HEAD",
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(content)),
            "Content-Security-Policy": f"{policy(live=True)}; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing of what was asked."""


def _number(query: str, name: str) -> int:
    """Return a number of a query.

    Raises:
        ValueError: it is none.

    Example:
        >>> _number("since=3&layout=1", "layout")
        1
    """
    given = parse_qs(query).get(name, [""])
    if len(given) != 1 or not (given[0].isdecimal() and len(given[0]) < 16):
        raise ValueError(f"{name}: expected a number")
    return int(given[0])
