"""What loggers are told of a training: who it is, its settings, weights, figures, and its end."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from snnrun.experiment import Experiment
from snnrun.loggers.logger import Ending, Histogram
from snnrun.runs import summary
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training

BINS = 64  #: of a histogram
IDENTITY = "loggers.json"
_ID = re.compile(r"[0-9a-f]{16}")
#: Settings of training that tell nothing of a result, or where files lie.
_UNTOLD = ("loggers", "tensorboard", "live_plot", "start_from")


def identity(run: RunDir) -> str:
    """Return what loggers know a run by, however often it goes on."""
    found = run.read_json(IDENTITY).get("id")
    if not isinstance(found, str) or not _ID.fullmatch(found):
        found = secrets.token_hex(8)
        run.write_json(IDENTITY, {"id": found})
    return found


def described(experiment: Experiment) -> dict[str, Any]:
    """Return a config without places of files and what tells nothing of a result."""
    whole = experiment.model_dump(mode="json")
    for section, keys in (("data", experiment.data.places), ("train", _UNTOLD)):
        whole[section] = {key: value for key, value in whole[section].items() if key not in keys}
    return whole


def ending(run: RunDir) -> Ending:
    """Return how a session ended, as its folder tells."""
    told = summary.read(run.path)
    state = told.get("state", "")
    results: dict[str, float] = {}
    last, best = told.get("epoch"), told.get("best", {}).get("epoch")
    if state == "finished":
        judged = told.get("judged_by", "")
        shown = [name for name in dict.fromkeys(("loss", "accuracy", judged)) if name]
        every = {
            **{f"last/{split}": numbers for split, numbers in told.get("last", {}).items()},
            "last/test": told.get("test", {}).get(str(last), {}),
            "best/validation": told.get("best", {}),
            "best/test": told.get("test", {}).get(str(best), {}),
        }
        for group, numbers in every.items():
            results |= {f"{group}/{n}": numbers[n] for n in shown if numbers.get(n) is not None}
        results["best/epoch"] = float(best or 0)
    return Ending(state, results)


def tensors(training: Training) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights of the model, and the gradients of the last update as far as there are."""
    for name, parameter in training.learner.model.named_parameters():
        yield f"weights/{name}", parameter
        if parameter.grad is not None:
            yield f"gradients/{name}", parameter.grad


def histogram_of(tensor: Tensor) -> Histogram | None:
    """Return how the finite numbers of a tensor are distributed; None where there is none."""
    values = tensor.detach().flatten().to("cpu").double().numpy()
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    counts, edges = np.histogram(values, bins=BINS)
    total, squares = float(values.sum()), float(values @ values)
    return Histogram(tuple(counts.tolist()), tuple(edges.tolist()), total, squares)


def figures(training: Training) -> Iterator[tuple[str, Path]]:
    """Yield the figures that there are of a run, as PNG files, each with its name."""
    run = training.run_dir
    live, others = run.path / "live_accuracy.png", sorted(run.plots.rglob("*.png"))
    places = [(live, run.path), *((path, run.plots) for path in others)]
    for path, place in places:
        if path.is_file():
            yield f"figures/{path.relative_to(place).with_suffix('').as_posix()}", path
