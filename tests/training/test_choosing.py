"""On how many threads a training runs, where nobody says it."""

import pytest
import torch

import snnrun
from snnrun.api import train_or_resume
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.training import choosing
from tests.tiny import numbers, weights, write_config

#: Large enough for a second thread; it takes noise, so that random numbers matter.
LARGE = ("model.layers.0.size=1500", "train.epochs=1", "train.savepoints=[]")


def trained(path, folder, *overrides):
    return snnrun.train(path, [*LARGE, *overrides], results=folder)


@pytest.fixture
def paces(monkeypatch):
    """Seconds of a batch on one thread and on two, in place of those of this machine."""
    said = {1: 1.0, 2: 1.0}
    monkeypatch.setattr(choosing, "seconds_alone", lambda training, threads: said[threads])
    torch.set_num_threads(2)  # put back behind every test
    return said


@pytest.mark.parametrize(("alone", "chosen"), [(0.5, 1), (0.8, 1), (0.9, 2), (2.0, 2)])
def test_one_thread_must_be_clearly_faster(tmp_path, paces, alone, chosen):
    paces[1] = alone
    run = trained(write_config(tmp_path), tmp_path)
    assert run.experiment().train.threads == chosen
    record = run.read_json("environment.json")
    assert record["seconds_a_batch_on_threads"] == {"2": 1.0, "1": alone}


@pytest.mark.parametrize("override", ["train.threads=2", "model.layers.0.size=14"])
def test_what_is_settled_is_not_tried(tmp_path, paces, override):
    paces.clear()
    run = trained(write_config(tmp_path), tmp_path, override)
    assert run.experiment().train.threads == (2 if "threads" in override else None)


def test_the_same_command_again_goes_on_on_the_same_threads(tmp_path, paces):
    """`train CONFIG --folder RUN`, which jobs say that are queued again, refused its own run."""
    paces[1] = 0.5
    config, folder = load_config(write_config(tmp_path), LARGE), tmp_path / "run"
    train_or_resume(config, folder)
    paces.clear()
    assert train_or_resume(config, folder).experiment().train.threads == 1
    told = load_config(write_config(tmp_path), [*LARGE, "train.threads=2"])
    with pytest.raises(ConfigError, match=r"train\.threads: is 2, but the run began with 1"):
        train_or_resume(told, folder)


def test_a_single_batch_tells_nothing(tmp_path, paces):
    paces[2] = None
    run = trained(write_config(tmp_path), tmp_path)
    assert run.experiment().train.threads is None


def test_trying_changes_no_bits(tmp_path):
    """Weights and random numbers are those of a run that was told its threads."""
    torch.set_num_threads(2)
    tried = trained(write_config(tmp_path), tmp_path / "tried")
    chosen = tried.experiment().train.threads
    assert chosen in (1, 2)
    told = trained(write_config(tmp_path), tmp_path / "told", f"train.threads={chosen}")
    assert weights(tried, "epoch_0001") == weights(told, "epoch_0001")
    assert numbers(tried) == numbers(told)


def test_runs_on_other_threads_still_differ_in_their_seed_alone(tmp_path):
    from snnrun.evaluation.figures import same_but_seed

    path = write_config(tmp_path)
    few = ("model.layers.0.size=14",)
    runs = [trained(path, tmp_path, *few, f"seed={n}", f"train.threads={n}") for n in (1, 2)]
    assert same_but_seed(runs) == [runs]
