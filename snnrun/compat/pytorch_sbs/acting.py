"""What acts in each layer of one of our experiments, and what a config of theirs loses of it."""

import json
from collections.abc import Iterator
from typing import Any

from snnrun.compat.tables import Plain, as_plain
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.learning.sbs.settings import SbsRuleSettings
from snnrun.models.sbs.layers import LAYERS
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.window import WindowSettings

_TRAINING = {"trainable", "backward", "local", "noise", "lr", "initial", "mean", "threshold"}
#: Says nothing of the experiment itself, or nothing that theirs can say.
_FREE = {
    "train.workers", "train.in_memory", "train.start_from",
    "train.device", "train.checkpoint_minutes", "train.time_limit_minutes", "train.live_plot",
    "train.tensorboard", "train.loggers", "train.threads", "train.savepoints",
    "train.eval_batch_size", "train.precision",
}  # fmt: skip


def sbs(experiment: Experiment) -> SbsSettings:
    """Return the settings of the network.

    Raises:
        ConfigError: it is no Spike-By-Spike network.
    """
    model, learning = experiment.model, experiment.learning
    if not isinstance(model, SbsSettings) or not isinstance(learning, SbsRuleSettings):
        raise ConfigError("model, learning: theirs know only sbs")
    return model


def layers(experiment: Experiment) -> list[Plain]:
    """Return what acts in each layer, by our names, with ``kind`` and ``channels`` of the layer."""
    model = sbs(experiment)
    found = []
    for layer, before, after in model.shapes(experiment.model_input):
        name = next(name for name, each in LAYERS.items() if type(layer) is each.settings)
        kernel = layer.kernel_size(before) if isinstance(layer, WindowSettings) else (1, 1)
        acts = {"stride": (1, 1), "dilation": (1, 1), "padding": (0, 0), **layer.model_dump()}
        if layer.weighted:
            acts["noise"] = acts["noise"] or model.noise
            acts["lr"] = acts["lr"] or _rate(experiment)
        if hasattr(layer, "inference"):
            acts |= layer.inference(model).model_dump()
        acts |= {"kind": name, "channels": (before[0], after[0]), "kernel": kernel}
        found.append(as_plain(acts))
    return found


def _rate(experiment: Experiment) -> Any:
    settings = experiment.train.optimizer
    return settings.model_dump().get("lr") if settings else None


def lost(ours: Experiment, theirs: Experiment) -> list[tuple[str, str]]:
    """Return key and explanation of everything of ours that does not come back from theirs."""
    back = _flat(theirs)
    return [
        (key, f"{key}: {json.dumps(value)} here, but {json.dumps(back.get(key))} in their config")
        for key, value in _flat(ours).items()
        if back.get(key) != value
    ]


def _flat(experiment: Experiment) -> Plain:
    """Return what an experiment says, key by key, as it acts on each layer."""
    whole, model = as_plain(experiment.model_dump()), sbs(experiment)
    found = {
        f"{part}.{key}": value
        for part in ("train", "learning", "encoder")
        for key, value in whole[part].items()
    }
    found["train.augment: size of the image"] = list(experiment.model_input[1:])
    found["model.errors_by_step_size"] = model.errors_by_step_size
    for index, (layer, acts) in enumerate(zip(model.layers, layers(experiment), strict=True)):
        found[f"model.layers.{index}.name"] = type(layer).__name__
        for key, value in _constants(acts, _rate(experiment)):
            found[f"model.layers.{index}.{key}"] = value
    return {key: value for key, value in found.items() if key not in _FREE}


def _constants(acts: Plain, rate: Any) -> Iterator[tuple[str, Any]]:
    """Yield what acts in a layer, what is without effect left out."""
    eps_t, eps_xy = acts.pop("eps_t", {}), acts.pop("eps_xy", {})
    if eps_t.get("cooldown_after") is None:
        eps_t.pop("reduction", None)
    if eps_xy.get("per") == "none":
        eps_xy = {"per": "none"}
    if not acts.get("alpha_iterations"):
        acts.pop("alpha_floor", None)
    if "lr" in eps_xy:
        eps_xy["lr"] = eps_xy["lr"] or rate
    yield from ((key, value) for key, value in acts.items() if key not in ("kind", "channels"))
    yield from ((f"eps_t.{key}", value) for key, value in eps_t.items())
    yield from ((f"eps_xy.{key}", value) for key, value in eps_xy.items())


def changes_activities(key: str) -> bool:
    """Tell whether a key says what a trained network computes, not how it was trained."""
    part, last = key.split(".")[0], key.split(".")[-1]
    return (part in ("model", "encoder") and last not in _TRAINING) or ": size" in key
