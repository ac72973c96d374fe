"""Training steps of the networks in ``networks.py``: forward, loss, backward, Adam.

Each function is given the name of a network, its input, labels and first weights, and returns a
call that takes one step and returns its loss.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from peers.networks import NETS, RATE, Net, Weights
from peers.process import Peer
from peers.trainers_jax import jax

Step = Callable[[], float]


def snnrun(net: str, x: Any, labels: Any, **weights: Any) -> Step:
    """The model of a config, its rule and its optimiser, and memory, as a run has them."""
    import torch

    from snnrun.core.batch import Batch
    from snnrun.core.random import Random
    from snnrun.learning import RULES
    from snnrun.learning.optimizers import AdamSettings, build_optimizer
    from snnrun.models import MODELS
    from snnrun.training.threads import keep_freed_memory

    keep_freed_memory()
    spec = NETS[net]
    settings = MODELS["feedforward"].settings(
        neuron={"tau": 2.0, "surrogate": {"name": "arctan", "sharpness": np.pi}},
        layers=_settings(spec),
        output="as_is",
    )
    shape = spec.shape if len(spec.shape) == 3 else (*spec.shape, 1, 1)
    generator = torch.Generator()
    model = MODELS.entry_of(settings).load()(settings, shape, 10, generator).to(torch.float32)
    _put(model, weights)
    chosen = RULES["surrogate"].settings()
    rule = RULES.entry_of(chosen).load()(chosen, model)
    optimizer = build_optimizer(AdamSettings(lr=RATE), list(model.parameter_groups()))
    constant = x.ndim == 1 + len(spec.shape)
    given = torch.from_numpy(x).view(*x.shape[: 1 + (not constant)], *shape)
    given = given.expand(spec.steps, *given.shape) if constant else given
    targets = torch.from_numpy(labels)
    random = Random(0, "train", 0, 0, torch.arange(spec.batch))

    def step() -> float:
        for parameter in model.parameters():
            parameter.grad = None
        outcome = rule.step(Batch(given, targets, random, constant))
        optimizer.step()
        return float(outcome.loss)

    return step


def identity(net: str, **given: Any) -> Step:
    """The same without neurons, whose output is their input: what no neuron can be faster than."""
    from snnrun.kernels.lif.sequence import Train
    from snnrun.models.feedforward import spiking

    spiking.sequence = lambda x, neuron, membranes: Train(x.contiguous())
    return snnrun(net, **given)


def spikingjelly(net: str, x: Any, labels: Any, **weights: Any) -> Step:
    import torch
    from spikingjelly.activation_based import functional, layer, neuron, surrogate

    made: dict[str, Callable[[], Any]] = {
        "lif": lambda: neuron.LIFNode(2.0, False, surrogate_function=surrogate.ATan(2.0)),
        "pool": lambda: layer.AvgPool2d(2),
        "seven": lambda: layer.AdaptiveAvgPool2d(7),
        "flatten": layer.Flatten,
    }
    spec = NETS[net]
    parts = []
    for each in spec.layers:
        if isinstance(each, str):
            parts.append(made[each]())
        elif each.kernel:
            padding = each.kernel // 2
            parts.append(layer.Conv2d(each.inputs, each.outputs, each.kernel, padding=padding))
        else:
            parts.append(layer.Linear(each.inputs, each.outputs))
    model = torch.nn.Sequential(*parts)
    functional.set_step_mode(model, "m")
    _put(model, weights)
    optimizer = torch.optim.Adam(model.parameters(), RATE, fused=True)
    given, targets = torch.from_numpy(x), torch.from_numpy(labels)
    constant = x.ndim == 1 + len(spec.shape)
    if constant:
        functional.set_step_mode(parts[0], "s")

    def step() -> float:
        optimizer.zero_grad()
        now = parts[0](given)
        if constant:
            now = now.unsqueeze(0).expand(spec.steps, *now.shape)
        outputs = model[1:](now)
        loss = torch.nn.functional.cross_entropy(outputs.mean(0), targets)
        loss.backward()
        optimizer.step()
        functional.reset_net(model)
        return loss.item()

    return step


def _settings(net: Net) -> list[dict[str, Any]]:
    """Return the layers of a network as a config lists them."""
    named: dict[str, dict[str, Any]] = {
        "lif": {"name": "lif"},
        "pool": {"name": "avg_pool", "kernel": 2},
        "seven": {"name": "adaptive_avg_pool", "size": 7},
        "flatten": {"name": "flatten"},
    }

    def one(layer: Weights | str) -> dict[str, Any]:
        if isinstance(layer, str):
            return named[layer]
        if not layer.kernel:
            return {"name": "linear", "size": layer.outputs}
        sizes = {"kernel": layer.kernel, "padding": layer.kernel // 2}
        return {"name": "conv", "channels": layer.outputs, **sizes}

    return [one(layer) for layer in net.layers]


def _put(model: Any, weights: dict[str, Any]) -> None:
    """Let a model of torch begin with given weights."""
    import torch

    wanted = [weights[f"{kind}{n}"] for n in range(len(weights) // 2) for kind in "wb"]
    for parameter, value in zip(model.parameters(), wanted, strict=True):
        parameter.data = torch.from_numpy(value.copy()).view_as(parameter)


TRAINERS = {
    "snnrun": Peer(snnrun),
    "identity": Peer(identity),
    "spikingjelly": Peer(spikingjelly, "spikingjelly"),
    "jax": Peer(jax, "jax"),
}
