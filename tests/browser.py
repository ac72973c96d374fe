"""A browser for the tests: Chromium, operated through ChromeDriver as the W3C's WebDriver says.

That is a handful of JSON messages over HTTP, so that it takes no package: selenium brings a dozen
others along, and playwright a browser of its own and node.
"""

import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromedriver")
_OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--lang=en"]


class Browser:
    """One window.

    Args:
        driver: the address of ChromeDriver.
    """

    def __init__(self, driver: str) -> None:
        self._driver = driver
        chromium = {"args": _OPTIONS, "binary": shutil.which(PROGRAMS[0])}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": chromium,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{made['sessionId']}"

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self._driver}{path}", body, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def _do(self, path: str, **content: Any) -> Any:
        return self._ask("POST", f"{self._session}{path}", content)

    def command(self, name: str, **parameters: Any) -> Any:
        """Give a command of the DevTools protocol."""
        return self._do("/goog/cdp/execute", cmd=name, params=parameters)

    def open(self, address: str) -> None:
        """Open a page and wait until it is there."""
        self._do("/url", url=address)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script returns."""
        return self._do("/execute/sync", script=script, args=list(arguments))

    def until(self, condition: str, seconds: float = 10.0) -> None:
        """Wait until an expression holds."""
        end = time.monotonic() + seconds
        while not self.run(f"return {condition}"):
            assert time.monotonic() < end, f"not within {seconds} s: {condition}"
            time.sleep(0.02)

    def texts(self, selector: str) -> list[str]:
        """Return what elements say, as it is seen."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".map((e) => e.innerText ?? e.textContent)"
        )
        return self.run(script, selector)

    def count(self, selector: str) -> int:
        """Return how many elements there are that can be seen."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter((e) => e.checkVisibility()).length"
        )
        return self.run(script, selector)

    def place(self, selector: str, text: str = "") -> tuple[int, int]:
        """Return where in the window an element lies: the first with a text in it."""
        script = """
            const found = [...document.querySelectorAll(arguments[0])].find(
              (e) => e.textContent.includes(arguments[1]));
            found.scrollIntoView({block: "center", behavior: "instant"});
            const box = found.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        """
        x, y = self.run(script, selector, text)
        return round(x), round(y)

    def point(self, selector: str, text: str = "", right: int = 0, press: bool = False) -> None:
        """Move the mouse to an element, or somewhat to the right of its middle; press there."""
        x, y = self.place(selector, text)
        moves: list[dict[str, Any]] = [{"type": "pointerMove", "x": x + right, "y": y}]
        if press:
            moves += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "actions": moves}
        self._do("/actions", actions=[mouse])

    def press(self, selector: str, text: str = "") -> None:
        """Press an element with the mouse."""
        self.point(selector, text, press=True)

    def type(self, *keys: str) -> None:
        """Press keys where the focus is."""
        pressed = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._do("/actions", actions=[{"type": "key", "id": "keys", "actions": pressed}])

    def resize(self, width: int, height: int = 900) -> None:
        """Let the window be of this size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.command("Emulation.setDeviceMetricsOverride", **size)

    def media(self, kind: str = "", **features: str) -> None:
        """Show pages as on paper (``print``), or as for those who prefer a dark screen."""
        told = [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ]
        self.command("Emulation.setEmulatedMedia", media=kind, features=told)

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return self.run(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def said(self) -> list[str]:
        """Return what was said on the console since this was asked last."""
        return [each["message"] for each in self._do("/se/log", type="browser")]

    def picture(self, path: Path) -> None:
        """Keep the whole page as a picture."""
        found = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def paper(self) -> bytes:
        """Return the page as it is printed, a PDF file."""
        return base64.b64decode(self._do("/print"))

    def close(self) -> None:
        """Close the window, and the browser with it."""
        self._ask("DELETE", self._session)


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a browser; skip where there is none."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        pytest.skip(f"needs {' and '.join(absent)}: apt-get install chromium chromium-driver")
    driver = subprocess.Popen(
        [PROGRAMS[1], "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert driver.stdout is not None
        lines = iter(driver.stdout.readline, "")
        port = next(line.split()[-1] for line in lines if "started successfully" in line)
        made = Browser(f"http://127.0.0.1:{port.rstrip('.')}")
        try:
            yield made
        finally:
            made.close()
    finally:
        driver.terminate()
        driver.communicate()
