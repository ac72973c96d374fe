"""Our experiments as configs of theirs: 2022 is one file, 2023 are three.

Whether a config says all that ours says is found by reading it again. What changes the activities
of the network must come back; what only says how it was trained may differ, and is told.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from snnrun.compat.keys import Keys, Report
from snnrun.compat.pytorch_sbs import first_generation, second_generation
from snnrun.compat.pytorch_sbs.backwards import first, second
from snnrun.compat.pytorch_sbs.backwards.common import Parts, parts
from snnrun.compat.pytorch_sbs.datasets import Source
from snnrun.compat.pytorch_sbs.learning import updates_of_epoch
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment

Plain = dict[str, Any]
_TRAINING = {"trainable", "backward", "local", "noise", "lr", "initial", "mean", "threshold"}
#: Says nothing of the experiment itself, or nothing that theirs can say.
_FREE = {
    "train.device", "train.checkpoint_minutes", "train.time_limit_minutes", "train.live_plot",
    "train.tensorboard", "train.threads", "train.savepoints", "train.eval_batch_size",
    "train.precision",
}  # fmt: skip


@dataclass(frozen=True)
class Config:
    """A config of theirs: name of the file -> content; and what it does not say of the training."""

    files: dict[str, Plain]
    notes: tuple[str, ...]


def their_config(experiment: Experiment, samples: int) -> Config:
    """Return a config of theirs for an experiment that trains on so many samples.

    Raises:
        ConfigError: with a line for everything of the network that theirs cannot say.
    """
    ours = parts(experiment)
    train = experiment.train
    updates = updates_of_epoch(samples, train.batch_size, train.accumulate)
    files = (first if ours.model.dialect == 2022 else second).config(ours, updates)
    merged = {key: value for plain in files.values() for key, value in plain.items()}
    lost = _lost(flat(ours), flat(parts(_again(ours, merged, samples))))
    problems = [text for key, text in lost if _changes_activities(key)]
    if problems:
        raise ConfigError(problems)
    return Config(files, tuple(text for _, text in lost))


def _again(ours: Parts, merged: Plain, samples: int) -> Experiment:
    """Return the experiment that theirs stands for, with our data set."""
    top = Keys(merged, (), Report())
    top.ignore("data_mode", "data_path")
    source = Source(ours.whole.model_dump()["data"], ours.mode, samples)
    if ours.model.dialect == 2022:
        plain = first_generation.translate(top, source, later=False)
    else:
        plain = second_generation.translate(top, source)
    return Experiment.model_validate(plain)


def flat(ours: Parts) -> dict[str, Any]:
    """Return what an experiment says, key by key, as it acts on each layer."""
    whole = ours.whole.model_dump()
    found = {f"train.{key}": value for key, value in whole["train"].items()}
    found |= {f"learning.{key}": value for key, value in whole["learning"].items()}
    found |= {f"encoder.{key}": value for key, value in whole["encoder"].items()}
    found["train.augment: size of the image"] = ours.layers[0].before[1:]
    found["model.errors_by_step_size"] = ours.model.errors_by_step_size
    for index, layer in enumerate(ours.layers):
        for key, value in _layer(ours, layer):
            found[f"model.layers.{index}.{key}"] = value
    return {key: value for key, value in found.items() if key not in _FREE}


def _layer(ours: Parts, layer: Any) -> Iterator[tuple[str, Any]]:
    """Yield what acts in a layer."""
    given = layer.settings
    yield "name", type(given).__name__
    yield from layer.window().items()
    rate = ours.whole.train.optimizer.model_dump().get("lr")
    for key in ("neurons", "trainable", "backward", "local", "iterations"):
        if hasattr(given, key):
            yield key, getattr(given, key)
    if given.weighted:
        yield "noise", given.noise or ours.model.noise
        yield "lr", given.lr or rate
    acts = layer.inference.model_dump() if layer.inference else {}
    if not acts and hasattr(given, "eps_0"):
        yield "eps_0", given.eps_0
    yield from _constants(acts, rate)


def _constants(acts: Plain, rate: Any) -> Iterator[tuple[str, Any]]:
    """Yield constants of inference, those without effect left out."""
    eps_t, eps_xy = acts.pop("eps_t", {}), acts.pop("eps_xy", {})
    if eps_t.get("cooldown_after") is None:
        eps_t.pop("reduction", None)
    if eps_xy.get("per") == "none":
        eps_xy = {"per": "none"}
    if not acts.get("alpha_iterations"):
        acts.pop("alpha_floor", None)
    if "lr" in eps_xy:
        eps_xy["lr"] = eps_xy["lr"] or rate
    yield from acts.items()
    yield from ((f"eps_t.{key}", value) for key, value in eps_t.items())
    yield from ((f"eps_xy.{key}", value) for key, value in eps_xy.items())


def _lost(ours: Plain, theirs: Plain) -> list[tuple[str, str]]:
    """Return key and explanation of everything that does not come back."""
    return [
        (key, f"{key}: {json.dumps(value)} here, but {json.dumps(theirs.get(key))} in their config")
        for key, value in ours.items()
        if theirs.get(key) != value
    ]


def _changes_activities(key: str) -> bool:
    """Tell whether a key says what a trained network computes, not how it was trained."""
    part, last = key.split(".")[0], key.split(".")[-1]
    return (part in ("model", "encoder") and last not in _TRAINING) or ": size" in key
