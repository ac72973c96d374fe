"""Their lists of layers, one list for each property, as our list of layers."""

from dataclasses import dataclass
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs.values import pairs
from snnrun.core.registry import near

Plain = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """What every layer of theirs has.

    number: its place in their list, which their files are named after.
    inputs, neurons: channels before and after it; None where the config leaves them out.
    window: kernel, stride, dilation, padding, as we write them.
    """

    number: int
    inputs: int | None
    neurons: int | None
    window: Plain


def shapes(keys: Keys, layers: int) -> list[Shape]:
    """Return what ``network_structure`` says of the shape of each layer."""
    numbers = pairs(keys, "forward_neuron_numbers", layers, (0, 0))
    columns = {
        "kernel": pairs(keys, "forward_kernel_size", layers, (1, 1)),
        "stride": pairs(keys, "strides", layers, (1, 1)),
        "dilation": pairs(keys, "dilation", layers, (1, 1)),
        "padding": pairs(keys, "padding", layers, (0, 0)),
    }
    return [
        Shape(
            index,
            inputs or None,
            neurons or None,
            {name: list(column[index]) for name, column in columns.items()},
        )
        for index, (inputs, neurons) in enumerate(numbers)
    ]


def check_channels(keys: Keys, used: list[Shape], channels: int | None) -> int | None:
    """Refuse layers whose numbers of channels do not fit; return what the last gives out.

    Args:
        keys: ``network_structure``.
        used: the layers that have neurons, from the input on.
        channels: of the coded image; None where it is not known.
    """
    for shape in used:
        if shape.inputs is not None and channels is not None and shape.inputs != channels:
            what = "the image has" if shape is used[0] else "the layer before gives out"
            text = f"entry {shape.number} asks for {shape.inputs} channels, but {what} {channels}"
            keys.problem("forward_neuron_numbers", text)
        channels = channels if shape.neurons is None else shape.neurons
    return channels


def check_pooling(keys: Keys, shape: Shape) -> None:
    """Refuse a pooling layer that would change the number of channels."""
    if None not in (shape.inputs, shape.neurons) and shape.inputs != shape.neurons:
        text = f"entry {shape.number}: pooling must give out as many channels as it gets"
        keys.problem("forward_neuron_numbers", text)


def check_output(keys: Keys, neurons: int | None) -> None:
    """Refuse a number of classes that the last layer does not have."""
    classes = keys.get("number_of_output_neurons", 0)
    if neurons is not None and classes != neurons:
        text = f"is {classes!r}, but the last layer has {neurons} neurons"
        keys.problem("number_of_output_neurons", text)


def neurons_of(keys: Keys, shape: Shape) -> int:
    """Return the number of neurons of a layer that needs it."""
    if shape.neurons is None:
        text = f"entry {shape.number} must be [channels, neurons], as this layer has weights"
        keys.problem("forward_neuron_numbers", text)
    return shape.neurons or 1


#: Kinds of layers by the beginning of their name in capitals; None: nothing to do there.
KINDS: dict[str, str | None] = {
    "SBS": "sbs",
    "AVERAGE POOLING": "average_pooling",
    "MAX POOLING": "max_pooling",
    "NNMF": "nnmf",
    "BP SBS NNMF": "bp_nnmf",
    "RECONSTRUCTION": "reconstruction",
    "ONOFF": "on_off",
    "RELU": None,
}
_REFUSED = {
    "CONV2D": "snnrun has no layers without spikes that learn",
    "APPROX CONV2D": "snnrun has no layers without spikes that learn",
    "INPUT SPIKE IMAGE": "here every layer draws its own spikes",
    "POISSON": "here every layer draws its own spikes",
}


def kind_of(keys: Keys, number: int, name: Any) -> str | None:
    """Return our name of the kind of a layer; None for one that changes nothing."""
    capitals = str(name).upper()
    for beginning, kind in KINDS.items():
        if capitals.startswith(beginning):
            pooling = kind == "sbs" and "POOLING" in capitals
            return "sbs_pooling" if pooling else kind
    why = next((why for start, why in _REFUSED.items() if capitals.startswith(start)), None)
    if why is None:
        guess = near(capitals, KINDS)
        hint = f" did you mean {guess!r}?" if guess else ""
        why = f"unknown;{hint} known: {', '.join(KINDS)}"
    keys.problem("layer_type", f"entry {number}, {name!r}: {why}")
    return None


def own_numbers(kinds: list[str | None]) -> list[int]:
    """Return which of their layers are layers here; relu and the on/off split are none.

    Example:
        >>> own_numbers(["on_off", "sbs", None, "sbs"])
        [1, 3]
    """
    return [index for index, kind in enumerate(kinds) if kind not in (None, "on_off")]
