"""Write a run as fastAndDeep and DelGrad would name it: config, weights, delays, curves.

::

    config.yaml
    <data>_layer_<i>_weights.npy              [inputs + biases, neurons]
    <data>_layer_<i>_delay_parameters.npy     raw, [inputs or 1, neurons or 1] over sharing
    <data>_layer_<i>_delays.npy               as they act, after sharing
    <data>_{train,val}_{losses,accuracies}.npy

``i`` counts the layers of their list. Their networks are pickles of whole modules, which only their
code can make: ``net.layers[i].weights.data = torch.from_numpy(...)`` puts the arrays into one.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import yaml
from torch import Tensor

from snnrun import checkpoint
from snnrun.assembly import build_network
from snnrun.compat.fastanddeep.backwards import their_config
from snnrun.compat.fastanddeep.tensors import Array
from snnrun.files import disk_errors, write_atomic, write_text
from snnrun.models.first_spike.net import FirstSpikeNet
from snnrun.results import RunDir

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
    model = cast(FirstSpikeNet, build_network(experiment).model)
    saved.load_into(model)
    data = config.get("dataset") or config["dataset_params"]["name"]
    arrays = dict([*_parameters(model, config), *_curves(run, saved.at.epoch)])
    with disk_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "config.yaml", yaml.safe_dump(config, sort_keys=False))
    paths = {folder / f"{data}_{name}.npy": each for name, each in arrays.items()}
    for path, each in paths.items():
        write_atomic(path, partial(np.save, arr=each))
    return [folder / "config.yaml", *paths]


def _parameters(model: FirstSpikeNet, config: dict[str, Any]) -> Iterator[tuple[str, Array]]:
    """Yield the arrays of the layers; only the second generation lists delays among them."""
    listed = config["network_layout"].get("layers") or [{"name": "NeuronLayer"}] * len(model.layers)
    neurons = iter(model.layers)
    delays = iter([delay for layer in model.layers for delay in layer.delays])
    for index, layer in enumerate(listed):
        if layer["name"] == "NeuronLayer":
            yield f"layer_{index}_weights", _array(next(neurons).weights)
        elif layer["name"].startswith("Delay"):
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


def _array(tensor: Tensor) -> Array:
    found: Array = tensor.detach().numpy()
    return found
