"""Write a run as fastAndDeep and DelGrad would name it: config, weights, delays, curves.

::

    config.yaml
    <data>_layer_<i>_weights.npy              [inputs + biases, neurons]
    <data>_layer_<i>_threshold_noise_fp.npy   [neurons], where thresholds differ between neurons
    <data>_layer_<i>_delay_parameters.npy     raw, [inputs or 1, neurons or 1] over sharing
    <data>_layer_<i>_delays.npy               as they act, after sharing
    <data>_{train,val}_{losses,accuracies}.npy
    <data>_label_weights_training.npy, <data>_parameters_training.npy     of every epoch: the former
    <data>_{mean,std}_val_outputs_sorted.npy                              of the first generation

``i`` counts the layers of their list. Their networks are pickles of whole modules, which only their
code can make: ``net.layers[i].weights.data = torch.from_numpy(...)`` puts the arrays into one, and
``net.layers[i].neuron_params["threshold_noise_fp"] = torch.from_numpy(...)``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import yaml
from torch import Tensor

from snnrun.compat.fastanddeep.configs import data_set_of, their_config
from snnrun.compat.fastanddeep.histories import TIMES
from snnrun.compat.fastanddeep.layers import listed
from snnrun.compat.fastanddeep.networks import OFFSETS
from snnrun.compat.written import write_files
from snnrun.models.first_spike.net import FirstSpikeNet
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.runs.history import Series
from snnrun.runs.torch_files import Array
from snnrun.training.learner import build_learner, load_data, training_values

_SPLITS = {"train": "train", "validation": "val"}
_NAMES = {"loss": "losses", "accuracy": "accuracies"}


def export(run: RunDir, folder: Path, epoch: int | None = None) -> list[Path]:
    """Write the files above into ``folder`` and return their paths.

    Args:
        run: the run.
        folder: made if absent.
        epoch: a saved epoch; None for the last one.

    Raises:
        ConfigError: their configs cannot say what the run's says.
        DataError: no such epoch, a damaged checkpoint, or the disk cannot be written.
    """
    experiment = run.experiment()
    config = their_config(experiment)
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    learner = build_learner(experiment)
    learner.take(saved, lambda: training_values(load_data(experiment)))
    model = cast(FirstSpikeNet, learner.model)
    data = data_set_of(config)
    kept = _kept(run, saved.at.epoch, model, config)
    arrays = dict([*_parameters(model, config), *_curves(run, saved.at.epoch), *kept])
    named = {f"{data}_{name}.npy": each for name, each in arrays.items()}
    return write_files(folder, {"config.yaml": yaml.safe_dump(config, sort_keys=False)}, named)


def _parameters(model: FirstSpikeNet, config: dict[str, Any]) -> Iterator[tuple[str, Array]]:
    """Yield the arrays of the layers; only the second generation lists delays among them."""
    neurons = iter(model.layers)
    delays = iter([delay for layer in model.layers for delay in layer.delays])
    first = [("neurons", False)] * len(model.layers)
    for index, (kind, _) in enumerate(listed(config) or first):
        if kind == "neurons":
            layer = next(neurons)
            yield f"layer_{index}_weights", _array(layer.weights)
            if layer.settings.threshold_noise and layer.threshold_offsets.any():
                yield f"layer_{index}_{OFFSETS}", _array(layer.threshold_offsets)
        elif kind == "delay":
            delay = next(delays)
            yield f"layer_{index}_delay_parameters", _array(delay.raw)
            yield f"layer_{index}_delays", _array(delay.effective())


def _curves(run: RunDir, epoch: int) -> Iterator[tuple[str, Array]]:
    """Yield the curves up to an epoch; a number that was not logged is nan."""
    for split, theirs in _SPLITS.items():
        for name, plural in _NAMES.items():
            known = dict(zip(*run.curve(split, name), strict=True))
            first = 1 if split == "train" else 0
            values = [known.get(each, np.nan) for each in range(first, epoch + 1)]
            yield f"{theirs}_{plural}", np.array(values)


def _kept(
    run: RunDir, epoch: int, model: FirstSpikeNet, config: dict[str, Any]
) -> Iterator[tuple[str, Array]]:
    """Yield what was kept of every epoch up to one; an epoch of which nothing was kept is nan."""
    arrays = {name: _from_start(each, epoch) for name, each in run.history().items()}
    for name, of in TIMES.items():
        if name in arrays:
            yield f"{of}_val_outputs_sorted", np.moveaxis(arrays[name], 0, 1)
    if not listed(config):
        labels = f"layers.{len(model.layers) - 1}.weights"
        if labels in arrays:
            yield "label_weights_training", arrays[labels]
        return
    found = {
        index: {"name": kind, "params": arrays[name]}
        for index, (kind, name) in enumerate(_monitored(model, config))
        if name in arrays
    }
    if found:
        yield "parameters_training", np.array(found, dtype=object)


def _monitored(model: FirstSpikeNet, config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield their class and our name of the layers that a config monitors."""
    delays = (("DelayLayer", name) for name, _ in model.delays())
    neurons = (("NeuronLayer", f"layers.{index}.weights") for index in range(len(model.layers)))
    names = {"neurons": neurons, "delay": delays}
    for kind, monitored in listed(config):
        if kind in names:
            found = next(names[kind])
            yield from [found] if monitored else []


def _from_start(kept: Series, epoch: int) -> Array:
    """Return the values of epochs 0 to ``epoch``, ``[epoch + 1, ...]``."""
    known = dict(zip(kept.epochs, kept.values.astype(np.float64), strict=True))
    nothing = np.full(kept.values.shape[1:], np.nan)
    return np.stack([known.get(each, nothing) for each in range(epoch + 1)])


def _array(tensor: Tensor) -> Array:
    found: Array = tensor.detach().numpy()
    return found
