"""Messages through a file: whole, in order, whatever pieces it grows by."""

import os
import threading
from tempfile import TemporaryFile

from snnrun.loggers import spool
from snnrun.loggers.spool import messages, put


def test_what_is_put_comes_out_until_nobody_puts_any_more():
    said = [("numbers", (1, {"a": 0.1})), "x" * 200_000, None, b""]
    with TemporaryFile() as file:
        for each in said:
            put(file.fileno(), each)
        assert list(messages(file.fileno(), lambda: True)) == said


def test_a_message_that_is_half_there_is_waited_for(monkeypatch):
    monkeypatch.setattr(spool, "PAUSE", 0.001)
    with TemporaryFile() as whole, TemporaryFile() as file:
        put(whole.fileno(), {"a": [1, 2, 3]})
        raw = os.pread(whole.fileno(), 10_000, 0)
        gone = threading.Event()

        def grow():
            for index in range(len(raw)):
                os.write(file.fileno(), raw[index : index + 1])
            gone.set()

        thread = threading.Thread(target=grow)
        thread.start()
        found = list(messages(file.fileno(), gone.is_set))
        thread.join()
    assert found == [{"a": [1, 2, 3]}]


def test_a_message_that_stays_half_is_left_out():
    with TemporaryFile() as file:
        put(file.fileno(), "whole")
        os.write(file.fileno(), b"\x40\0\0\0\0\0\0\0half")
        assert list(messages(file.fileno(), lambda: True)) == ["whole"]
