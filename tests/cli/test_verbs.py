"""The command line: what it passes on, what it prints, how it ends."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import snnrun.api
from snnrun.cli.console import edge
from snnrun.cli.verbs import app
from snnrun.errors import ConfigError, DataError, DivergedError, Interrupted
from tests.config.yinyang import YIN_YANG, write

ROOT = Path(__file__).parent.parent.parent
COMMANDS = [
    "train", "inference", "eval", "continue", "sweep", "export", "share",
    "new", "validate", "schema", "list", "show", "doctor",
]  # fmt: skip


def run(*arguments: object):
    """Exit code, stdout and stderr of a command."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    return result.exit_code, result.stdout, result.stderr


def shell(*arguments: object, cwd: Path | None = None):
    """The same of a real process."""
    command = [sys.executable, "-m", "snnrun", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def config(tmp_path):
    return write(tmp_path, YIN_YANG)


@pytest.fixture
def calls(monkeypatch):
    """The verbs of the API, replaced by something that only notes how it was called."""
    found = {}

    def note(name, answer):
        def call(*arguments, **options):
            found[name] = (arguments, options)
            return answer

        monkeypatch.setattr(snnrun.api, name, call)

    accuracy = SimpleNamespace(accuracy=0.97304, loss=0.12345678, epoch=7, split="test")
    made = SimpleNamespace(path="runs/made")
    monkeypatch.setattr(
        "snnrun.training.watchers.progress.summary", lambda run: f"table of {run.path}"
    )
    answers = {"train": made, "resume": made, "inference": accuracy}
    for name, answer in {**answers, "evaluate": [Path("a.png"), Path("b.pdf")]}.items():
        note(name, answer)
    return found


def test_train_passes_on_what_was_asked_for(calls, config, tmp_path):
    options = ("--name", "mine", "--results", tmp_path / "out", "--quiet")
    assert run("train", config, "train.epochs=250", *options, "seed=7") == (0, "runs/made\n", "")
    (experiment,), options = calls["train"]
    assert (experiment.train.epochs, experiment.seed) == (250, 7)
    expected = {"name": "mine", "results": tmp_path / "out", "verbosity": "quiet"}
    assert options == {**expected, "source": config}


@pytest.mark.parametrize("name", ["a/b", "../x", ".."])
def test_a_name_that_leads_elsewhere_is_refused(calls, config, name):
    """Run folders were made outside the results."""
    code, out, err = run("train", config, "--name", name)
    assert (code, out, calls) == (2, "", {})
    assert err == f"snnrun: a run is called by a name, not by a path, got {name!r}\n"


def test_train_is_called_after_its_config(calls, config):
    assert run("train", config, "-v") == (0, "table of runs/made\n", "")
    expected = {"name": "yy", "results": Path("experiment_results"), "verbosity": "verbose"}
    assert calls["train"][1] == {**expected, "source": config}


def test_inference(calls):
    code, out, _ = run("inference", "runs/xor", "epoch_0007", "--split", "test")
    assert (code, calls["inference"][0]) == (0, (Path("runs/xor"), 7, "test"))
    assert out == ("After inference, the accuracy is 97.30%.\nloss 0.123457, epoch 7, split test\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("runs/xor",), (Path("runs/xor"), None, "test")),
        (("runs/xor", "300"), (Path("runs/xor"), 300, "test")),
        (("runs/xor/checkpoints/epoch_0300",), (Path("runs/xor"), 300, "test")),
        (("runs/xor/checkpoints/epoch_0300/",), (Path("runs/xor"), 300, "test")),
    ],
)
def test_the_epoch_may_be_part_of_the_folder(calls, arguments, expected):
    assert run("inference", *arguments)[0] == 0
    assert calls["inference"][0] == expected


@pytest.mark.parametrize("word", ["9", "epoch_0009"])
def test_eval_takes_an_epoch_as_the_other_verbs_do(calls, word):
    """What the docs show, `eval RUN_DIR 100`, was an unknown folder called 100."""
    assert run("eval", "runs/a", word) == (0, "a.png\nb.pdf\n", "")
    assert calls["evaluate"][0] == ([Path("runs/a")], 9)


def test_eval_takes_a_folder_that_looks_like_an_epoch(calls, tmp_path, monkeypatch):
    (tmp_path / "9").mkdir()
    monkeypatch.chdir(tmp_path)
    run("eval", "runs/a", "9")
    assert calls["evaluate"][0] == ([Path("runs/a"), Path("9")], None)


