"""A network is shown samples, and shared, with the config that it was trained with."""

import re

import numpy as np
import pytest

import snnrun
from snnrun.compat import export_run
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from tests.tiny import write_config

SHARE, EXPORT = "share", "export"
READERS = {
    "inference": snnrun.inference,
    "load": snnrun.load,
    "evaluate": lambda run: evaluate_run(run, 2, "train", ["answers"]),
    SHARE: lambda run: share(run, run.path.parent / "copy"),
    EXPORT: lambda run: export_run(run, "fastanddeep", run.path.parent / "theirs"),
}


@pytest.fixture
def run(tmp_path):
    return snnrun.train(write_config(tmp_path), results=tmp_path / "runs")


def edit(run, old, new):
    text = run.config.read_text()
    assert old in text
    run.config.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("bias_times: [0.9]", "bias_times: [0.8]", "model.layers.0.bias_times.0: is 0.8, but"),
        ("std: 0.05", "std: 0.06", "encoder.noise.std: is 0.06, but the run began with 0.05"),
        ("seed: 7", "seed: 8", "seed: is 8, but the run began with 7"),
        ("precision: float32", "precision: float64", "train.precision: is 'float64', but"),
    ],
)
def test_what_changes_answers_is_named(run, old, new, told):
    """One digit in a file was enough for other answers, which were shown and shared as its own."""
    edit(run, old, new)
    for reader in READERS.values():
        with pytest.raises(ConfigError, match=f"config.yaml: {told}"):
            reader(run)
    assert not (run.path.parent / "copy").exists()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train.optimizer={name: sgd, lr: 0.1}", "train.optimizer.name='sgd': the run learned "),
        ("seed=8", "seed=8: the run learned with 7, and that stays; here go "),
        ("model.layers.0.bias_times=[]", "an empty list: the run learned with a list of 1, "),
    ],
)
def test_what_was_learned_is_not_said_otherwise(run, override, said):
    """Of another optimizer, a map was told to be a map."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        snnrun.inference(run, overrides=override)


@pytest.mark.parametrize("look", [snnrun.inference, snnrun.evaluate])
@pytest.mark.parametrize("override", ["train.device=cuda", {"train": {"device": "cuda"}}])
def test_a_gpu_that_is_asked_for_is_there(run, look, override, monkeypatch):
    """It was taken for auto, also where what was kept of the run before needed no device."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    snnrun.inference(run, overrides="train.device=cpu")
    with pytest.raises(ConfigError, match="cuda, but torch finds no CUDA device here"):
        look(run, overrides=override)
    edit(run, "device: auto", "device: cuda")  # as one that was trained elsewhere
    assert snnrun.inference(run, overrides="train.eval_batch_size=3").accuracy is not None


def test_how_it_was_trained_may_be_edited_but_is_not_shared(run):
    edit(run, "gamma: 0.5", "gamma: 0.25")
    for name, reader in READERS.items():
        if name not in (SHARE, EXPORT):
            assert reader(run)
    for name in (SHARE, EXPORT):
        with pytest.raises(ConfigError, match=r"train\.scheduler\.gamma: is 0.25, but the run"):
            READERS[name](run)


def test_what_is_no_part_of_a_network_may_be_edited(run):
    """The size of a batch is lowered where memory runs out."""
    edit(run, "eval_batch_size: 30", "eval_batch_size: 9")
    edit(run, "threads: null", "threads: 1")
    assert all(reader(run) for name, reader in READERS.items() if name != EXPORT)
    with pytest.raises(ConfigError, match="no data set of theirs"):  # it went as far as that
        READERS[EXPORT](run)


def test_a_shared_run_tells_no_other_config(run):
    copy = READERS[SHARE](run)
    edit(copy, "max_missing_spikes: 0.3", "max_missing_spikes: 0.4")
    assert snnrun.inference(copy).accuracy is not None


def test_files_of_samples_may_move(tmp_path):
    """A run whose data were moved could be used no more."""
    before = tmp_path / "before"
    before.mkdir()
    numbers = np.random.default_rng(0)
    np.save(before / "x.npy", numbers.random((60, 4), np.float32))
    np.save(before / "y.npy", numbers.integers(3, size=60))
    files = f"{{values: {before / 'x.npy'}, targets: {before / 'y.npy'}}}"
    data = f"data={{name: arrays, train: {files}, validation: test, test: {files}}}"
    short = ["train.epochs=1", "train.savepoints=[]", "encoder={name: latency}"]
    run = snnrun.train(write_config(tmp_path), [data, *short], results=tmp_path)
    whole = snnrun.inference(run).loss
    before.rename(tmp_path / "after")
    with pytest.raises(DataError, match=r"before/x\.npy"):
        snnrun.inference(run)
    edit(run, str(before), str(tmp_path / "after"))
    assert snnrun.inference(run).loss == whole
    assert snnrun.resume(run, epochs=2).status()["epoch"] == 2
    edit(run, "validation: test", "validation: 0.2")
    with pytest.raises(ConfigError, match=r"data\.validation: is 0\.2, but the run began with 't"):
        snnrun.inference(run)
