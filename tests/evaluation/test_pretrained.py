"""The networks that come with snnrun give the accuracy that they came with."""

import os
from pathlib import Path

import pytest

from snnrun.encoders.train_settings import PoissonSettings
from snnrun.errors import DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.kernels.native import native
from snnrun.runs.folder import RunDir

ROOT = Path(__file__).parent.parent.parent
FOLDERS = sorted(path.parent for path in (ROOT / "experiment_pretrained").glob("*/config.yaml"))
#: 1,600 spikes a group, or convolutions, for each of 10,000 images.
SLOW = {"sbs_mnist", "sbs_mnist_fast", "stbp_mnist"}
MARKED = [
    pytest.param(folder, marks=pytest.mark.slow) if folder.name in SLOW else folder
    for folder in FOLDERS
]


def test_there_are_some():
    assert "first_spike_yin_yang" in {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("folder", MARKED, ids=lambda folder: folder.name)
def test_accuracy_is_as_promised(folder, monkeypatch, tmp_path):
    """Another processor may round another way: a sample in 500 may change sides; of those whose
    input spikes are drawn, one sample of the few that there are.
    """
    beside = ROOT.parent / "shared" / "data"
    if "SNNRUN_DATA" not in os.environ and beside.is_dir():
        monkeypatch.setenv("SNNRUN_DATA", str(beside))
    if "mnist" in folder.name and native() is None:
        pytest.skip("takes a quarter of an hour without the compiled kernels (snnrun._native)")
    run = RunDir.open(folder)
    promised = dict(zip(*run.curve("test", "accuracy"), strict=True))[run.status()["epoch"]]
    try:  # into another folder, so that nothing that lies there already is found
        result = evaluate_run(folder, into=tmp_path)
    except DataError as error:
        pytest.skip(f"needs a data set: {error}")
    drawn = isinstance(result.experiment.encoder, PoissonSettings)
    assert promised > 0.9
    off = max(0.002, 1.01 / result.samples) if drawn else 0.002
    assert result.accuracy == pytest.approx(promised, abs=off)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_is_the_network_of_its_config(folder):
    from snnrun.experiment import load_config

    own = RunDir.open(folder).experiment()
    config = load_config(ROOT / "configs" / f"{folder.name}.yaml")
    assert (own.model, own.data, own.encoder) == (config.model, config.data, config.encoder)


def test_they_are_shared_as_runs_are_today():
    """With their curves, and with what they were trained with."""
    for folder in FOLDERS:
        run = RunDir.open(folder)
        assert run.status()["state"] == "shared"
        assert (folder / "summary.json").is_file()
        assert len(list(run.checkpoints.glob("*/*"))) == 2  # weights, and what tells of them
        validated = run.curve("validation", "accuracy")[0]
        assert validated == [*range(run.status()["epoch"] + 1)]
        assert (folder / "environment.json").is_file()
