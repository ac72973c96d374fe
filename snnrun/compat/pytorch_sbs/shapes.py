"""Their lists of layers, one list for each property, as one list of layers.

Under ``facts.layers`` a layer is a map by our names: its ``kind``, its ``channels`` before and
after it (0: not said), ``kernel``, ``stride``, ``dilation``, ``padding``, and what else is said.
"""

from collections.abc import Mapping

from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs.common import NETWORK
from snnrun.compat.pytorch_sbs.values import PerLayer
from snnrun.compat.tables import Key, Ours, Plain, Table

LAYERS = "facts.layers"
WINDOW = ("kernel", "stride", "dilation", "padding")
_NUMBERS = "forward_neuron_numbers"
_CLASSES = Key("number_of_output_neurons", "facts.classes", 0)
Said = Mapping[str, tuple[str, ...]]
_PAIRS = {
    _NUMBERS: ("channels", (0, 0)),
    "forward_kernel_size": ("kernel", (1, 1)),
    "strides": ("stride", (1, 1)),
    "dilation": ("dilation", (1, 1)),
    "padding": ("padding", (0, 0)),
}


def rows(exact: bool) -> Table:
    """Return the rows that both have of the shape of layers; ``exact``: of each of them."""
    more: Plain = {"spread": False, "exact": exact}
    columns = _PAIRS.items()
    return _CLASSES, *(PerLayer(k, LAYERS, at, default=d, **more) for k, (at, d) in columns)


def build(
    top: Keys, ours: Ours, used: dict[int, Plain], said: Said, split: bool, whole: bool = True
) -> None:
    """Make our layers, and refuse those whose numbers of channels do not fit.

    Args:
        top: the whole config, of which all was read.
        ours: gets the layers.
        used: the layers of theirs that are some here, by their place in the list.
        said: what we say of a layer, by its kind.
        split: whether light and dark are channels of their own.
        whole: whether these are all layers, of which the last gives the answer.
    """
    keys, channels = Keys({}, (NETWORK,), top.report), ours.get("facts.channels")
    channels, what, found = channels and channels * (1 + split), "the image has", []
    for number, layer in used.items():
        kind, (inputs, outputs) = layer["kind"], layer["channels"]
        if inputs and channels is not None and inputs != channels:
            text = f"entry {number} asks for {inputs} channels, but {what} {channels}"
            keys.problem(_NUMBERS, text)
        if kind.endswith("pooling") and inputs and outputs and inputs != outputs:
            text = f"entry {number}: pooling must give out as many channels as it gets"
            keys.problem(_NUMBERS, text)
        if "neurons" in said[kind] and not outputs:
            text = f"entry {number} must be [channels, neurons], as this layer has weights"
            keys.problem(_NUMBERS, text)
        every = layer | {"name": kind, "neurons": outputs or 1}
        found.append({name: every[name] for name in ("name", *said[kind])})
        channels, what = outputs or channels, "the layer before gives out"
    classes, classified = ours.get(_CLASSES.ours), found and found[-1]["name"] != "reconstruction"
    if whole and classified and channels is not None and classes != channels:
        text = f"is {classes!r}, but the last layer has {channels} neurons"
        keys.problem(_CLASSES.theirs, text)
    ours.put("model.layers", found)
