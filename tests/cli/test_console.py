"""Where commands meet the terminal: messages, exit codes, and what all commands take."""

import warnings

import pytest

import snnrun.api
from snnrun.cli.console import edge
from snnrun.errors import ConfigError, DataError, DivergedError, Interrupted, SnnrunWarning
from tests.cli.running import run, shell
from tests.config.yinyang import YIN_YANG, write


@pytest.fixture
def config(tmp_path):
    return write(tmp_path, YIN_YANG)


def test_all_problems_of_a_config(config):
    config.write_text(YIN_YANG.replace("threshold", "treshold"))
    code, out, err = run("train", config, "train.epochs=-3")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"{config}:6:3: model.treshold: unknown key; did you mean 'threshold'?",
        "override 1: train.epochs: must be 1 or more, got -3",
        "2 problems. Nothing was run.",
    ]


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ConfigError("no split"), 2, "snnrun: no split\n"),
        (DataError("no such run"), 3, "snnrun: no such run\n"),
        (DivergedError("the loss is nan"), 4, "snnrun: the loss is nan\n"),
        (Interrupted("saved", Interrupted.TERMINATED), 75, "snnrun: saved\n"),
        (Interrupted("saved", Interrupted.KEYBOARD), 130, "snnrun: saved\n"),
        (KeyboardInterrupt(), 130, "snnrun: stopped\n"),
        (PermissionError(13, "Permission denied", "/x/y"), 3, "snnrun: /x/y: Permission denied\n"),
        (OSError("odd"), 3, "snnrun: odd\n"),
        (
            KeyError("two\nlines"),
            1,
            "snnrun: unexpected KeyError: 'two\\nlines'; `--debug` shows the traceback\n",
        ),
        (
            ValueError("two\nlines"),
            1,
            "snnrun: unexpected ValueError: two lines; `--debug` shows the traceback\n",
        ),
    ],
)
def test_every_error_is_a_line_and_a_code(monkeypatch, error, code, text):
    def fail(*arguments, **named):
        raise error

    monkeypatch.setattr(snnrun.api, "inference", fail)
    assert run("inference", "runs/xor") == (code, "", text)
    assert run("inference", "runs/xor", "--debug")[0] == code
    assert "Traceback" in run("inference", "runs/xor", "--debug")[2]


def test_of_several_processes_the_first_tells_what_went_wrong(monkeypatch):
    monkeypatch.setenv("RANK", "1")
    assert run("list", "modles") == (2, "", "")
    assert run("list", "modles", "--debug") == (2, "", "")
    monkeypatch.setenv("RANK", "0")
    assert run("list", "modles")[2].startswith("snnrun: there is no list of 'modles'")


def test_warnings_are_a_line_of_ours_or_as_python_says_them(monkeypatch):
    def warn(*arguments, **options):
        warnings.warn("mind the gap", SnnrunWarning, stacklevel=1)
        warnings.warn("theirs", UserWarning, stacklevel=1)
        return []

    monkeypatch.setattr(snnrun.api, "evaluate", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        code, _, err = run("eval", "runs/xor")
    assert code == 0
    assert err.startswith("snnrun: warning: mind the gap\n")
    assert "UserWarning: theirs" in err


def test_edge_lets_success_pass():
    with edge():
        value = 3
    assert value == 3


# Real processes, which also show what typer's runner hides.


def test_the_process_ends_with_the_code_and_no_traceback(tmp_path):
    path = write(tmp_path, YIN_YANG.replace("300", "many"))
    code, out, err = shell("validate", path)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"{path}:15:3: train.epochs: must be a whole number, got 'many'",
        "1 problem. Nothing was run.",
    ]


def test_nothing_is_written_when_the_config_is_wrong(tmp_path):
    path = write(tmp_path, "a: [1\n")
    code, _, err = shell("train", path, cwd=tmp_path)
    assert code == 2
    assert f"{path}:2:1: not valid YAML" in err
    assert list(tmp_path.iterdir()) == [path]


def test_no_run_folder_is_a_data_error(tmp_path):
    code, out, err = run("inference", tmp_path / "absent")
    assert (code, out) == (3, "")
    assert err.splitlines()[-1].startswith(f"snnrun: no such run folder: {tmp_path}/absent")


def test_version():
    code, out, _ = shell("--version")
    assert code == 0
    assert out.startswith("snnrun")
    assert run("--version")[:2] == (0, out)
