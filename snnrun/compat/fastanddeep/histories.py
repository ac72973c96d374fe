"""What the originals kept of every epoch, as our history.

::

    <data>_label_weights_training.npy       [epochs + 1, inputs + biases, neurons], first generation
    <data>_parameters_training.npy          a map {i: {name, params [epochs + 1, ...]}}, second
    <data>_{mean,std}_val_outputs_sorted.npy  [true class, epochs + 1, neuron], nan = no spike

The first entry is the network before training. ``i`` counts the layers that are monitored; their
``params`` are weights, or delays as they act. The map is an object of Python, so that file is a
pickle; it is read as plain values, as saved networks are (:mod:`snnrun.runs.pickles`).
"""

import io
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from snnrun.compat.fastanddeep.folders import Saved
from snnrun.errors import DataError
from snnrun.models.first_spike.net import FirstSpikeNet
from snnrun.runs.pickles import Object, Reader, kind
from snnrun.runs.torch_files import Array
from snnrun.runs.whole import brief, read_numbers

_ARRAY = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_NAMES = frozenset({*_ARRAY, "numpy.ndarray", "numpy.dtype"})
#: Our names of the spike times, and theirs.
TIMES = {"label_times/mean": "mean", "label_times/std": "std"}


def history(
    saved: Saved, model: FirstSpikeNet, monitored: list[str], entries: list[int]
) -> tuple[dict[str, Array], list[str]]:
    """Return the arrays ``[epochs + 1, ...]`` by our names, and notes on files that do not fit.

    Args:
        saved: the last epoch, whose files know all epochs before.
        model: our network.
        monitored: our names of the values that a second generation training kept, in order.
        entries: which entries of the files are epochs 0, 1, ...
    """
    labels = f"layers.{len(model.layers) - 1}.weights"
    readers = (partial(_weights, name=labels), partial(_parameters, names=monitored), _times)
    arrays, notes = dict[str, Array](), list[str]()
    for read in readers:
        try:
            arrays |= read(saved)
        except DataError as error:
            notes.append(f"{error}; figures over the epochs lack it")
    shapes, longest = _shapes(model), max(entries, default=-1) + 1
    found = dict[str, Array]()
    for name, values in arrays.items():
        if entries and len(values) >= longest and values.shape[1:] == shapes.get(name):
            found[name] = values[entries]
        else:
            notes.append(f"{name} of every epoch does not fit the network or its curves")
    return found, notes


def _shapes(model: FirstSpikeNet) -> dict[str, tuple[int, ...]]:
    """Return what the shapes of one epoch must be."""
    weights = {f"layers.{i}.weights": each.weights for i, each in enumerate(model.layers)}
    delays = {name: stage.effective() for name, stage in model.delays()}
    classes = len(model.layers[-1].weights[0])
    times = dict.fromkeys(TIMES, (classes, classes))
    return {name: tuple(each.shape) for name, each in (weights | delays).items()} | times


def _weights(saved: Saved, name: str) -> dict[str, Array]:
    found = saved.array("label_weights_training.npy")
    return {} if found is None else {name: found}


def _times(saved: Saved) -> dict[str, Array]:
    arrays = {name: saved.array(f"{of}_val_outputs_sorted.npy") for name, of in TIMES.items()}
    return {
        name: np.moveaxis(each, 0, 1)
        for name, each in arrays.items()
        if each is not None and each.ndim == 3
    }


def _parameters(saved: Saved, names: list[str]) -> dict[str, Array]:
    path = saved.file("parameters_training.npy")
    if not path.exists():
        return {}
    try:
        layers = _read_object(path)
        return {names[index]: _array(each["params"]) for index, each in layers.items()}
    except DataError:
        raise
    except Exception as error:  # damaged bytes make the readers raise anything
        raise DataError(f"{path}: no parameters of monitored layers: {brief(error)}") from error


def _read_object(path: Path) -> Any:
    """Return the one object of an array without axes, as plain values; nothing is run."""
    file = io.BytesIO(read_numbers(path))
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"version {version} of the format")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if shape or dtype != np.dtype(object):
        raise ValueError(f"an array {list(shape)} of {dtype}")
    outer = Reader(_NAMES, _refuse, str(path)).read(file)
    if not outer.made_by(*_ARRAY):
        raise ValueError(f"{kind(outer)} in place of an array")
    (found,) = outer.state[4]
    return found


def _refuse(reference: Any) -> Any:
    raise ValueError(f"a reference to {reference!r}")


def _array(value: Object) -> Array:
    """Return an array of floats that the pickle would make."""
    if not value.made_by(*_ARRAY):
        raise ValueError(f"{value.maker} in place of an array")
    _, shape, dtype, fortran, raw = value.state
    if dtype.arguments[0] not in ("f4", "f8"):
        raise ValueError(f"an array of {dtype.arguments[0]}")
    numbers = np.frombuffer(raw, np.dtype(dtype.state[1] + dtype.arguments[0]))
    return numbers.reshape(shape, order="F" if fortran else "C")