def test_eval_prints_what_it_drew(calls):
    assert run("eval", "runs/a", "runs/b", "--epoch", "9") == (0, "a.png\nb.pdf\n", "")
    assert calls["evaluate"][0] == ([Path("runs/a"), Path("runs/b")], 9)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), (None, [], None)),
        (("20",), (20, [], None)),
        (("20", "30, 40"), (20, [30, 40], None)),
        (("30, 40",), (None, [30, 40], None)),
        (("20", "[30,40]", "--epochs", "50"), (20, [30, 40], 50)),
    ],
)
def test_continue(calls, arguments, expected):
    assert run("continue", "runs/xor", *arguments)[0] == 0
    assert calls["resume"] == ((Path("runs/xor"), *expected), {"verbosity": "normal"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("inference", "runs/xor", "last"), "an epoch is a whole number such as 300, got 'last'"),
        (("inference", "r/checkpoints/epoch_0300", "20"), "already says which epoch; leave out"),
        (("eval", "a/checkpoints/epoch_0001", "b"), "name different epochs"),
        (("continue", "runs/xor", "20", "30; 40"), 'separated by commas, such as "10, 20"'),
        (("continue", "runs/xor", "20", "30, 0"), "epochs from 1 on"),
        (("continue", "runs/xor", "20", "30,"), "separated by commas"),
        (("continue", "runs/xor", "20", "40, 30"), "must ascend, each epoch once, got '40, 30'"),
        (("continue", "runs/xor", "-q", "-v"), "--quiet and --verbose exclude each other"),
        (("show", "first_spke"), "nothing is called 'first_spke'; did you mean 'first_spike'?"),
        (("list", "modles"), "there is no list of 'modles'; did you mean 'models'?"),
        (("new", "first_spke"), "unknown model 'first_spke'; did you mean 'first_spike'?"),
        (("train", "absent.yaml"), "no such file: absent.yaml"),
    ],
)
def test_wrong_use(calls, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out, calls) == (2, "", {})
    assert err.startswith("snnrun: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [(), ("trian",), ("train",), ("inference",), ("train", "c.yaml", "--quite"), ("doctor", "x"),
     ("continue", "runs/xor", "--epochs", "0")],
)  # fmt: skip
def test_wrong_usage_ends_with_2(arguments):
    code, out, err = run(*arguments)
    assert code == 2
    assert "Usage: " in out + err


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
    def fail(*arguments):
        raise error

    monkeypatch.setattr(snnrun.api, "inference", fail)
    assert run("inference", "runs/xor") == (code, "", text)
    assert run("inference", "runs/xor", "--debug")[0] == code
    assert "Traceback" in run("inference", "runs/xor", "--debug")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_debug(name):
    code, out, _ = run(name, "--help")
    assert code == 0
    assert "--debug" in out


def test_every_command_is_known():
    assert [command.name or command.callback.__name__ for command in app.registered_commands] == (
        COMMANDS
    )


def test_edge_lets_success_pass():
    with edge():
        value = 3
    assert value == 3


def test_validate_shows_everything(config):
    code, out, err = run("validate", config, "train.optimizer.lr=1e-2")
    assert (code, err) == (0, "")
    assert "lr: 0.01" in out
    assert "checkpoint_minutes: 5.0" in out
    assert out.split()[-2:] == ["total", "96"]


def test_new_writes_a_config_once(tmp_path):
    path = tmp_path / "mine.yaml"
    assert run("new", "first_spike", path)[1] == f"wrote {path}; next: snnrun train {path}\n"
    assert run("validate", path)[0] == 0
    path.write_text("precious")
    code, _, err = run("new", "first_spike", path)
    assert (code, path.read_text()) == (2, "precious")
    assert err == f"snnrun: {path} exists; it was left as it is\n"


def test_new_prints_without_a_file():
    code, out, _ = run("new", "first_spike")
    assert code == 0
    assert out.startswith("# A first_spike network")


def test_schema_goes_to_a_file(tmp_path):
    path = tmp_path / "schema.json"
    assert run("schema", "--output", path)[1] == f"wrote {path}\n"
    assert path.read_text() == run("schema")[1]
    assert run("schema", "--output", tmp_path / "absent" / "s.json")[0] == 3


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
    code, out, err = shell("inference", tmp_path / "absent", cwd=tmp_path)
    assert (code, out) == (3, "")
    assert err.splitlines()[-1].startswith(f"snnrun: no such run folder: {tmp_path}/absent")


@pytest.mark.parametrize(
    ("command", "reader", "read"),
    [("schema", "head -n 1", "{\n"), ("list optimizers", "head -c 0", "")],
)
def test_a_reader_that_leaves_early_hears_no_complaint(command, reader, read):
    line = f"{sys.executable} -m snnrun {command} | {reader}"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        line, shell=True, capture_output=True, text=True, cwd=ROOT, env=buffered, check=False
    )
    assert (done.stdout, done.stderr) == (read, "")


def test_version():
    code, out, _ = shell("--version")
    assert code == 0
    assert out.startswith("snnrun")
    assert run("--version")[:2] == (0, out)


def test_completion(tmp_path, monkeypatch):
    from snnrun.cli.arguments import (
        complete_config,
        complete_model,
        complete_name,
        complete_run,
        complete_table,
    )

    monkeypatch.chdir(tmp_path)
    for folder in ("configs", "experiment_results/xor_1", "experiment_results/xor_2"):
        (tmp_path / folder).mkdir(parents=True)
    write(tmp_path, "", "configs/a.yaml")
    write(tmp_path, "", "b.json")
    assert complete_config("") == ["configs/a.yaml"]
    assert complete_config("b") == ["b.json"]
    assert complete_config("c") == ["configs/"]
    assert complete_run("") == ["experiment_results/xor_1/", "experiment_results/xor_2/"]
    assert complete_run("experiment_results/xor_2") == ["experiment_results/xor_2/"]
    assert complete_model("first") == ["first_spike"]
    assert complete_name("ada") == ["adam"]
    assert complete_table("da") == ["datasets"]


def test_the_shell_asks_for_completions(tmp_path):
    write(tmp_path, "", "mine.yaml")
    environment = {"_SNNRUN_COMPLETE": "complete_bash", "COMP_WORDS": "snnrun train mi",
                   "COMP_CWORD": "2"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "snnrun"],
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["mine.yaml"]
