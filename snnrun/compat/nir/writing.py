"""Networks of ours as graphs of NIR, layer by layer."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor, nn

from snnrun.compat.nir.building import Array, Chain, Shape, add_integrators, add_neurons
from snnrun.compat.nir.constants import Cell, cell_of
from snnrun.compat.nir.package import nir
from snnrun.compat.nir.remarks import remark_of
from snnrun.errors import ConfigError
from snnrun.models.feedforward import connections, dropout, normalisation, pools, spiking
from snnrun.models.feedforward.layers import LAYERS
from snnrun.models.feedforward.net import FeedforwardNet
from snnrun.models.feedforward.neuron import NeuronSettings

_WEIGHTS = (connections.Conv, connections.Linear)


@dataclass
class Writing:
    """A graph so far.

    shape: of the output.
    kind: of the numbers that the network computes with.
    notes: what is worth knowing of it.
    problems: what NIR cannot say.
    """

    chain: Chain
    shape: Shape
    kind: type[np.floating[Any]]
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def graph(self, remarks: dict[str, Any]) -> tuple[Any, list[str]]:
        """Return the graph and the notes.

        Raises:
            ConfigError: there are problems.
        """
        if self.problems:
            raise ConfigError(f"NIR has no {'; no '.join(self.problems)}")
        return self.chain.graph(self.shape, remarks), self.notes


def number_of(model: nn.Module) -> type[np.floating[Any]]:
    """Return the kind of numbers that a network computes with."""
    double = next(model.parameters()).dtype.itemsize == 8
    return np.float64 if double else np.float32


def feedforward(
    model: FeedforwardNet, inputs: Shape, remarks: dict[str, Any]
) -> tuple[Any, list[str]]:
    """Return the graph of a feed-forward network, and what is worth knowing of it.

    Args:
        model: the network.
        inputs: shape of an image; a vector has one pixel.
        remarks: metadata of the graph.

    Raises:
        ConfigError: NIR cannot say what a layer does; names all that it cannot.
    """
    rows = [(f"layers.{i}", each) for i, each in enumerate(model.layers)]
    rows += [("readout", each) for each in model.readout]
    given = _first_shape([module for _, module in rows], inputs)
    at = Writing(Chain(given), given, number_of(model))
    while rows:
        (key, module), *rest = rows
        if isinstance(module, _WEIGHTS) and rest and type(rest[0][1]) is normalisation.BatchNorm:
            at.notes.append(f"{rest[0][0]} (batch_norm) is part of the weights of {key}")
            _weights(at, key, module, rest[0][1])
            rest = rest[1:]
        else:
            _WRITERS.get(type(module), _unknown)(at, key, module)
        rows = rest
    return at.graph(remarks)


def _first_shape(modules: Sequence[nn.Module], inputs: Shape) -> Shape:
    """Return the shape of the input: a vector where nothing asks for an image of one pixel."""
    for module in modules:
        if isinstance(module, connections.Linear | pools.Flatten):
            return inputs[:1] if math.prod(inputs[1:]) == 1 else inputs
        if not isinstance(module, spiking.Lif | spiking.Leaky | dropout.Dropout):
            return inputs
    return inputs[:1] if math.prod(inputs[1:]) == 1 else inputs


def _weights(
    at: Writing, key: str, module: nn.Module, norm: normalisation.BatchNorm | None = None
) -> None:
    assert isinstance(module, connections.Weighted)
    weight, bias = folded(module.acting, module.bias, norm)
    if not isinstance(module, connections.Conv):
        _flatten(at, key, module)
        node = nir().Linear(weight) if bias is None else nir().Affine(weight, bias)
        at.chain.add("linear", node)
        at.shape = (len(weight),)
        return
    own = module.settings
    if weight.shape[2] != weight.shape[3]:
        at.problems.append(f"kernel of {list(weight.shape[2:])} whose shapes it can tell ({key})")
        return
    node = nir().Conv2d(
        input_shape=at.shape[1:],
        weight=_ungrouped(weight, own.groups),
        stride=own.stride,
        padding=own.padding,
        dilation=own.dilation,
        groups=1,
        bias=np.zeros(len(weight), weight.dtype) if bias is None else bias,
    )
    at.chain.add("conv", node)
    at.shape = own.output_shape(at.shape)


def folded(
    weight: Tensor, bias: Tensor | None, norm: normalisation.BatchNorm | None
) -> tuple[Array, Array | None]:
    """Return weights and bias, with the norm behind them in both.

    gamma (W x + b - mean) / sigma + beta, sigma the root of variance and eps.
    """
    w, b = _array(weight), None if bias is None else _array(bias)
    if norm is None:
        return w, b
    factor, rest = _norm(norm)
    by = factor.reshape(-1, *[1] * (w.ndim - 1))
    shifted = rest if b is None else rest + factor * b
    return (w * by).astype(w.dtype), shifted.astype(w.dtype)


def _norm(norm: normalisation.BatchNorm) -> tuple[Array, Array]:
    """Return what a norm multiplies each channel by, and what it adds, in float64."""
    parts = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    gamma, beta, mean, variance = (_array(each.double()) for each in parts)
    factor = gamma / np.sqrt(variance + norm.settings.eps)
    return factor, beta - factor * mean


def _ungrouped(weight: Array, groups: int) -> Array:
    """Return the weights of all groups as one, zeros between them: nir checks no others."""
    outputs, inputs = weight.shape[0] // groups, weight.shape[1]
    whole = np.zeros((len(weight), inputs * groups, *weight.shape[2:]), weight.dtype)
    for g in range(groups):
        rows = slice(g * outputs, (g + 1) * outputs)
        whole[rows, g * inputs : (g + 1) * inputs] = weight[rows]
    return whole


def _lone_norm(at: Writing, key: str, module: nn.Module) -> None:
    """Write a norm behind no weights as weights of its own, a channel each."""
    assert isinstance(module, normalisation.BatchNorm)
    factor, rest = (each.astype(at.kind) for each in _norm(module))
    if len(at.shape) == 1:
        at.chain.add("linear", nir().Affine(np.diag(factor), rest))
        return
    weight = np.diag(factor)[:, :, None, None]
    ones = (1, 1)
    at.chain.add("conv", nir().Conv2d(at.shape[1:], weight, ones, (0, 0), ones, 1, rest))


def _lif(at: Writing, key: str, module: nn.Module) -> None:
    assert isinstance(module, spiking.Lif)
    neuron = settled(module)
    if problem := unsaid(neuron):
        at.problems.append(f"{problem} ({key})")
        return
    add_neurons(at.chain, cell_of(neuron, at.kind), at.shape, remark_of(neuron))


def settled(layer: spiking.Neurons) -> NeuronSettings:
    """Return neurons with what they have learned as constants."""
    learned: dict[str, Any] = {}
    if layer.leak is not None:
        decay = layer.constants().membrane_decay
        learned |= {"decay": float(decay), "learn_tau": False}
    if layer.threshold is not None:
        learned |= {"threshold": layer.threshold.item(), "learn_threshold": False}
    return layer.neuron.model_copy(update=learned)


def unsaid(neuron: NeuronSettings) -> str:
    """Return what no nodes can say of a neuron; "" where they say all."""
    if neuron.adaptation:
        return "adaptation of thresholds"
    if neuron.delayed and neuron.reset == "set":
        return "delayed reset that sets the membrane"
    return ""


def _leaky(at: Writing, key: str, module: nn.Module) -> None:
    assert isinstance(module, spiking.Leaky)
    add_integrators(at.chain, Cell(float(module.neuron.membrane_decay)), at.shape, "leaky")


def _pool(at: Writing, key: str, module: nn.Module) -> None:
    assert isinstance(module, pools.AvgPool)
    own = module.settings
    _add_pool(at, own.kernel, own.steps, own.padding)
    at.shape = own.output_shape(at.shape)


def _adaptive_pool(at: Writing, key: str, module: nn.Module) -> None:
    assert isinstance(module, pools.AdaptiveAvgPool)
    size = module.settings.size
    if any(n % m for n, m in zip(at.shape[1:], size, strict=True)):
        at.problems.append(f"adaptive_avg_pool of {list(at.shape[1:])} to {list(size)} ({key})")
        return
    patch = tuple(n // m for n, m in zip(at.shape[1:], size, strict=True))
    if math.prod(patch) > 1:
        _add_pool(at, patch, patch, (0, 0))
    at.shape = (at.shape[0], *size)


def _add_pool(at: Writing, kernel: Shape, stride: Shape, padding: Shape) -> None:
    at.chain.add("pool", nir().AvgPool2d(np.array(kernel), np.array(stride), np.array(padding)))


def _flatten(at: Writing, key: str, module: nn.Module) -> None:
    """Write a Flatten, whose axes are counted from the end: some readers have a batch before."""
    if len(at.shape) > 1:
        node = nir().Flatten(np.array(at.shape), start_dim=-len(at.shape), end_dim=-1)
        at.chain.add("flatten", node)
        at.shape = (math.prod(at.shape),)


def _nothing(at: Writing, key: str, module: nn.Module) -> None:
    """Write nothing: a trained network leaves nothing out."""


def _unknown(at: Writing, key: str, module: nn.Module) -> None:
    kinds = {entry.target.rpartition(":")[2]: name for name, entry in LAYERS.known.items()}
    kind = type(module).__name__
    at.problems.append(f"{kinds.get(kind, kind)} ({key})")


def _array(tensor: Tensor) -> Array:
    found: Array = tensor.detach().cpu().numpy()
    return found


_WRITERS: dict[type[nn.Module], Callable[[Writing, str, nn.Module], None]] = {
    connections.Conv: _weights,
    connections.Linear: _weights,
    normalisation.BatchNorm: _lone_norm,
    spiking.Lif: _lif,
    spiking.Leaky: _leaky,
    pools.AvgPool: _pool,
    pools.AdaptiveAvgPool: _adaptive_pool,
    pools.Flatten: _flatten,
    dropout.Dropout: _nothing,
}
