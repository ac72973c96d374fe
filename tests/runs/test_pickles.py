"""Pickles that would fill any memory, stack or time are refused; real ones are read."""

import struct
import zipfile

import numpy as np
import pytest
import torch

import snnrun
from snnrun.errors import DataError
from snnrun.runs import pickles, torch_files
from snnrun.runs.torch_files import read_file
from tests.bounded import bounded
from tests.runs.checkpoints import sign
from tests.runs.format1 import last_of, run_of, state_of, write_state

MB = 2**20


def number(of: int) -> bytes:
    """What recalls something, and what remembers it."""
    return struct.pack("<I", of)


def doubled(times: int) -> bytes:
    """A tuple of two times the tuple before, so often: 2 ** times empty ones in all."""
    steps = (b"j" + number(i) + b"j" + number(i) + b"\x86r" + number(i + 1) for i in range(times))
    return b")r" + number(0) + b"".join(steps)


NESTED = b")" + b"\x85" * 140_000
HOSTILE = {
    "tuples in tuples": NESTED + b".",
    "tuples in tuples as a key": b"}" + NESTED + b"K\x01s.",
    "tuples in tuples as a name": NESTED + b"X\x01\x00\x00\x00a\x93.",
    "tuples in tuples as a storage": NESTED + b"Q.",
    "a storage whose name is tuples in tuples": b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
    + doubled(60) + b"X\x03\x00\x00\x00cpuK\x01tQ.",
    "lists in lists": b"]" * 60_000 + b"a" * 59_999 + b".",
    "maps in maps": b"}" + b"K\x01}" * 40_000 + b"s" * 40_000 + b".",
    "a tuple doubled 200 times": doubled(200) + b".",
    "a tuple doubled 60 times as a key": b"}" + doubled(60) + b"K\x01s.",
    "a tuple doubled in what is made": b"ccollections\nOrderedDict\n" + doubled(60) + b"R.",
    "a list that holds itself": b"]r" + number(0) + b"j" + number(0) + b"a.",
    "a map in a list that holds it": b"]r" + number(0) + b"}K\x01j" + number(0) + b"sa.",
    "three million of nothing": b"(" + b"N" * 3_000_000 + b"t.",
    "three million maps": b"(" + b"}" * 3_000_000 + b"l.",
    "three million lists on a stack": b"]" * 3_000_000 + b".",
    "remembered over and over": b"]" + b"\x94" * 3_000_000 + b".",
    "a number of a million bytes": b"\x8b" + number(10**6) + b"\x7f" * 10**6 + b".",
    "a number of a million digits": b"L" + b"9" * 10**6 + b"L\n.",
    "fewer bytes than it says": b"\x8e" + b"\xff" * 7 + b"\x7f.",
    "a frame without an end": b"\x95" + b"\xff" * 7 + b"\x7f.",
    "a text of a million letters as a name": b"c" + b"a" * 10**6 + b"\nb\n.",
    "nothing on the stack": b"0.",
    "no end": b"N",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_ones_are_refused(tmp_path, name):
    """Some ended the process without a word, or took 400 MB for 3 of the file."""
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", b"\x80\x04" + HOSTILE[name])
    with bounded(room=300 * MB), pytest.raises(DataError) as error:
        read_file(path, ())
    said = str(error.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    assert len(said) < len(str(path)) + 300


@pytest.mark.parametrize("name", HOSTILE)
def test_they_are_refused_as_the_state_of_a_run(tmp_path, name):
    """Nested tuples as a key: the reader of torch ran out of stack, and the process ended."""
    run = run_of("nnmf", tmp_path)
    with zipfile.ZipFile(last_of(run) / "state.pt", "w") as archive:
        archive.writestr("net/data.pkl", b"\x80\x04" + HOSTILE[name])
    sign(last_of(run))
    with bounded(), pytest.raises(DataError, match="cannot be read safely: "):
        snnrun.resume(run)


def test_what_is_made_of_what_was_made_is_harmless(tmp_path):
    """It is made nowhere: not when it is read, shown or dropped."""
    made = b"ccollections\nOrderedDict\n" + b")R" * 60_000 + b"."
    with zipfile.ZipFile(tmp_path / "net.pt", "w") as archive:
        archive.writestr("net/data.pkl", b"\x80\x04" + made)
    with bounded():
        found = read_file(tmp_path / "net.pt", ())
        assert str(found) == "something that was made"
        del found


def test_numbers_are_not_shown_over_and_over(tmp_path):
    """A thousand tensors of the same megabyte would take a thousand."""
    one = torch.zeros(MB // 4)
    torch.save([one[:] for _ in range(1000)], tmp_path / "net.pt")
    assert (tmp_path / "net.pt").stat().st_size < 2 * MB
    tensors = read_file(tmp_path / "net.pt", ())
    assert len(tensors) == 1000
    with bounded(room=300 * MB), pytest.raises(ValueError, match="shown more than 32 times"):
        [torch_files.array(each) for each in tensors]


def test_parts_that_lie_in_each_other_are_refused(tmp_path):
    """Each entry of the list of contents may name the same bytes."""
    path = tmp_path / "net.pt"
    torch.save({"a": torch.zeros(MB // 4)}, path)
    raw = path.read_bytes()
    start = raw.index(b"PK\x01\x02")
    end = raw.rindex(b"PK\x06\x06") if b"PK\x06\x06" in raw else raw.rindex(b"PK\x05\x06")
    contents = raw[start:end]
    size = len(contents) * 40
    closing = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 200, 200, size, start, 0)
    path.write_bytes(raw[:start] + contents * 40 + closing)
    with bounded(room=300 * MB), pytest.raises(DataError, match="larger than the whole"):
        read_file(path, ())


def test_a_tensor_has_few_axes(tmp_path):
    torch.save(torch.arange(6.0), tmp_path / "six.pt")
    storage = read_file(tmp_path / "six.pt", ()).arguments[0]
    with bounded(), pytest.raises(ValueError, match="a tensor of 100000 axes"):
        torch_files.view(storage, 0, (2**100,) * 100_000, (1,) * 100_000)


def test_what_is_shared_is_read(tmp_path):
    """Weights that are tied, a list in two places, a long list of epochs."""
    both, twice = torch.ones(2, 3), [1, 2]
    plain = {"a": both, "b": both, "c": (twice, twice), "d": list(range(50_000)), 3: {"x": None}}
    torch.save(plain, tmp_path / "net.pt")
    found = read_file(tmp_path / "net.pt", ())
    assert found["a"] is found["b"]
    np.testing.assert_array_equal(torch_files.array(found["a"]), np.ones((2, 3)))
    assert found["c"] == ([1, 2], [1, 2])
    assert found["d"] == plain["d"]
    assert found[3] == {"x": None}


@pytest.mark.parametrize(("deep", "fits"), [(pickles.DEEPEST, True), (pickles.DEEPEST + 1, False)])
def test_how_deep_lists_may_lie(tmp_path, deep, fits):
    value = []
    for _ in range(deep - 1):
        value = [value]
    torch.save(value, tmp_path / "net.pt")
    if fits:
        assert read_file(tmp_path / "net.pt", ()) == value
    else:
        with pytest.raises(DataError, match="lists and maps more than 100 deep"):
            read_file(tmp_path / "net.pt", ())


def test_a_state_with_another_container_in_place_of_a_tensor_is_refused(tmp_path):
    run = run_of("eprop_adam_plateau", tmp_path)
    state = state_of(run)
    state["optimizer"]["state"][0]["exp_avg"] = {"a": [1.0]}
    write_state(run, state)
    with pytest.raises(DataError, match=last_of(run).name):
        snnrun.resume(run)
