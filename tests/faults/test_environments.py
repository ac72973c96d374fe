"""Trainings in odd surroundings: masks of new files, no home, nowhere to put temporary files, and
real disks that are small, or can only be read.
"""

import os
import stat
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.faults.forked import Command, only_folder
from tests.tiny import write_config

SHORT = ("-q", "train.epochs=1", "train.savepoints=[]")


def trained(tmp_path, results=None, before=lambda: None):
    """Train; return what became of it, and the run folder."""
    results = results or tmp_path / "results"
    config = write_config(tmp_path)
    done = Command("train", config, "--results", results, *SHORT, before=before).wait()
    return done, only_folder(results)


def without(*names):
    for name in names:
        os.environ.pop(name, None)


ODD = {
    "no home": partial(without, "HOME", "USER", "LOGNAME"),
    "a home that is not there": partial(os.environ.update, HOME="/nowhere/at/all"),
    "nowhere for temporary files": partial(os.environ.update, TMPDIR="/nowhere/at/all"),
    "a backend that draws in notebooks": partial(
        os.environ.update, MPLBACKEND="module://matplotlib_inline.backend_inline"
    ),
    "no locale": partial(os.environ.update, LC_ALL="C", LANG="C"),
    "a zone of time that there is not": partial(os.environ.update, TZ="Nowhere/Land"),
}


@pytest.mark.parametrize("odd", ODD)
def test_a_training_does_not_mind(tmp_path, odd):
    done, run = trained(tmp_path, before=ODD[odd])
    assert (done.code, done.clean) == (0, True), done
    assert run is not None


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o027, 0o077])
def test_files_are_for_whom_the_mask_lets(tmp_path, mask):
    """The lock kept the group out that all other files let in."""
    done, run = trained(tmp_path, before=lambda: os.umask(mask))
    assert done.code == 0, done
    for path in [run, *run.rglob("*")]:
        whole = 0o777 if path.is_dir() else 0o666
        assert stat.S_IMODE(path.stat().st_mode) == whole & ~mask, path


@pytest.fixture
def disk(tmp_path):
    """A function that mounts a real disk of some size in memory, or mounts it anew."""
    place = tmp_path / "disk"

    def mount(options, remount=False):
        place.mkdir(exist_ok=True)
        how = f"{'remount,' if remount else ''}{options}"
        command = ["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"needs to mount a disk: {done.stderr.strip()}")
        return place

    try:
        yield mount
    finally:
        subprocess.run(["umount", str(place)], capture_output=True, check=False)


def test_a_disk_that_becomes_full_costs_nothing_that_was_saved(tmp_path, disk):
    done, whole = trained(tmp_path)
    assert done.code == 0
    for size in ("28k", "60k"):
        done, run = trained(tmp_path, disk(f"size={size}"))
        assert (done.code, done.clean) == (3, True), done
        assert "No space left" in done.text
        if size != "28k":
            assert run is not None
            disk("size=9m", remount=True)
            again = Command("continue", run, "-q").wait()
            assert again.code == 0, again
            assert weights(run) == weights(whole)
        subprocess.run(["umount", str(tmp_path / "disk")], check=True)


def weights(run: Path) -> bytes:
    return (run / "checkpoints" / "epoch_0001" / "weights.safetensors").read_bytes()


def test_a_disk_that_can_only_be_read(tmp_path, disk):
    place = disk("size=9m")
    done, run = trained(tmp_path, place)
    assert done.code == 0
    disk("ro", remount=True)
    shown = Command("inference", run).wait()
    assert shown.code == 0, shown
    assert "it was not kept" in shown.text
    refused = Command("continue", run, "--epochs", 2).wait()
    assert (refused.code, refused.clean) == (3, True), refused
    assert "Read-only file system" in refused.text
