"""What an export carries: all that a network computes with, or a refusal that names it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from snnrun.compat import export_run
from snnrun.compat.fastanddeep.configs import translate
from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.experiment import Experiment, load_config
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.learner import build_learner, load_data, training_values
from tests.compat import sbs_originals
from tests.compat.originals import FIRST, changed
from tests.compat.sbs_originals import EVERYTHING as SBS_EVERYTHING
from tests.compat.test_fastanddeep_exports import EVERYTHING

#: Everything that draws or learns something, in both layers.
ALL_ON = changed(
    EVERYTHING,
    default_neuron_params__threshold_noise_fp_mean=0.02,
    default_neuron_params__threshold_noise_fp_std=0.1,
    default_neuron_params__threshold_noise_b2b_std=0.1,
    default_neuron_params__jitter=0.01,
)


def saved(experiment: Experiment, folder: Path) -> tuple[RunDir, nn.Module]:
    """A run of one epoch that left a network behind."""
    run, learner = RunDir.create(folder, "all"), build_learner(experiment)
    learner.encoder.fit(training_values(load_data(experiment)))
    run.write_experiment(experiment)
    checkpoint.save(run.checkpoints, Position(1), learner.state_dict())
    checkpoint.point(run.checkpoints, last=Position(1), best=Position(1))
    return run, learner.model


def not_carried(model: nn.Module, out: Path, config: Path) -> list[str]:
    """Parameters and buffers that neither an array has, nor a network made from the config."""
    arrays = [np.load(path, allow_pickle=True) for path in out.rglob("*.npy")]
    again = build_learner(load_config(config)).model
    tensors = dict([*model.named_parameters(), *model.named_buffers()])
    made = dict(again.named_buffers())
    kept = model.state_dict()
    return [
        name
        for name, each in tensors.items()
        if not any(
            array.shape == tuple(each.shape) and np.allclose(array, each.detach(), atol=1e-7)
            for array in arrays
        )
        and not (name not in kept and torch.equal(made[name], each))
    ]


@pytest.mark.parametrize("plain", [FIRST, ALL_ON], ids=["first", "all"])
def test_fastanddeep_carries_every_tensor(tmp_path, plain):
    """The fixed pattern of the thresholds was left out: their code drew another."""
    run, model = saved(Experiment.model_validate(translate(plain).config), tmp_path / "runs")
    export_run(run, "fastanddeep", tmp_path / "out")
    assert not_carried(model, tmp_path / "out", tmp_path / "out" / "config.yaml") == []


@pytest.mark.parametrize(
    "plain",
    [sbs_originals.FIRST, sbs_originals.SECOND, SBS_EVERYTHING],
    ids=["2022", "2023", "everything"],
)
def test_pytorch_sbs_carries_every_tensor(tmp_path, monkeypatch, plain):
    monkeypatch.chdir(tmp_path)
    sbs_originals.save_patterns(tmp_path / "theirs" / "DATA")
    sbs_originals.save_config(tmp_path / "theirs", plain)
    run, model = saved(load_config(tmp_path / "theirs"), tmp_path / "runs")
    export_run(run, "pytorch-sbs", tmp_path / "out")
    config = tmp_path / "out"
    config = config / "config.json" if (config / "config.json").exists() else config
    assert not_carried(model, tmp_path / "out", config) == []


def test_the_fixed_pattern_of_thresholds(tmp_path):
    """It lies beside the weights of its layer; noise that leaves nothing behind writes no file."""
    run, model = saved(Experiment.model_validate(translate(ALL_ON).config), tmp_path / "runs")
    export_run(run, "fastanddeep", tmp_path / "out")
    for index, layer in zip((3, 5), model.layers, strict=True):
        found = np.load(tmp_path / "out" / f"yin_yang_layer_{index}_threshold_noise_fp.npy")
        np.testing.assert_array_equal(found, layer.threshold_offsets)
        assert found.std() > 0
    run, _ = saved(Experiment.model_validate(translate(EVERYTHING).config), tmp_path / "runs")
    paths = export_run(run, "fastanddeep", tmp_path / "more")
    assert not [path for path in paths if "threshold_noise" in path.name]


@pytest.mark.parametrize("kind", ["fastanddeep", "pytorch-sbs"])
def test_an_export_that_was_broken_off_is_none_and_is_made_again(tmp_path, monkeypatch, kind):
    """Its config came first, and arrays of an earlier export stayed beside it."""
    monkeypatch.chdir(tmp_path)
    experiment = Experiment.model_validate(translate(FIRST).config)
    if kind == "pytorch-sbs":
        sbs_originals.save_patterns(tmp_path / "theirs" / "DATA")
        sbs_originals.save_config(tmp_path / "theirs", SBS_EVERYTHING)
        experiment = load_config(tmp_path / "theirs")
    run, _ = saved(experiment, tmp_path / "runs")
    whole = export_run(run, kind, tmp_path / "out")
    digests = {path: path.read_bytes() for path in whole}
    save, calls = np.save, iter(range(99))

    def broken(file, arr):
        save(file, arr)
        if next(calls):
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(np, "save", broken)
        with pytest.raises(DataError, match="No space left"):
            export_run(run, kind, tmp_path / "out")
    assert {path for path in whole if not path.exists()} == {
        path for path in whole if path.suffix in (".json", ".yaml")
    }
    assert export_run(run, kind, tmp_path / "out") == whole
    assert {path: path.read_bytes() for path in whole} == digests


def test_nothing_is_exported_through_a_link_that_leads_out_of_the_run(tmp_path):
    run, _ = saved(Experiment.model_validate(translate(FIRST).config), tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (run.path / "exports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="is a link that leads out of the run folder"):
        export_run(run, "fastanddeep")
    assert not any((tmp_path / "elsewhere").iterdir())
