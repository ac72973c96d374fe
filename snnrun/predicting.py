"""What a trained network takes samples of one's own for: ``snnrun.predict``.

>>> import snnrun
>>> run = "experiment_pretrained/first_spike_xor"
>>> found = snnrun.predict(run, [[0, 1], [1, 1]])  # doctest: +SKIP
>>> found.names, found.time.round(2).tolist()  # doctest: +SKIP
(['different', 'equal'], [1.02, 2.33])
"""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from snnrun.compat import open_run
from snnrun.config.given import Overrides
from snnrun.data.dataset import DataSettings
from snnrun.data.given import Given, GivenArray
from snnrun.data.given_files import read_given
from snnrun.errors import DataError, GivenWarning
from snnrun.evaluation.looking import looked_at
from snnrun.evaluation.predicting import check_predicts, predict_given
from snnrun.evaluation.predictions import Predictions
from snnrun.runs.folder import RunDir
from snnrun.runs.naming import Epoch


def predict(
    run: RunDir | Path | str,
    samples: Any,
    epoch: Epoch = None,
    *,
    invert: bool = False,
    overrides: Overrides = (),
) -> Predictions:
    """Return what a trained network takes samples for, in the order that they are given.

    Whole numbers are as the files of the data set have them (pixels from 0 to 255, say), floats
    are values as the network was trained on; ``snnrun data CONFIG`` tells both. What happens to
    samples in ``inference`` happens to these. Of a network with noise or random spikes, these are
    those of the test samples of the same numbers.

    Args:
        run: the run folder.
        samples: an array of a sample ``[*shape]`` or of several ``[samples, *shape]``, of numpy,
            torch or lists; or the names of files and folders, as ``snnrun predict`` takes them.
        epoch: a saved epoch, or ``"best"``; None for the last one.
        invert: make what is dark in pictures light.
        overrides: settings that change nothing that was learned, such as ``"train.device=cpu"``.

    Returns:
        :class:`~snnrun.evaluation.predictions.Predictions`: ``labels``, ``scores``, ``times``, ...

    Raises:
        ConfigError: the network tells no classes; or its config was edited since the run began.
        DataError: no such run or epoch; or samples that are absent, damaged, or of another kind.
    """
    opened, number = open_run(run, epoch, as_saved=True)
    opened = looked_at(opened, overrides)
    experiment = opened.experiment()
    check_predicts(experiment)
    return predict_given(opened, number, given(samples, experiment.data, invert))


def given(samples: Any, settings: DataSettings, invert: bool = False) -> list[Given]:
    """Return samples in arrays or files, looked at; what is doubtful about them is warned of.

    Raises:
        DataError: they are absent, damaged, or no samples for such a network.
    """
    if isinstance(samples, str | Path):
        samples = [samples]
    parts: Sequence[Given]
    if _are_names(samples):
        parts = read_given(samples, settings, invert)
    else:
        parts = [GivenArray("samples", _array(samples), settings)]
    doubted: dict[str, list[str]] = {}
    for part in parts:
        if part.doubt:
            doubted.setdefault(part.doubt, []).append(part.name)
    for doubt, (name, *others) in doubted.items():
        too = f", and {len(others):,} more" if others else ""
        warnings.warn(f"{name}{too}: {doubt}", GivenWarning, stacklevel=3)
    return list(parts)


def _are_names(samples: Any) -> bool:
    listed = isinstance(samples, Iterable) and not hasattr(samples, "__array__")
    return listed and all(isinstance(each, str | Path) for each in samples) and len(samples) > 0


def _array(samples: Any) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(samples)
    except Exception as error:  # what is no array says so in its own way
        raise DataError(f"samples: no array of numbers: {error}") from error
