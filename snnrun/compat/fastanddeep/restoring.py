"""Put what the originals saved of a network and its optimiser into ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from snnrun.compat.fastanddeep.folders import Saved
from snnrun.compat.fastanddeep.networks import Layer, read_network
from snnrun.compat.fastanddeep.optimizers import Memory, read_optimizer
from snnrun.compat.runs import Restored
from snnrun.errors import DataError
from snnrun.experiment import Experiment
from snnrun.models.first_spike.arrivals import Biases, Delay
from snnrun.models.first_spike.layer import FirstSpikeLayer
from snnrun.models.first_spike.net import FirstSpikeNet
from snnrun.models.first_spike.stages import SigmoidSettings
from snnrun.training.learner import Learner, build_learner
from snnrun.training.optimizer_state import check_range
from snnrun.training.stepping import Stepping

_REMEMBERED = {"adam": ("step", "exp_avg", "exp_avg_sq"), "sgd": ("momentum_buffer",)}


@dataclass(frozen=True)
class _Slot:
    """A part of our network that a saved layer fits: by kind, shape and constants.

    name: what our history calls its values.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    constants: tuple[float, ...]
    values: Tensor | None = None
    offsets: Tensor | None = None

    def takes(self, layer: Layer) -> bool:
        return (self.kind, self.shape, self.constants) == (
            layer.kind, layer.shape, layer.constants
        )  # fmt: skip

    def fill(self, layer: Layer) -> None:
        for ours, theirs in ((self.values, layer.values), (self.offsets, layer.offsets)):
            if ours is not None and theirs is not None:
                ours.data.copy_(torch.from_numpy(theirs))

    def __str__(self) -> str:
        return " ".join(map(str, filter(None, (self.kind, list(self.shape or self.constants)))))


def restore(experiment: Experiment, saved: Saved, epochs: int) -> Restored:
    """Return a saved network, ready to be evaluated and trained.

    Args:
        experiment: what the network was made from.
        saved: where it is.
        epochs: how long it was trained.

    Raises:
        DataError: the network cannot be read, or does not fit the experiment.
    """
    learner = build_learner(experiment)
    trained = _fill(cast(FirstSpikeNet, learner.model), saved.network)
    stepping = Stepping(experiment, learner)
    note = None
    try:
        if saved.optimizer and stepping.optimizer:
            _remember(stepping.optimizer, trained, read_optimizer(saved.optimizer))
        elif epochs:
            note = f"{saved.folder} has no state of the optimiser, which starts anew"
    except DataError as error:
        note = f"{error}; the optimiser starts anew"
    return Restored(learner, stepping, note)


def rates(experiment: Experiment, learner: Learner, epochs: int) -> list[float]:
    """Return the learning rate in each epoch, as the schedule has it for the first parameter."""
    stepping, found = Stepping(experiment, learner), []
    for epoch in range(epochs):
        stepping.apply(epoch, 0)
        found.append(stepping.rate or 0.0)
    return found


def monitored(model: FirstSpikeNet, saved: Saved) -> list[str]:
    """Return what our history calls the values that a training kept of every epoch, in order."""
    return [slot.name for slot, layer in _pairs(model, saved.network) if layer.monitored]


def _fill(model: FirstSpikeNet, path: Path) -> list[Tensor]:
    """Put a saved network into ours; return what an optimiser moves, in the order of the layers."""
    pairs = _pairs(model, path)
    for slot, layer in pairs:
        slot.fill(layer)
    return [slot.values for slot, layer in pairs if layer.trained and slot.values is not None]


def _pairs(model: FirstSpikeNet, path: Path) -> list[tuple[_Slot, Layer]]:
    """Return the parts of our network, each with the saved layer that fits it."""
    layers = [layer for layer in read_network(path) if layer.kind != "idle"]
    slots = [slot for index, layer in enumerate(model.layers) for slot in _slots(index, layer)]
    if len(layers) != len(slots) or not all(map(_Slot.takes, slots, layers)):
        have = ", ".join(f"{layer.kind} {list(layer.shape or layer.constants)}" for layer in layers)
        raise DataError(
            f"{path} does not fit its config: it holds {have}; "
            f"the config makes {', '.join(map(str, slots))}"
        )
    return list(zip(slots, layers, strict=True))


def _slots(index: int, layer: FirstSpikeLayer) -> Iterator[_Slot]:
    """Yield the parts of one of our layers in the order of the originals' list."""
    for place, stage in enumerate(layer.before):
        name = f"layers.{index}.before.{place}"
        if isinstance(stage, Biases):
            yield _Slot(name, "biases", (), tuple(stage.times.tolist()))
        elif isinstance(stage, Delay):
            kept = stage.settings.positivity
            bounds = (kept.shift, kept.scale) if isinstance(kept, SigmoidSettings) else ()
            yield _Slot(name, "delays", tuple(stage.raw.shape), bounds, stage.raw)
    offsets = getattr(layer, "threshold_offsets", None)
    name, shape = f"layers.{index}.weights", tuple(layer.weights.shape)
    yield _Slot(name, "neurons", shape, (), layer.weights, offsets)


def _remember(optimizer: Optimizer, trained: list[Tensor], memories: list[Memory]) -> None:
    """Give an optimiser what another one knew of the same parameters.

    Raises:
        DataError: it knew something else; the optimiser is as before then.
    """
    if len(trained) != len(memories):
        raise DataError(f"{len(memories)} parameters for the {len(trained)} of the network")
    names = _REMEMBERED[type(optimizer).__name__.lower()]
    states = [_state(tensor, m, names) for tensor, m in zip(trained, memories, strict=True)]
    rates = {id(tensor): memory.rate for tensor, memory in zip(trained, memories, strict=True)}
    found = [{rates[id(p)] for p in group["params"]} for group in optimizer.param_groups]
    if any(len(several) > 1 for several in found):
        raise DataError("several learning rates where the config has one")
    for group, (rate,) in zip(optimizer.param_groups, found, strict=True):
        group["lr"] = rate
    moved = {id(p) for group in optimizer.param_groups for p in group["params"]}
    for tensor, state in zip(trained, states, strict=True):
        if state and id(tensor) in moved:
            optimizer.state[tensor] = state


def _state(tensor: Tensor, memory: Memory, names: tuple[str, ...]) -> dict[str, Tensor]:
    """Return what is known of one parameter as torch's optimisers keep it."""
    known = {name: value for name, value in memory.values.items() if value is not None}
    if not known:
        return {}
    absent = [name for name in names if name not in known]
    if absent:
        raise DataError(f"no {', '.join(absent)} of a parameter")
    try:
        state = {name: torch.as_tensor(known[name]) for name in names}
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"no numbers of a parameter: {error}") from error
    for name, value in state.items():
        if name == "step":
            state[name] = value.to(torch.float32)
        elif value.shape != tensor.shape:
            raise DataError(f"{name} has shape {list(value.shape)}, not {list(tensor.shape)}")
        elif not value.is_floating_point():
            raise DataError(f"{name} holds {value.dtype}, not {tensor.dtype}")
        else:
            state[name] = value.to(tensor.dtype)
        check_range("a parameter", name, state[name])
    return state
