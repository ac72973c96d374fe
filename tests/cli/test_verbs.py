"""The command line: what it passes on, what it prints, how it ends."""

import errno
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

import snnrun.api
from snnrun.cli.verbs import app
from tests.cli.running import run
from tests.config.yinyang import YIN_YANG, write

COMMANDS = [
    "train", "inference", "predict", "eval", "continue", "replay", "export", "import", "share",
    "sweep", "runs", "compare", "report", "watch", "reproduce",
    "new", "validate", "schema", "list", "show", "data", "bench", "doctor",
]  # fmt: skip


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

    numbers = {"accuracy": 0.97304, "loss": 0.12345678, "epoch": 7, "split": "test"}
    kept = {"cost": {"parameters": 1200, "learning": 800}}
    judged = SimpleNamespace(judged_by=SimpleNamespace(by=SimpleNamespace(name="accuracy")))
    accuracy = SimpleNamespace(
        **numbers, of=lambda measure: kept.get(measure, {}),
        experiment=SimpleNamespace(learning=judged),
    )  # fmt: skip
    made = SimpleNamespace(path="runs/made")
    monkeypatch.setattr(
        "snnrun.training.watchers.progress.summary", lambda run: f"table of {run.path}"
    )
    answers = {"train": made, "resume": made, "inference": accuracy}
    for name, answer in answers.items():
        note(name, answer)

    def evaluate(*arguments, telling, **options):
        found["evaluate"] = (arguments, options)
        for path in (Path("a.png"), Path("b.pdf")):
            telling.drawn(path)

    monkeypatch.setattr(snnrun.api, "evaluate", evaluate)
    return found


def test_train_passes_on_what_was_asked_for(calls, config, tmp_path):
    options = ("--name", "mine", "--results", tmp_path / "out", "--quiet", "--rank-timeout", 9)
    assert run("train", config, "train.epochs=250", *options, "seed=7") == (0, "runs/made\n", "")
    (experiment,), options = calls["train"]
    assert (experiment.train.epochs, experiment.seed) == (250, 7)
    assert options == {
        "name": "mine",
        "results": tmp_path / "out",
        "verbosity": "quiet",
        "source": config,
        "rank_timeout": 9,
    }


@pytest.mark.parametrize("name", ["a/b", "../x", ".."])
def test_a_name_that_leads_elsewhere_is_refused(calls, config, name):
    """Run folders were made outside the results."""
    code, out, err = run("train", config, "--name", name)
    assert (code, out, calls) == (2, "", {})
    assert err == f"snnrun: a run is called by a name, not by a path, got {name!r}\n"


def test_train_is_called_after_its_config(calls, config):
    assert run("train", config, "-v") == (0, "table of runs/made\n", "")
    assert calls["train"][1] == {
        "name": "yy",
        "results": Path("experiment_results"),
        "verbosity": "verbose",
        "source": config,
        "rank_timeout": 60,
    }


def test_inference(calls):
    code, out, _ = run("inference", "runs/xor", "epoch_0007", "--split", "test")
    assert (code, calls["inference"][0]) == (0, (Path("runs/xor"), 7, "test"))
    assert out == (
        "After inference, the accuracy is 97.30%.\nloss 0.123457, epoch 7, split test\n"
        "\nparameters: 1,200, of which 800 learn\n"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("runs/xor",), (Path("runs/xor"), None, "test")),
        (("runs/xor", "300"), (Path("runs/xor"), 300, "test")),
        (("runs/xor/checkpoints/epoch_0300",), (Path("runs/xor"), 300, "test")),
        (("runs/xor/checkpoints/epoch_0300/",), (Path("runs/xor"), 300, "test")),
        (("runs/xor/checkpoints/best",), (Path("runs/xor"), "best", "test")),
        (("runs/xor", "best"), (Path("runs/xor"), "best", "test")),
        (("runs/xor", "last"), (Path("runs/xor"), None, "test")),
        (("runs/xor", "--epoch", "300"), (Path("runs/xor"), 300, "test")),
    ],
)
def test_the_epoch_may_be_part_of_the_folder(calls, arguments, expected):
    assert run("inference", *arguments)[0] == 0
    assert calls["inference"][0] == expected


def test_settings_may_follow(calls):
    """`inference` said "set data.download=true", and took no settings."""
    run("inference", "runs/xor", "data.download=true", "best", "train.threads=1")
    assert calls["inference"][1]["overrides"] == ["data.download=true", "train.threads=1"]
    assert calls["inference"][0][1] == "best"
    run("continue", "runs/xor", "train.time_limit_minutes=null")
    assert calls["resume"][0] == (Path("runs/xor"), None, [], None)
    assert calls["resume"][1]["overrides"] == ["train.time_limit_minutes=null"]
    run("eval", "runs/xor", "best", "data.download=true", "-p", "raster,curves", "--format", "svg")
    assert calls["evaluate"] == (
        ([Path("runs/xor")], "best"),
        {"out": None, "plots": ["raster", "curves"], "formats": ["svg"],
         "overrides": ["data.download=true"]},
    )  # fmt: skip


