"""The logger of docs/extending.md, as somebody brings it in a file."""

import json

import pytest

from tests.cli.running import program_on, run
from tests.forgetting import forgotten
from tests.tiny import CONFIG


@pytest.fixture
def config(tmp_path):
    """A config beside the logger of the page."""
    (tmp_path / "lines.py").write_text(program_on("extending.md", "As `lines.py` beside"))
    path = tmp_path / "tiny.yaml"
    file = tmp_path / "numbers.txt"
    said = f"  loggers: [{{name: lines, file: {file}, wait_seconds: 100}}]\nplugins: [lines]\n"
    path.write_text(CONFIG + said)
    with forgotten(tmp_path):
        yield path


def test_it_logs(config, monkeypatch):
    monkeypatch.chdir(config.parent)
    code, said, _ = run("train", config, "--quiet")
    assert code == 0
    (folder,) = (config.parent / "experiment_results").iterdir()
    lines = [json.loads(line) for line in (config.parent / "numbers.txt").read_text().splitlines()]
    assert {line["run"] for line in lines} == {folder.name}
    assert [line["epoch"] for line in lines if "validation/loss" in line] == [0, 1, 2, 3, 4]
    assert folder.name in said


def test_it_is_listed_and_shown(config):
    assert "lines of a file" in run("list", "loggers", "--plugin", config.parent / "lines.py")[1]
    assert "wait_seconds" in run("show", "lines", "--plugin", config.parent / "lines.py")[1]
