"""Processes that read ahead: what they find wrong is told, and none of them stays."""

import os
import signal

import pytest

from snnrun.errors import DataError
from tests.data.pictures import bits, loader
from tests.data.running import children

# ---- what goes wrong ----


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_picture_is_told_by_whoever_reads_it(pictures, workers):
    (pictures / "cat" / "01.png").write_bytes(b"no picture")
    source = loader(workers=workers)
    with pytest.raises(DataError, match=r"cat/01.png: cannot be read as a picture") as caught:
        list(source.epoch(0))
    assert "Traceback" not in str(caught.value)
    source.close()


def test_a_worker_that_dies_is_told(pictures):
    source = loader(1, workers=1)
    batches = source.epoch(0)
    next(batches)
    (worker,) = children()
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(DataError, match="a process that reads samples has ended"):
        list(batches)
    source.close()


# ---- processes ----


def test_workers_are_started_once_and_end(pictures):
    before = set(children())
    source = loader(workers=2)
    assert set(children()) == before
    seen = []
    for epoch in range(3):
        list(source.epoch(epoch))
        seen.append(set(children()) - before)
    assert len(seen[0]) == 2
    assert seen[0] == seen[1] == seen[2]
    source.close()
    assert set(children()) == before
    list(source.epoch(0))  # they start anew
    assert len(set(children()) - before) == 2
    del source
    assert set(children()) == before


def test_workers_that_prepared_all_samples_end(pictures):
    source = loader(changes=[], workers=2, keep=True)
    before = set(children())
    expected = bits(loader(changes=[], keep=True).epoch(0))
    assert bits(source.epoch(0)) == expected
    assert set(children()) == before
