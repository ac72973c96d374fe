"""What a config says of loggers: the short form, what is refused, and what is missing here."""

import tomllib

import pytest

import snnrun
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.loggers import LOGGERS, MlflowSettings, TensorBoardSettings, WandbSettings, settings
from snnrun.loggers.settings import LoggerSettings
from snnrun.runs.edits import compare
from tests.cli.running import ROOT, run
from tests.tiny import CONFIG, experiment, write_config
from tests.training.stopped import stopped_run


@pytest.fixture
def there(monkeypatch):
    """Pretend that only these modules are installed."""

    def there(*names):
        monkeypatch.setattr(settings, "find_spec", dict.fromkeys(names, True).get)

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    there("wandb", "mlflow")
    return there


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train.tensorboard=false"], ()),
        (["train.tensorboard=true"], (TensorBoardSettings(),)),
        (
            ["train.tensorboard=true", "train.loggers=[{name: wandb}]"],
            (TensorBoardSettings(), WandbSettings()),
        ),
        (
            ["train.tensorboard=true", "train.loggers=[{name: tensorboard, hparams: true}]"],
            (TensorBoardSettings(hparams=True),),
        ),
        (["train.loggers=[{name: tensorboard}]"], (TensorBoardSettings(),)),
    ],
)
@pytest.mark.usefixtures("there")
def test_tensorboard_is_the_short_form(tmp_path, words, expected):
    assert experiment(tmp_path, *words).train.all_loggers == expected


def test_configs_of_earlier_versions_say_nothing_of_loggers():
    assert "loggers" not in CONFIG


@pytest.mark.usefixtures("there")
def test_what_is_absent_is_said_before_anything_runs(tmp_path, there):
    there()
    path = write_config(tmp_path, CONFIG + "  loggers: [{name: tensorboard}, {name: wandb}]\n")
    code, _, said = run("validate", path)
    assert code == 2
    assert said.startswith(f"{path}:19:35: train.loggers.1.name: needs wandb, which is not ins")
    assert "pip install 'snnrun[wandb]' brings it" in said
    said = run("train", path)[2]
    assert "needs wandb" in said
    assert not list(tmp_path.glob("*/"))


def test_a_run_from_elsewhere_is_opened_without_its_loggers(tmp_path, there):
    path = write_config(tmp_path, CONFIG + "  loggers: [{name: wandb}]\n")
    there()
    assert load_config(path, of_run=True).train.loggers == (WandbSettings(),)
    with pytest.raises(ConfigError, match="needs wandb"):
        load_config(path)


def test_a_run_does_not_go_on_without_them(tmp_path, there):
    """It says so before anything is changed, and what to do."""
    path = stopped_run(tmp_path, 3).config
    path.write_text(path.read_text().replace("loggers: []", "loggers: [{name: wandb}]"))
    before = path.read_bytes()
    there()
    with pytest.raises(ConfigError, match=r"config.yaml: train.loggers.0: needs wandb, which is"):
        snnrun.resume(path.parent)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("[{name: wandb}, {name: wandb, project: p}]", "expected each logger once"),
        ("[{name: wnadb}]", "unknown logger 'wnadb'; did you mean 'wandb'?"),
        ("[{name: wandb, projekt: p}]", "did you mean 'project'?"),
        ("[{name: wandb, mode: offlin}]", "must be 'online' or 'offline'"),
        ("[{name: mlflow}]", "needs an address: uri: file:mlruns"),
        ("[{name: mlflow, uri: 'http://me:pw@host'}]", "must not hold a name or a password"),
        ("[{name: mlflow, uri: 'sqlite:///m.db'}]", "pip install mlflow brings it"),
        ("[{name: mlflow, uri: 'file:x', wait_seconds: 1e9}]", "600"),
        ("[3]", "must be a map such as {name: tensorboard}"),
    ],
)
@pytest.mark.usefixtures("there")
def test_what_is_refused(tmp_path, said, expected):
    with pytest.raises(ConfigError) as caught:
        experiment(tmp_path, f"train.loggers={said}")
    assert expected in str(caught.value)


def test_a_password_is_not_repeated(tmp_path):
    with pytest.raises(ConfigError) as caught:
        experiment(tmp_path, "train.loggers=[{name: mlflow, uri: 'http://me:hidden@host'}]")
    assert "hidden" not in str(caught.value)


def test_an_address_may_stand_in_the_environment(there, monkeypatch):
    there("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert MlflowSettings().lacking() is None


@pytest.mark.usefixtures("there")
def test_loggers_may_be_edited_before_a_run_goes_on(tmp_path):
    before = experiment(tmp_path, "train.loggers=[{name: wandb}, {name: tensorboard}]")
    now = experiment(tmp_path, "train.loggers=[{name: wandb, project: other}]")
    assert compare(tmp_path, now, before.dump_yaml(), tmp_path) is None
    assert compare(tmp_path, before, experiment(tmp_path).dump_yaml(), tmp_path) is None


@pytest.mark.parametrize("name", [name for name in LOGGERS.known if LOGGERS[name].settings.modules])
def test_what_it_may_lack_has_an_extra(name):
    """`pip install 'snnrun[wandb]'` is to bring it."""
    kind = LOGGERS[name].settings
    assert issubclass(kind, LoggerSettings)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert kind.modules == tuple(name for name in kind.modules if name in str(extras[kind.extra]))
