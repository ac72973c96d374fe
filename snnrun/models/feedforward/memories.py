"""Which neurons the weights of a feed-forward network drive, and what these keep. Settings only.

Where a rule learns step by step, weights need a trace of their input behind the filters of the
neurons that they drive (:mod:`snnrun.models.feedforward.online`); pools, sums and other weights may
lie between. What nothing but the outputs of a step depends on has no memory.
"""

from snnrun.models.feedforward.layer_settings import Layers, Memory
from snnrun.models.feedforward.layers import LAYERS, everything
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.feedforward.weights import WeightsSettings

OUTPUTS = Memory(0.0)  #: of the outputs of a network, which are judged at every step


def memories(stack: Layers, readout: Layers, network: NeuronSettings) -> dict[str, Memory]:
    """Return what is kept of the input of each layer with weights, by the key of the layer.

    Args:
        stack, readout: the layers of a network.
        network: its neuron.

    Raises:
        ValueError: a layer does not learn step by step; the text begins with its key.
    """
    for key, layer in (*everything(stack, "layers"), *everything(readout, "readout")):
        try:
            layer.memory(network)
        except ValueError as error:
            raise ValueError(f"{key} ({LAYERS.name_of(layer)}), which {error}") from error
    found: dict[str, Memory] = {}
    behind = _through(readout, "readout", frozenset({OUTPUTS}), network, found)
    _through(stack, "layers", behind, network, found)
    return found


def _through(
    layers: Layers,
    key: str,
    behind: frozenset[Memory],
    network: NeuronSettings,
    found: dict[str, Memory],
) -> frozenset[Memory]:
    """Return the memories that the input of some layers reaches; note those of weights.

    Args:
        behind: what their output reaches.
    """
    for index, layer in reversed(list(enumerate(layers))):
        name, own = f"{key}.{index}", layer.memory(network)
        inside = [
            _through(inner, f"{name}.{what}", behind, network, found)
            for what, inner in layer.inside()
        ]
        if isinstance(layer, WeightsSettings):
            if len(behind) > 1:
                raise ValueError(
                    f"{name} ({LAYERS.name_of(layer)}), which drives neurons or outputs of several "
                    "time constants"
                )
            (found[name],) = behind
        if own is not None:
            behind = frozenset({own})
        elif inside:
            behind = frozenset().union(*inside)
    return behind
