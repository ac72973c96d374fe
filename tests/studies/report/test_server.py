"""A report that is served while runs train: to this machine alone, and kept up to date."""

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from errno import EBADF

import pytest

from snnrun.errors import ConfigError
from snnrun.runs.folder import RunDir
from snnrun.studies.report.collecting import Collection
from snnrun.studies.report.server import Server
from tests.browser import browser
from tests.cli.running import ROOT, run
from tests.studies.report.folders import EVIL, log, make, picture


@contextmanager
def serving(*places):
    """A server for places, which reads whenever it is asked."""
    study = Collection(places, 10**6, may_be_empty=True)
    with Server(study, 0) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("snnrun.studies.report.collecting._PATIENCE", 0.0)
        patch.setattr("snnrun.studies.report.page._EVERY", 100)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def runs(tmp_path):
    return [make(tmp_path, "a", state="running"), make(tmp_path, "b", {"seed": 1})]


@pytest.fixture
def server(runs, tmp_path):
    with serving(tmp_path) as made:
        yield made


def ask(server, path: str = "/", method: str = "GET", host: str | None = None):
    """Status, headings and text of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    named = f"127.0.0.1:{server.server_port}" if host is None else host
    with closing(connection):
        connection.putrequest(method, path, skip_host=True)
        if named:
            connection.putheader("Host", named)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def test_it_serves_the_page(server):
    status, headings, text = ask(server)
    assert (status, headings["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert int(headings["Content-Length"]) == len(text.encode())
    assert "<title>" in text
    assert headings["X-Content-Type-Options"] == "nosniff"
    assert headings["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headings["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert headings["Content-Security-Policy"].endswith(
        "connect-src 'self'; frame-ancestors 'none'"
    )


def test_head_tells_what_stands_before_the_page(server):
    status, headings, text = ask(server, method="HEAD")
    assert (status, text) == (200, "")
    assert int(headings["Content-Length"]) > 1000
    with socket.create_connection(("127.0.0.1", server.server_port)) as asking:
        asking.sendall(f"HEAD / HTTP/1.1\r\nHost: localhost:{server.server_port}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: asking.recv(65536), b""))
    assert answer.endswith(b"X-Frame-Options: DENY\r\n\r\n")


def test_it_tells_what_is_new(server, runs):
    first = json.loads(ask(server, "/new?since=0&layout=1")[2])
    assert {*first["runs"]} == {"0", "1"}
    log(runs[0], 5, "validation", accuracy=0.875)
    address = f"/new?since={first['reading']}&layout={first['layout']}"
    status, headings, text = ask(server, address)
    assert (status, headings["Content-Type"]) == (200, "application/json; charset=utf-8")
    told = json.loads(text)
    assert told["runs"]["0"]["curves"] == [
        {"split": "validation", "name": "accuracy", "epochs": [5], "values": [0.875]}
    ]
    assert {*told["runs"]} == {"0"}
    assert len(text) < 500


def test_one_who_has_another_page_is_told_so_alone(server, runs, tmp_path):
    make(tmp_path, "c")
    told = json.loads(ask(server, "/new?since=0&layout=77")[2])
    assert (told["layout"], told["runs"]) == (1, {})


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LocalHost"])
def test_it_answers_to_its_own_names(server, name):
    assert ask(server, host=f"{name}:{server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "host",
    ["", "localhost", "127.0.0.1", "evil.example:{}", "127.0.0.1.evil.example:{}", "localhost:1",
     "evil.example", "localhost:{}@evil.example", "0.0.0.0:{}", "[::1]"],
)  # fmt: skip
def test_it_refuses_names_of_others(server, host):
    """A page of elsewhere may let its name lead to this machine."""
    status, _, text = ask(server, "/new?since=0&layout=1", host=host.format(server.server_port))
    assert (status, text) == (403, "another host was asked for")


def test_it_refuses_two_names_at_once(server):
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port)) as connection:
        connection.putrequest("GET", "/")
        connection.putheader("Host", "evil.example")
        connection.endheaders()
        assert connection.getresponse().status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_it_can_be_read_alone(server, method):
    status, headings, _ = ask(server, method=method)
    assert (status, headings["Allow"]) == (405, "GET, HEAD")
    assert "Access-Control-Allow-Origin" not in headings


@pytest.mark.parametrize(
    "path",
    ["/a/config.yaml", "/../../../etc/passwd", "//etc/passwd", "/%2e%2e/a", "/favicon.ico", "*",
     "/new/", "/index.html", "http://evil.example/"],
)  # fmt: skip
def test_no_path_leads_to_a_file(server, path):
    status, _, text = ask(server, path)
    assert (status, text) == (404, "there is / and /new alone")


@pytest.mark.parametrize(
    "query", ["", "?since=1", "?since=a&layout=1", "?since=-1&layout=1", f"?since={9**99}&layout=1",
              "?since=1&since=2&layout=1", "?since=²&layout=1"]
)  # fmt: skip
def test_a_question_that_makes_no_sense(server, query):
    status, _, text = ask(server, "/new" + query.replace("²", "%C2%B2"))
    assert status == 400
    assert re.fullmatch("(since|layout): expected a number", text)


def test_it_says_that_runs_have_gone(server, runs):
    shutil.rmtree(runs[0].path.parent)
    for path in ("/", "/new?since=0&layout=1"):
        status, _, text = ask(server, path)
        assert status == 503
        assert text.startswith(f"no such folder: {runs[0].path.parent}")


def test_other_machines_cannot_reach_it(server):
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken(tmp_path, runs, server):
    port = server.server_port
    with pytest.raises(ConfigError, match=f"cannot serve on port {port}: Address already in use"):
        Server(Collection([tmp_path], 0), port)
    code, out, err = run("watch", tmp_path, "--port", port)
    assert (code, out) == (2, "")
    assert err.endswith("; choose another with --port, 0 for any\n")


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_it_ends_when_it_is_asked_to(tmp_path, runs, sent, code):
    command = [sys.executable, "-m", "snnrun", "watch", str(tmp_path), "--port", "0"]
    watching = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    with watching:
        told = watching.stdout.readline()
        port = int(re.fullmatch(r"http://127.0.0.1:(\d+)/ .*\n", told)[1])
        with socket.create_connection(("127.0.0.1", port)):  # one who says nothing
            watching.send_signal(sent)
            out, err = watching.communicate(timeout=20)
    assert watching.returncode == code
    assert (out, err) == ("", f"snnrun: stopped by {'Ctrl-C' if code == 130 else 'SIGTERM'}\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(EBADF, "Bad file descriptor"), ""),  # closed beneath who was asking, at the end
        (ConnectionResetError(), ""),
        (ValueError("odd"), "snnrun: unexpected ValueError: odd\n"),
    ],
    ids=["closed", "gone", "other"],
)
def test_what_goes_wrong_with_a_question_is_told_but_for_one_who_went_away(
    server, capsys, error, said
):
    try:
        raise error
    except Exception:
        server.handle_error(None, None)
    assert capsys.readouterr().err == said


# In a browser.

CHART = ".chart:first-child"


@pytest.fixture
def window(server, monkeypatch):
    with browser() as made:
        made.resize(1280)
        made.open(server.address)
        yield made
        assert made.said() == []


def test_a_page_follows_its_runs(window, runs, tmp_path):
    """New points, then a new run: what is hidden stays hidden, what is open stays open."""
    assert window.texts("#of-runs tbody tr td")[1] == "4 of 4"
    window.press(".chip", "train")
    window.press("#settings summary", "config.yaml")
    window.press("#of-runs thead button", "run")
    window.press("#of-runs thead button", "run")
    assert window.texts("#of-runs tbody th") == ["b", "a"]
    log(runs[0], 9, "validation", accuracy=0.875, loss=0.5, **{EVIL: 1.0})
    window.until("document.querySelector('.controls').textContent.includes('onerror')")
    assert window.count(f"{CHART} path.line") == 4
    assert EVIL in window.texts(".chip")
    picture(make(tmp_path, "c", {"seed": 2}), "curves")
    window.until("document.querySelectorAll('#of-runs tbody tr').length === 3")
    assert window.count(f"{CHART} path.line") == 6
    assert window.count("#settings pre") == 1
    assert window.texts("#of-runs tbody th") == ["c", "b", "a"]
    assert window.count("#figures img") == 1
    assert window.texts("#standing")[0].startswith("3 runs: ")


def test_a_page_waits_for_the_first_run(tmp_path):
    (tmp_path / "runs").mkdir()
    with serving(tmp_path / "runs") as server, browser() as window:
        window.open(server.address)
        assert window.texts("#runs .note") == ["There is none yet."]
        assert window.texts(".charts") == ["nothing is logged yet"]
        run = RunDir(tmp_path / "runs" / "a")
        run.path.mkdir()
        run.config.write_text("{}")  # of which nothing else is known yet
        assert ask(server)[0] == 200
        run.path.rename(tmp_path / "gone")
        make(tmp_path / "runs", "a")
        window.until("document.querySelectorAll('.chart').length === 2")
        assert window.texts(".chart h3") == ["accuracy", "loss"]
        assert window.said() == []


def test_a_table_follows_its_runs(window, runs):
    """It stays sorted by what it was."""
    window.press("#of-runs thead button", "epoch")
    assert window.texts("#of-runs tbody th") == ["a", "b"]
    known = runs[1].read_json("summary.json")
    runs[1].write_json("summary.json", {**known, "state": "interrupted", "epoch": 3})
    window.until("document.querySelector('#of-runs').textContent.includes('interrupted')")
    assert window.texts("#of-runs tbody th") == ["b", "a"]
    assert window.texts("#of-runs tbody tr:first-child td")[:2] == ["interrupted", "3 of 4"]


def test_what_is_read_stays_while_a_curve_grows(window, runs):
    window.point(f"{CHART} svg")
    head = window.texts(f"{CHART} .told p")[0]
    log(runs[0], 4, "test", accuracy=0.5)
    window.until(f"document.querySelectorAll('{CHART} circle.test').length === 3")
    assert window.texts(f"{CHART} .told:not([hidden]) p")[0] == head


def test_a_page_says_that_nobody_answers(runs, tmp_path):
    with browser() as window:
        with serving(tmp_path) as server:
            window.open(server.address)
        window.until("document.querySelector('#standing').textContent.startsWith('no answer: ')")
        assert window.count(f"{CHART} path.line") == 6
