"""What may be asked of launchers, and what is refused before anything is submitted."""

import sys

import pytest

from snnrun.core.registry import Entry
from snnrun.errors import ConfigError
from snnrun.studies.cases import Plan
from snnrun.studies.launchers import LAUNCHERS, launcher_of
from snnrun.studies.launchers.settings import DaskSettings, LauncherSettings, SlurmSettings
from tests.cli.running import run
from tests.studies.small import write_sweep


class Asked(LauncherSettings):
    partition: str = "main"
    minutes: int = 60


class Recorder:
    def __init__(self, settings):
        self.settings = settings


@pytest.fixture
def recorder(monkeypatch):
    """A launcher that launches nothing."""
    entry = Entry(Asked, "")
    monkeypatch.setattr(Entry, "load", lambda self: Recorder)
    monkeypatch.setitem(LAUNCHERS._known, "recorder", entry)


def refusal(*arguments):
    code, _, err = run(*arguments)
    assert code == 2, err
    return err


def test_options_go_before_a_section_of_the_same_launcher_only(recorder):
    section = Asked(partition="long", minutes=5)
    assert launcher_of("recorder", section, ["minutes=9"]).settings == Asked(
        partition="long", minutes=9
    )
    other = launcher_of("recorder", SlurmSettings(partition="gpu"), ["minutes=9"])
    assert other.settings == Asked(minutes=9)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("slrum", [], "--launcher: unknown launcher 'slrum'; did you mean 'slurm'?"),
        ("slurm", ["partitoin=x"], "partitoin=x: partitoin: unknown key; did you mean 'partition'"),
        ("slurm", ["cpus=none"], "--launcher-option cpus=none: cpus: must be a whole number"),
        ("slurm", ["minutes"], "expected KEY=VALUE, such as partition=gpu, got 'minutes'"),
        ("slurm", ["extra={mem: 4G}"], "extra: mem is said by memory"),
        ("slurm", ["minutes=2"], "minutes: must be 4 or more with warning_seconds = 120"),
        ("dask", ["address=a", "scheduler_file=b"], "expected either this or address"),
    ],
)
def test_what_is_wrong_is_named(name, options, said):
    with pytest.raises(ConfigError) as error:
        launcher_of(name, None, options)
    assert said in str(error.value)


def test_slurm_may_warn_a_minute_early_and_a_process_of_this_machine_may_not():
    assert SlurmSettings(minutes=2, warning_seconds=59)
    assert SlurmSettings(minutes=1, warning_seconds=59, executor="local")
    with pytest.raises(ValueError, match="minutes: must be 3 or more"):
        SlurmSettings(minutes=2, warning_seconds=60)


@pytest.mark.parametrize(
    ("name", "package", "settings"),
    [("slurm", "submitit", SlurmSettings()), ("dask", "distributed", DaskSettings())],
)
def test_a_package_that_is_not_installed_is_named(monkeypatch, name, package, settings):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigError) as error:
        launcher_of(name, settings)
    assert f'{package}, which is not installed: pip install "snnrun[{name}]"' in str(error.value)


def test_a_machine_without_slurm_is_told(tmp_path, monkeypatch):
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", str(tmp_path))
    said = refusal("sweep", write_sweep(tmp_path), "--launcher", "slurm", "--jobs", "2")
    assert "there is no sbatch on this machine" in said
    assert not (tmp_path / "experiment_results").exists()


def test_what_needs_a_launcher_or_a_number_of_workers_says_so(tmp_path):
    path = write_sweep(tmp_path)
    assert "--launcher slurm needs --jobs N" in refusal("sweep", path, "--launcher", "slurm")
    assert "--wait needs --launcher" in refusal("sweep", path, "--wait")
    option = ("--launcher-option", "minutes=5")
    assert "--launcher-option needs --launcher" in refusal("train", path, *option)
    assert "exclude each other" in refusal("train", path, "--folder", "a", "--name", "b")


def test_a_sweep_file_says_what_is_asked_and_is_held_to_it(tmp_path):
    path = write_sweep(tmp_path)
    text = path.read_text()
    path.write_text(text + "launcher: {name: slurm, partition: gpu}\n")
    assert Plan.read(path).settings.launcher == SlurmSettings(partition="gpu")
    path.write_text(text + "launcher: {name: slurm, gpu: 1}\n")
    with pytest.raises(ConfigError, match=r"launcher\.gpu: unknown key; did you mean 'gpus'"):
        Plan.read(path)
