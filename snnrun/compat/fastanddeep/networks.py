"""The saved networks of fastAndDeep and DelGrad: ``*_network.pt``, a whole module as a pickle.

Nothing of the original code is needed and nothing in the file is executed: the modules are read as
plain values (:mod:`snnrun.runs.torch_files`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnrun.compat.fastanddeep.layers import MONITOR, OWN
from snnrun.errors import DataError
from snnrun.runs.pickles import Object, kind, mapping
from snnrun.runs.torch_files import Array, array, is_tensor, learns, read_file
from snnrun.runs.whole import brief

#: Where a layer of neurons keeps its fixed threshold noise, in its ``neuron_params``.
OFFSETS = "threshold_noise_fp"
_NEURONS = ("utils.EqualtimeLayer", "utils.NeuronLayer")
_DELAYS, _BIASES = "utils.DelayLayer", "utils.BiasesLayer"
_IDLE = ("utils.BroadcastLayer", "utils.MultiplexLayer")
#: What the networks of both generations name, chips left out.
NAMES = frozenset(
    {
        *("training.Net", "networks.Net", "networks.NetOnHX", "networks.NetOnHX_PYNN"),
        *(*_NEURONS, _DELAYS, _BIASES, *_IDLE),
        *("utils.clip_negatives", "utils.shift_to_positive"),
        *("torch.device", "torch.nn.modules.container.ModuleList"),
        *("__builtin__.set", "__builtin__.getattr", "builtins.set", "builtins.getattr"),
        *("numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"),
        *("_codecs.encode", "torch._utils._rebuild_parameter_with_state"),
    }
)


@dataclass(frozen=True)
class Layer:
    """One layer of the saved list.

    kind: neurons, delays, biases, or idle where there is nothing to keep.
    values: weights ``[inputs, neurons]`` with biases last, or raw delays ``[inputs or 1, neurons
    or 1]``; trained: whether an optimiser moves them.
    constants: bias times, or shift and scale of delays that a sigmoid keeps positive.
    offsets: fixed threshold noise of each neuron.
    monitored: whether the training kept ``values`` of every epoch.
    """

    kind: str
    values: Array | None = None
    trained: bool = False
    constants: tuple[float, ...] = ()
    offsets: Array | None = None
    monitored: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of ``values``; empty where there are none."""
        return () if self.values is None else self.values.shape


def read_network(path: Path) -> list[Layer]:
    """Return the layers of a saved network, from the input to the labels.

    Raises:
        DataError: the file is damaged or holds something else.
    """
    net = read_file(path, NAMES)
    try:
        modules = mapping(mapping(net.state["_modules"])["layers"].state["_modules"])
        layers = [_layer(module) for module in modules.values()]
        return _with_biases(layers, net.state.get("biases", []))
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{path}: no network of fastAndDeep: {brief(error)}") from error


def _layer(module: Object) -> Layer:
    if module.made_by(*_NEURONS):
        return _neurons(module)
    if module.made_by(_DELAYS):
        bounds = [module.state.get(f"sigmoid_{name}") for name in ("shift", "scale")]
        constants = tuple(float(bound) for bound in bounds if bound is not None)
        values, trained = _parameter(module, "_delay_parameters")
        return Layer("delays", values, trained, constants, monitored=_monitored(module))
    if module.made_by(_BIASES):
        return _biases(module.state["_times"])
    if module.made_by(*_IDLE):
        return Layer("idle")
    raise ValueError(f"unknown layer {kind(module)}")


def _neurons(module: Object) -> Layer:
    noise = mapping(module.state.get(OWN, {})).get(OFFSETS)
    offsets = array(noise) if is_tensor(noise) else None
    values, trained = _parameter(module, "weights")
    return Layer("neurons", values, trained, offsets=offsets, monitored=_monitored(module))


def _monitored(module: Object) -> bool:
    return module.state.get(MONITOR) is True


def _parameter(module: Object, name: str) -> tuple[Array, bool]:
    """Return a tensor, and whether it is trained; one that is not is no parameter."""
    value = mapping(module.state["_parameters"]).get(name, module.state.get(name))
    return array(value), learns(value)


def _biases(tensor: Any) -> Layer:
    return Layer("biases", constants=tuple(float(time) for time in array(tensor)))


def _with_biases(layers: list[Layer], biases: list[Any]) -> list[Layer]:
    """Put bias times in front of their layers; a network of the first generation has them apart."""
    if not biases:
        return layers
    pairs = zip(map(_biases, biases), layers, strict=True)
    return [each for pair in pairs for each in pair if each.values is not None or each.constants]