def test_of_a_network_nothing_is_asked_that_does_nothing(config, tmp_path):
    """`inference RUN train.optimizer=sgd` was taken, and so was train.threads, without effect."""
    _, made, _ = run("train", config, "train.epochs=1", "-q", "--results", tmp_path / "runs")
    for verb in ("inference", "eval"):
        code, _, err = run(verb, made.strip(), "train.threads=2")
        assert (code, err.count("\n")) == (2, 1)
        assert "here go train.device, train.eval_batch_size\n" in err  # no download of this set
    assert run("inference", made.strip(), "train.eval_batch_size=7")[0] == 0
    assert run("data", made.strip(), "--no-figure")[1].startswith("yin_yang: ")


def test_figures_of_a_sweep_are_not_chosen(tmp_path):
    (tmp_path / "sweep.yaml").write_text("config: a.yaml\n")
    code, _, err = run("eval", tmp_path, "--plots", "raster")
    assert code == 2
    assert err == f"snnrun: {tmp_path} is a sweep, of which all is drawn; --plots is for runs\n"


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


def test_eval_leaves_out_the_files_that_a_shell_names_too(calls, tmp_path):
    """As in `snnrun eval experiment_results/*`, where a README lies."""
    (tmp_path / "README.md").touch()
    (tmp_path / "run").mkdir()
    run("eval", tmp_path / "README.md", tmp_path / "run", "9")
    assert calls["evaluate"][0] == ([tmp_path / "run"], 9)


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
        (("20", "[30,40]", "--epochs", "50", "--force"), (20, [30, 40], 50)),
    ],
)
def test_continue(calls, arguments, expected):
    assert run("continue", "runs/xor", *arguments)[0] == 0
    options = {
        "overrides": [], "force": "--force" in arguments, "verbosity": "normal", "rank_timeout": 60,
    }  # fmt: skip
    assert calls["resume"] == ((Path("runs/xor"), *expected), options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("inference", "runs/xor", "lst"),
         "an epoch is a whole number such as 300, or best, or last; got 'lst'"),
        (("inference", "runs/xor", "2", "3"), "got '3' too many; behind the run folder stand E"),
        (("inference", "runs/xor", "2", "--epoch", "3"), "the epoch is said twice"),
        (("eval", "data.download=true"), "expected a run folder, got 'data.download=true' alone"),
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
        (("new", "first_spike_xor"), "comes with snnrun: snnrun new --from first_spike_xor"),
        (("new", "lif", "a.yaml", "--from", "sbs_mnist"), "in place of MODEL; leave out lif"),
        (("new",), "expected MODEL, such as first_spike; or --from NAME"),
        (("new", "--from", "sbs_mnits"), "did you mean 'sbs_mnist'?"),
        (("train", "sbs_mnits"), "no such file: sbs_mnits; did you mean "),
        (("data", "mnist"), "mnist is a data set, no config: `snnrun new MODEL --data mnist FILE`"),
        (("train", "lif"), "lif is a model, no config: `snnrun new lif FILE` writes one, "),
        (("train", "absent.yaml"), "no such file: absent.yaml"),
    ],
)  # fmt: skip
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


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_what_all_take(name):
    code, out, _ = run(name, "--help")
    assert code == 0
    assert "--debug" in out
    assert "--plugin" in out


def test_every_command_is_known():
    assert typer.main.get_command(app).list_commands(None) == COMMANDS


def test_validate_shows_everything(config):
    code, out, err = run("validate", config, "train.optimizer.lr=1e-2")
    assert (code, err) == (0, "")
    assert "lr: 0.01" in out
    assert "checkpoint_minutes: 5.0" in out
    *above, _, memory, _, what, kept = out.splitlines()
    assert above[-1].split() == ["total", "96"]
    assert memory.startswith("memory: at least ")
    assert what == (
        "valid: it would train 300 epochs of 34 batches of 150, of 5,000 samples, on cpu"
    )
    assert kept == "keeps: epochs 100, 200, the last and the best"


def test_validate_measures_on_request(config):
    """It said nothing of what would run, nor how long a step takes, nor what it holds."""
    code, out, _ = run("validate", config, "-q", "--measure", "train.batch_size=100")
    *_, measured = out.splitlines()
    assert code == 0
    assert re.fullmatch(
        r"measured: [\d.]+ m?s a batch \(threads: 1\), .*s an epoch, .* in all, "
        r"without validation; [\d,.]+ [MG]iB of memory",
        measured,
    )


