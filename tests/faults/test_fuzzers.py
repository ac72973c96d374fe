"""Short runs of the fuzzers; and what they are to see is seen."""

import logging
import os
import time
from pathlib import Path

import pytest

from snnrun.errors import DataError
from tests.faults import folders, foreign, uses
from tests.faults.programs import PROGRAMS, Program
from tests.trials import Limits, refused, tried

EXAMPLES = 150


def test_damaged_run_folders():
    report = folders.fuzz(EXAMPLES, 70_000, kinds=("tiny",))
    assert report.found == []
    assert report.counts.keys() == {"worked", "refused"}
    assert report.counts.total() == EXAMPLES


def test_damaged_files_of_other_programs():
    before = dict(os.environ)
    slow = ("bindsnet_imported", "nir", "delgrad", "fastanddeep_zip", "pytorch_sbs_2022")
    quick = [name for name in PROGRAMS if name not in slow]
    report = foreign.fuzz(EXAMPLES, 70_000, names=quick)
    assert report.found == []
    assert report.counts.keys() == {"read", "refused"}
    assert report.counts.total() == EXAMPLES
    assert os.environ == before
    assert logging.getLogger("snnrun.compat").isEnabledFor(logging.WARNING)  # of tests after it


# ---- what they are to see ----


def _late(seed: int) -> str:
    time.sleep(9)
    return "late"


def _busy(seed: int) -> str:
    while True:
        pass


def _large(seed: int) -> str:
    return str(len(bytearray(2**30)))


def _clumsy(seed: int) -> str:
    return refused(DataError("x" * 99), 10)


WANTING = {
    "KeyError: 3": lambda seed: {}[seed],
    "it hangs": _late,
    "TooSlow": _busy,
    "MemoryError": _large,
    "SIGABRT": lambda seed: os.abort(),
    "99 characters, of which": _clumsy,
    "SystemExit": lambda seed: exit(),
}


@pytest.mark.parametrize("what", WANTING)
def test_a_trial_that_is_wanting_is_found(what, capsys):
    limits = Limits(seconds=0.1, wait=2.0, room=2**28)
    report = tried(
        lambda seed: WANTING[what](seed) if seed == 3 else "fine", "trials", 5, 1, limits
    )
    (found,) = report.found
    assert found.seed == 3
    assert what in found.what
    assert report.counts == {"fine": 4}
    assert f"seed 3: {found.what}" in capsys.readouterr().out
    assert str(report).startswith("5 trials, seeds 1 to 5: 4 fine, 1 found wanting; ")


def test_no_trial_begins_after_the_time_is_up():
    report = tried(lambda seed: time.sleep(0.01) or "slept", "trials", 10**9, seconds=0.3)
    assert 1 <= report.tried == report.counts["slept"] < 50


def _other_weights(run: Path, epoch: int | None, out: Path) -> uses.Found:
    asked, found = uses.load(run, epoch, out)
    return asked, found[::-1]


def _write(where: str):
    """Return a use that writes where it should not."""

    def use(run: Path, epoch: int | None, out: Path) -> uses.Found:
        (run / where).write_text("new")
        raise DataError("it is damaged")

    return use


FAULTY = {
    "without the damage": _other_weights,
    "a refusal changed ['status.json']": _write("status.json"),
    "what is done to a run changed ['precious']": _write("../../outside/precious"),
    "a refusal left something half made": _write("../../out/half"),
}


@pytest.mark.parametrize("what", FAULTY)
def test_a_use_that_is_wanting_is_found(what, monkeypatch):
    known = {"load": uses.USES["load"]}
    monkeypatch.setattr(folders, "USES", known)
    monkeypatch.setattr(uses, "USES", known)
    with monkeypatch.context() as patch:
        real = folders.expected

        def expected(*arguments):
            found = real(*arguments)
            patch.setitem(known, "load", uses.Use(FAULTY[what], 1.0))
            return found

        monkeypatch.setattr(folders, "expected", expected)
        report = folders.fuzz(40, 1, kinds=("tiny",))
    assert report.found
    assert any(what in found.what for found in report.found), report.found[0].what


@pytest.mark.filterwarnings("ignore")
def test_a_reader_that_is_wanting_is_found(monkeypatch):
    """It runs what it reads."""
    monkeypatch.setenv("SNNRUN_DATA", "")
    program = PROGRAMS["csv"]

    def read(folder: Path, out: Path) -> object:
        (folder / "ran").touch()
        return program.read(folder, out)

    monkeypatch.setitem(foreign.PROGRAMS, "csv", Program(program.make, read))
    report = foreign.fuzz(5, 1, names=["csv"])
    assert any("reading changed ['ran']" in found.what for found in report.found)
