"""Lines tell whether they are damaged: whichever byte changes, whoever reads the file knows."""

import json
import math

import numpy as np
import pytest

from snnrun.errors import DataError
from snnrun.runs.folder import Metric, RunDir, metric_of
from snnrun.runs.history import array_of
from snnrun.runs.lines import append_lines, checked_line, parse_line, whole_lines

METRICS, HISTORY = "metrics.jsonl", "history.jsonl"


def run_of(folder, old: bool = False) -> RunDir:
    """A run with two lines in each file; with ``old``, as an earlier version wrote them."""
    run = RunDir(folder)
    run.append_metrics(
        [
            Metric(step=5 * e, epoch=e, split="train", name="loss", value=v, time=0.25)
            for e, v in ((1, 0.1), (2, math.nan))
        ]
    )
    for epoch in (1, 2):
        run.append_history(epoch, {"a": np.array([[epoch, -0.5]])})
    if old:
        for name in (METRICS, HISTORY):
            lines = [parse_line(line, "") for line in whole_lines(folder / name)]
            (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


def told(run: RunDir, name: str) -> str | None:
    """What reading a file says against it; None where it reads it without a word."""
    try:
        run.logged() if name == METRICS else run.history()
    except DataError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", [METRICS, HISTORY])
@pytest.mark.parametrize("flip", [1, 2, 4, 8, 16, 32, 64, 128])
def test_every_flipped_bit_is_noticed(tmp_path, name, flip):
    """A digit that became another one was read as if nothing were wrong."""
    run = run_of(tmp_path)
    whole = (run.path / name).read_bytes()
    assert told(run, name) is None
    for place in range(len(whole) - 1):
        content = bytearray(whole)
        content[place] ^= flip
        (run.path / name).write_bytes(content)
        said = told(run, name)
        assert said is not None, (place, bytes(content))
        number = 1 + whole[:place].count(b"\n")
        assert f"{name}:{number} is damaged: " in said
        assert "\n" not in said


@pytest.mark.parametrize(("name", "check"), [(METRICS, metric_of), (HISTORY, array_of)])
def test_a_byte_may_become_any_other(tmp_path, name, check):
    line = whole_lines(run_of(tmp_path).path / name)[0].encode()
    check(line.decode(), "here")
    for place in range(len(line)):
        for other in set(range(256)) - {line[place]}:
            content = line[:place] + bytes([other]) + line[place + 1 :]
            with pytest.raises(DataError, match=r"^here is damaged: "):
                check(content.decode("utf-8", "surrogateescape"), "here")


@pytest.mark.parametrize("name", [METRICS, HISTORY])
def test_a_last_line_without_its_end_is_one_that_a_kill_cut_off(tmp_path, name):
    run = run_of(tmp_path)
    content = (run.path / name).read_bytes()
    lines = whole_lines(run.path / name)
    for end in range(len(content) - len(lines[1]), len(content)):
        (run.path / name).write_bytes(content[:end])
        assert whole_lines(run.path / name) == lines[:1]
        assert told(run, name) is None


@pytest.mark.parametrize("name", [METRICS, HISTORY])
def test_lines_of_earlier_versions_are_taken_as_they_are(tmp_path, name):
    run = run_of(tmp_path, old=True)
    assert b"crc" not in (run.path / name).read_bytes()
    assert told(run, name) is None
    assert run.curve("train", "loss")[0] == run.history()["a"].epochs == [1, 2]


def test_a_name_may_look_like_a_checksum():
    content = {"name": ', "crc": "00000000"}', "epoch": 3}
    assert parse_line(checked_line(content), "here") == content


@pytest.mark.parametrize("other", ["3", '"5a1"', '"5a1bcdef0"', "null", "[]"])
def test_a_checksum_that_is_none_is_damage(other):
    """With null for it, a line passed for one of an earlier version."""
    line = checked_line({"epoch": 3, "name": "é"})
    own = line.rpartition('"crc": ')[2].removesuffix("}\n")
    with pytest.raises(DataError, match=r"^here is damaged: it has no checksum"):
        parse_line(line.replace(own, other), "here")


def test_bytes_that_are_no_text_are_written_as_they_were(tmp_path):
    raw = b'{"epoch": \xff}\n\xc3\x28\n'
    (tmp_path / "lines").write_bytes(raw)
    lines = whole_lines(tmp_path / "lines")
    append_lines(tmp_path / "again", lines)
    assert len(lines) == 2
    assert (tmp_path / "again").read_bytes() == raw
