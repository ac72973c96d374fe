"""Processes that train together, as ``--nproc`` starts and ends them."""

import os
import signal
import subprocess
import sys

import pytest

from snnrun.cli import launch


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_between_two_starts_leaves_no_process(monkeypatch, how):
    """Handlers came after the last start: those that had been started ran on without a parent."""
    started = []
    popen = subprocess.Popen

    def start(command, **given):
        started.append(popen([sys.executable, "-c", "import time; time.sleep(60)"], **given))
        os.kill(os.getpid(), how)
        return started[-1]

    def unheard(number, frame):
        raise AssertionError("nobody ends what was started")

    before = signal.signal(how, unheard)
    monkeypatch.setattr(subprocess, "Popen", start)
    try:
        assert launch.launch(3, ["train"]) == 128 + how
        assert len(started) == 1
        assert all(child.poll() is not None for child in started)
        assert signal.getsignal(how) is unheard
    finally:
        signal.signal(how, before)
        for child in started:
            child.kill()
            child.wait()