def test_validate_tells_what_an_override_took_away_and_odd_sizes(config):
    """`train.epochs=50` emptied the savepoints in silence."""
    code, out, err = run("validate", config, "-q", "train.epochs=150", "train.batch_size=6000")
    assert (code, err) == (
        0, "snnrun: train.savepoints: 200 lie behind the last epoch, and are dropped\n",
    )  # fmt: skip
    assert "note: train.batch_size is 6,000, and there are 5,000 samples" in out
    assert "keeps: epochs 100, the last and the best" in out


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        (("train.device=cuda",), 2, "train.device: cuda, but torch finds no CUDA device here"),
        (("data=mnist", "model.layers.-1.size=10"), 3, "lacks train-images-idx3-ubyte"),
        (("train.start_from=nowhere",), 3, "train.start_from: no such run folder: nowhere"),
        (("train.frozen=[x]",), 2, "train.frozen.0: no parameter matches 'x'"),
    ],
)
def test_validate_refuses_what_cannot_run(config, overrides, code, message, monkeypatch):
    monkeypatch.setenv("SNNRUN_DATA", "/nowhere")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    found, _, err = run("validate", config, "-q", *overrides)
    assert (found, message in err) == (code, True), err


def test_validate_reads_the_config_of_a_run(config, tmp_path):
    _, made, _ = run("train", config, "train.epochs=1", "-q", "--results", tmp_path / "runs")
    code, out, _ = run("validate", made.strip(), "-q", "train.epochs=7")
    assert (code, out.startswith("valid: it would train 7 epochs")) == (0, True)


def test_a_config_comes_by_standard_input(config, tmp_path):
    """`train -` was a file called - that is not there."""
    options = ("train.epochs=1", "train.savepoints=[]", "-q", "--results", tmp_path / "runs")
    code, made, _ = run("train", "-", *options, given=config.read_bytes())
    assert (code, Path(made).name.startswith("stdin_")) == (0, True)


def test_a_batch_that_is_the_whole_epoch_is_said_not_to_be_measured():
    """``--measure`` said nothing of it."""
    code, out, err = run("validate", "first_spike_xor", "-q", "--measure")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("not measured: an epoch is one batch")
    assert "measured" not in run("validate", "first_spike_xor", "-q")[1]


def test_new_writes_a_config_whole_or_not_at_all(tmp_path, monkeypatch):
    """On a full disk, the beginning of a config was left, and no message named it."""

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("snnrun.runs.files.sync", full)
    path = tmp_path / "mine.yaml"
    told = f"snnrun: cannot write {path}: No space left on device\n"
    assert run("new", "first_spike", path) == (3, "", told)
    assert list(tmp_path.iterdir()) == []


def test_new_tells_the_next_command_as_it_is_typed(tmp_path):
    path = tmp_path / "my own.yaml"
    assert run("new", "first_spike", path)[1].endswith(f"snnrun train '{path}'\n")


@pytest.mark.parametrize("verb", ["inference", "eval", "runs", "report", "continue"])
def test_a_folder_that_may_not_be_read_is_no_wrong_usage(tmp_path, monkeypatch, verb):
    """It was told with the usage of the command, and code 2."""
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, how, **more: how != os.R_OK and access(path, how, **more)
    )
    code, _, err = run(verb, tmp_path, *(["-o", tmp_path / "a.html"] if verb == "report" else []))
    assert "Usage" not in err
    assert code == (0 if verb == "runs" else 3)


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


def test_new_copies_a_config_that_comes_with_snnrun(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("new", "--from", "first_spike_mnist16")[1].startswith(
        "# First spikes on MNIST at 16"
    )
    wrote = "wrote a.yaml; next: snnrun train a.yaml\n"
    assert run("new", "a.yaml", "--from", "first_spike_mnist16") == (0, wrote, "")
    assert "\nextends: first_spike_mnist\n" in Path("a.yaml").read_text()
    _, out, _ = run("new", "--from", "sweep/all_rules_mnist", "b.yaml")
    assert out == "wrote b.yaml; next: snnrun sweep b.yaml\n"
    assert run("sweep", "b.yaml", "--status")[2].startswith("snnrun: the sweep was not begun yet")


def test_commands_take_the_name_of_a_config_that_comes_with_snnrun(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("train", "first_spike_xor", "-q", "seed=7") == (0, "runs/made\n", "")
    (experiment,), options = calls["train"]
    assert (experiment.seed, options["name"]) == (7, "first_spike_xor")
    assert options["source"].is_file()
    assert "name: xor" in run("validate", "first_spike_xor")[1]
    for words in (["sweep/all_rules_mnist"], ["mine.yaml", "--config", "first_spike_xor"]):
        Path("mine.yaml").write_text("seeds: 2\n")
        assert run("sweep", *words, "--status")[2].startswith("snnrun: the sweep was not begun yet")


def test_schema_goes_to_a_file(tmp_path):
    path = tmp_path / "schema.json"
    assert run("schema", "--output", path)[1] == f"wrote {path}\n"
    assert path.read_text() == run("schema")[1]
    assert run("schema", "--output", tmp_path / "absent" / "s.json")[0] == 3
