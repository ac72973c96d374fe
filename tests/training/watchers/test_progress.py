"""What a person sees: a bar on a terminal, a line an epoch when asked, one table at the end."""

import io
import re
import sys

import snnrun
from snnrun.training.watchers.progress import summary
from tests.tiny import experiment


def test_a_line_an_epoch_when_asked(tmp_path, capsys):
    snnrun.train(experiment(tmp_path), results=tmp_path, verbosity="verbose")
    lines = capsys.readouterr().err.splitlines()
    shown = [line for line in lines if line.startswith("epoch ")]
    assert [line.split(":")[0] for line in shown] == [f"epoch {n}/4" for n in (1, 2, 3, 4)]
    assert all("loss" in line and "validation" in line for line in shown)


def test_no_bar_where_there_is_no_terminal(tmp_path, capsys):
    snnrun.train(experiment(tmp_path), results=tmp_path, verbosity="normal")
    assert "epoch 1/4" not in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal(tmp_path, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    snnrun.train(experiment(tmp_path), results=tmp_path, verbosity="normal")
    last = screen.getvalue().rpartition("\r")[2]
    assert re.search(
        r"epoch 4/4 .* 00:00 left, [\d.k]+ batch/s, loss [\d.]+, train [\d.]+%, val [\d.]+%", last
    )


def test_one_epoch_is_one_epoch(tmp_path):
    run = snnrun.train(experiment(tmp_path, "train.epochs=1"), results=tmp_path)
    assert "\n1 epoch in " in summary(run)


def test_the_table_shows_the_last_epoch_and_what_to_type_next(tmp_path):
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    text = summary(run)
    accuracy = run.curve("test", "accuracy")[1][0]
    assert f"{accuracy:.2%}" in text
    for command in ("eval", "inference", "continue"):
        assert f"snnrun {command} {run.path}" in text
