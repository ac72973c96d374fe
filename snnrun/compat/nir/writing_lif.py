"""LIF networks of ours as graphs of NIR: weights and neurons in turn."""

from typing import Any, Literal

from torch import Tensor

from snnrun.compat.nir.building import Array, Chain, add_integrators, add_neurons
from snnrun.compat.nir.constants import Cell, cell_of
from snnrun.compat.nir.package import nir
from snnrun.compat.nir.remarks import remark_of
from snnrun.compat.nir.writing import Writing, number_of, unsaid
from snnrun.kernels.lif.reference import Reset
from snnrun.kernels.lif.surrogates import SurrogateSettings
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.lif.net import LeakyReadout, LifLayer, LifNet, SpikesReadout
from snnrun.models.lif.readouts import SpikesSettings
from snnrun.models.quantised import quantised

_RESETS: dict[Reset, Literal["subtract", "set"]] = {Reset.SUBTRACT: "subtract", Reset.ZERO: "set"}


def lif(model: LifNet, inputs: int, remarks: dict[str, Any]) -> tuple[Any, list[str]]:
    """Return the graph of a LIF network, and what is worth knowing of it.

    Args:
        model: the network.
        inputs: number of input neurons.
        remarks: metadata of the graph.

    Raises:
        ConfigError: NIR cannot say what a layer does; names all that it cannot.
    """
    at = Writing(Chain((inputs,)), (inputs,), number_of(model))
    for index, (layer, own) in enumerate(zip(model.layers, model.settings.layers, strict=True)):
        _add(at, f"layers.{index}", layer, own.neuron(model.settings).surrogate)
    readout, chosen = model.readout, model.settings.readout
    if isinstance(readout, SpikesReadout):
        assert isinstance(chosen, SpikesSettings)
        _add(at, "readout", readout, chosen.neuron(model.settings).surrogate)
        return at.graph(remarks)
    _weights(at, readout)
    assert isinstance(readout, LeakyReadout)
    if decay := readout.neuron.membrane_decay:
        add_integrators(at.chain, Cell(decay), at.shape, "leaky")
    if readout.skip:
        at.notes.append(f"readout.skip: {readout.skip} steps, which NIR does not know, count there")
    return at.graph(remarks)


def _add(at: Writing, key: str, layer: LifLayer, surrogate: SurrogateSettings) -> None:
    """Add the weights of a layer and its neurons."""
    _weights(at, layer)
    neuron, reset = layer.neuron, _RESETS.get(Reset(layer.neuron.reset))
    if reset is None:
        at.problems.append(f"reset that subtracts twice ({key})")
        return
    said = NeuronSettings(
        decay=neuron.membrane_decay,
        current_decay=neuron.current_decay,
        threshold=neuron.threshold,
        reset=reset,
        detach=True,
        adaptation=layer.adaptation,
        surrogate=surrogate,
    )
    if problem := unsaid(said):
        at.problems.append(f"{problem} ({key})")
        return
    loop = None if layer.recurrent is None else _turned(quantised(layer.recurrent, layer.bits))
    add_neurons(at.chain, cell_of(said, at.kind), at.shape, remark_of(said), loop)


def _weights(at: Writing, layer: LifLayer) -> None:
    weight = _turned(layer.acting)
    at.chain.add("linear", nir().Linear(weight))
    at.shape = (len(weight),)


def _turned(weights: Tensor) -> Array:
    """Return weights ``[from, to]`` as ``[to, from]``."""
    found: Array = weights.detach().cpu().numpy().T.copy()
    return found
