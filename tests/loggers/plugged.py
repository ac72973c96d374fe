"""Loggers that go wrong in every way, as somebody may bring them in a file."""

FILE = "own_logger.py"
TEXT = '''
import json
import os
import signal
import time
from pathlib import Path
from typing import Annotated

from pydantic import Field

from snnrun.extending import Entry, LoggerSettings, RemoteLoggerSettings


class OwnSettings(RemoteLoggerSettings):
    """Writes lines, or goes wrong."""

    to: Annotated[str, Field(description="file to write")] = ""
    how: Annotated[str, Field(description="how it goes wrong")] = ""
    at: Annotated[str, Field(description="method in which it does")] = "numbers"
    figures: Annotated[bool, Field(description="show figures")] = True
    histograms: Annotated[bool, Field(description="show histograms")] = True


class NearSettings(LoggerSettings):
    """The same in the process of the training."""

    to: Annotated[str, Field(description="file to write")] = ""


class Own:
    def __init__(self, settings):
        self.settings = settings
        self.how = getattr(settings, "how", "")

    def __getattr__(self, method):
        if method not in ("begin", "go_back", "numbers", "histogram", "figure", "end"):
            raise AttributeError(method)
        return lambda *arguments: self.note(method, *arguments)

    def note(self, method, *arguments):
        if self.settings.to:
            with Path(self.settings.to).open("a") as file:
                file.write(json.dumps([method, *map(str, arguments), os.getpid()]) + "\\n")
        if self.how and method == self.settings.at:
            {
                "raise": lambda: 1 / 0,
                "secret": lambda: open("http://me:hidden@host/" + os.environ["OWN_API_KEY"]),
                "hang": lambda: time.sleep(600),
                "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
                "exit": lambda: os._exit(7),
            }[self.how]()


COMPONENTS = {
    "loggers": {
        "own": Entry(OwnSettings, "own_logger:Own", summary="writes lines, or goes wrong"),
        "near": Entry(NearSettings, "own_logger:Own", summary="writes lines here"),
    }
}
'''
