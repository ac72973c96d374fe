"""What a person sees: a bar on a terminal, a line an epoch when asked, one table at the end."""

import io
import re
import sys

import pytest

import snnrun
from snnrun.training.watchers import progress
from snnrun.training.watchers.progress import summary
from tests.tiny import experiment


def test_a_line_an_epoch_when_asked(tmp_path, capsys):
    snnrun.train(experiment(tmp_path), results=tmp_path, verbosity="verbose")
    lines = capsys.readouterr().err.splitlines()
    shown = [line for line in lines if line.startswith("epoch ")]
    assert [line.split(":")[0] for line in shown] == [f"epoch {n}/4" for n in (1, 2, 3, 4)]
    assert all("loss" in line and "validation" in line for line in shown)


def test_no_bar_and_no_flood_of_lines_where_there_is_no_terminal(tmp_path, capsys):
    snnrun.train(experiment(tmp_path), results=tmp_path, verbosity="normal")
    assert "epoch 1/4" not in capsys.readouterr().err


@pytest.fixture
def lines(tmp_path, capsys, monkeypatch):
    """The lines that a run shows without a terminal, with other pauses between them."""

    def lines(verbosity="normal", **pauses):
        for name, seconds in pauses.items():
            monkeypatch.setattr(progress, name, seconds)
        config = experiment(tmp_path, "train.epochs=2", "train.savepoints=[]")
        snnrun.train(config, results=tmp_path, verbosity=verbosity)
        return [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch ")]

    return lines


def test_a_line_an_epoch_without_a_terminal(lines):
    """A log of a cluster told nothing for hours."""
    found = lines(PAUSE=0.0)
    assert [line.split(":")[0] for line in found] == ["epoch 1/2", "epoch 2/2"]
    assert all(re.search(r"loss [\d.]+, train .*, validation [\d.]+%$", line) for line in found)


def test_a_line_a_minute_within_long_epochs(lines):
    found = lines(MINUTE=0.0)
    batches = [f"epoch {epoch}/2: batch {batch}/5" for epoch in (1, 2) for batch in range(1, 6)]
    assert found == batches


def test_quiet_is_quiet(lines):
    assert lines("quiet", MINUTE=0.0, PAUSE=0.0) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (120, r"00:00 left, [\d.k]+ batch/s, loss [\d.]+, train [\d.]+%, val [\d.]+%"),
        (80, r"00:00 left, loss [\d.]+, val [\d.]+%"),
    ],
)
def test_a_bar_on_a_terminal(tmp_path, monkeypatch, columns, shown):
    """At 80 columns, it had no room for the bar."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", str(columns))
    run = snnrun.train(
        experiment(tmp_path, "train.live_plot=true"), results=tmp_path, verbosity="normal"
    )
    first, _, rest = screen.getvalue().partition("\n")
    assert first == f"training in {run.path}; live_accuracy.png shows how it goes"
    assert re.search(rf"epoch 4/4 .* {shown}", rest.rpartition("\r")[2])


def test_one_epoch_is_one_epoch(tmp_path):
    run = snnrun.train(experiment(tmp_path, "train.epochs=1"), results=tmp_path)
    assert "\n1 epoch in " in summary(run)


def test_the_table_shows_the_last_epoch_and_what_to_type_next(tmp_path):
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    text = summary(run)
    accuracy = run.curve("test", "accuracy")[1][0]
    assert f"{accuracy:.2%}" in text
    table = text.split("\n\n")[0].splitlines()
    assert len(table) >= 4
    assert len(set(map(len, table))) == 1  # numbers stand below each other, and their heads
    for command in ("eval", "inference", "continue"):
        assert f"snnrun {command} {run.path}" in text
