"""A chain of NIR as the layers of a feed-forward network, with their weights.

Factors that no layer of ours has (a pool that sums, a Scale, an integrator whose input counts more
or less than 1) go into the weights before them, or into what comes next.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.compat.nir import nodes
from snnrun.compat.nir.chain import Link
from snnrun.compat.nir.constants import Cell, Writer, cell_of, settings_of
from snnrun.compat.nir.remarks import neuron_in
from snnrun.errors import DataError
from snnrun.models.window import WindowSettings

Array = NDArray[np.floating[Any]]
_LINEAR = ("avg_pool", "flatten", "leaky")  # a factor may pass them


@dataclass
class Layers:
    """The layers so far.

    shape: of the output: (values,), (channels, rows, columns), or (channels, positions).
    layers: as a config writes them.
    tensors: weights and biases, by name of the model.
    recurrent: weights from each neuron to each, ``[to, from]``, by the number of the layer.
    factor: what the output is to be times.
    kind: of the numbers that the network will compute with.
    """

    shape: tuple[int, ...]
    writer: Writer
    kind: type[np.floating[Any]]
    layers: list[dict[str, Any]] = field(default_factory=list)
    tensors: dict[str, Array] = field(default_factory=dict)
    recurrent: dict[int, Array] = field(default_factory=dict)
    factor: float = 1.0

    # ---- weights ----

    def affine(self, link: Link) -> None:
        """Add all-to-all weights."""
        weight = link.node.weight
        if np.ndim(weight) != 2 or math.prod(self.shape) != weight.shape[1]:
            raise DataError(f"{_misfit(link, self.shape)}, for weights of {list(weight.shape)}")
        if len(self.shape) > 1 and math.prod(self.shape[1:]) > 1:
            raise DataError(f"{_misfit(link, self.shape)}, a vector; a Flatten is missing")
        self._weights({"name": "linear", "size": len(weight)}, link, weight)
        self.shape = (len(weight),)

    def conv(self, link: Link) -> None:
        """Add a convolution of images, or of rows, which are images of one row."""
        node, flat = link.node, link.kind == "Conv1d"
        if len(self.shape) != (2 if flat else 3):
            raise DataError(_misfit(link, self.shape))
        weight = node.weight[:, :, None] if flat else node.weight
        kernel = list(map(int, weight.shape[2:]))
        margins = nodes.padding(node.padding, kernel, link.name)
        stride = nodes.pair(node.stride, f"{link.name}.stride")
        dilation = nodes.pair(node.dilation, f"{link.name}.dilation")
        window = {
            "kernel": kernel,
            "stride": [1, *stride[:1]] if flat else stride,
            "dilation": [1, *dilation[:1]] if flat else dilation,
            "padding": [0, margins[-1]] if flat else margins,
        }
        groups = int(nodes.one(node.groups, f"{link.name}.groups"))
        if weight.shape[1] * groups != self.shape[0]:
            raise DataError(f"{_misfit(link, self.shape)}, for weights of {list(weight.shape)}")
        made = {"name": "conv", "channels": len(weight), **window, "groups": groups}
        self._weights(made, link, weight)
        self._window(link, window, len(weight))

    def _weights(self, layer: dict[str, Any], link: Link, weight: Array) -> None:
        """Add a layer with weights: in float64, so that factors round once, when all are there."""
        bias = nodes.finite(getattr(link.node, "bias", 0.0), f"{link.name}.bias")
        there = bool(bias.any())
        self.layers.append({**layer, "bias": there})
        key = f"layers.{len(self.layers) - 1}"
        self.tensors[f"{key}.weight"] = nodes.finite(weight, f"{link.name}.weight") * self.factor
        if there:
            self.tensors[f"{key}.bias"] = bias
        self.factor = 1.0

    # ---- pools ----

    def pool(self, link: Link) -> None:
        """Add means of patches; sums are means times the size of a patch."""
        if len(self.shape) != 3:
            raise DataError(_misfit(link, self.shape))
        keys = {"kernel": "kernel_size", "stride": "stride", "padding": "padding"}
        window = {
            ours: nodes.pair(getattr(link.node, theirs), f"{link.name}.{theirs}")
            for ours, theirs in keys.items()
        }
        self.layers.append({"name": "avg_pool", **window})
        if link.kind == "SumPool2d":
            self.scale(math.prod(window["kernel"]), link.name)
        self._window(link, window, self.shape[0])

    def _window(self, link: Link, window: dict[str, Any], channels: int) -> None:
        flat = len(self.shape) == 2
        depth, rows, columns = (self.shape[0], 1, self.shape[1]) if flat else self.shape
        try:
            found = WindowSettings(**window).positions((depth, rows, columns))
        except ValueError as error:
            raise DataError(f"{link.name}: {error}") from error
        self.shape = (channels, *found[-1 if flat else 0 :])

    def flatten(self, link: Link) -> None:
        """Add what makes a vector of an image, whichever axes of it are named."""
        self.layers.append({"name": "flatten"})
        self.shape = (math.prod(self.shape),)

    # ---- factors ----

    def scaled(self, link: Link) -> None:
        """Multiply by the numbers of a Scale: one, or one for each output of weights before it."""
        scale = nodes.finite(link.node.scale, f"{link.name}.scale")
        if np.unique(scale).size == 1:
            return self.scale(float(scale.flat[0]), link.name)
        each = scale.reshape(len(scale), -1)
        last = self.layers[-1]["name"] if self.layers else ""
        if last not in ("linear", "conv") or (each != each[:, :1]).any():
            raise DataError(
                f"{link.name}.scale differs between values; expected one number, or one for each "
                "output of the weights right before it"
            )
        self._multiply(len(self.layers) - 1, each[:, 0])

    def scale(self, by: float, name: str) -> None:
        """Multiply the output: the weights before it, or else what comes next."""
        for index in reversed(range(len(self.layers))):
            if self.layers[index]["name"] in ("linear", "conv"):
                return self._multiply(index, np.asarray([by]))
            if self.layers[index]["name"] not in _LINEAR:
                break
        self.factor *= by

    def _multiply(self, index: int, by: Array) -> None:
        for name in ("weight", "bias"):
            key = f"layers.{index}.{name}"
            if key in self.tensors:
                values = self.tensors[key]
                column = by.reshape(-1, *[1] * (values.ndim - 1))
                self.tensors[key] = values * column

    # ---- neurons ----

    def neurons(self, cell: Cell, link: Link, said: str | None) -> None:
        """Add neurons; what a file of ours says of them counts as long as its numbers fit."""
        cell = cell._replace(scale=cell.scale * self.factor)
        self.factor = 1.0
        ours = neuron_in(said)
        if ours is not None and cell_of(ours, self.kind).is_close(cell):
            self.layers.append({"name": "lif", **ours.model_dump()})
        else:
            self.layers.append({"name": "lif", **settings_of(cell)})
        if link.recurrent is not None:
            self._loop(link)

    def _loop(self, link: Link) -> None:
        weight, bias = link.recurrent.weight, getattr(link.recurrent, "bias", None)
        if bias is not None and np.any(bias):
            raise DataError(f"the recurrent weights of {link.name} have a bias; expected none")
        self.recurrent[len(self.layers) - 1] = nodes.finite(weight, f"{link.name}.weight")

    def integrator(self, cell: Cell, name: str) -> None:
        """Add integrators, whose membrane is the output."""
        if cell.rest:
            raise DataError(f"{name}.v_leak is {cell.rest:g}; expected 0: leaky has no rest")
        self.layers.append({"name": "leaky", "decay": cell.decay})
        self.scale(cell.scale, name)

    def delay(self, link: Link) -> None:
        """Pass over delays of 0."""
        if np.any(link.node.delay):
            raise DataError(f"{link.name} (Delay) is not 0; networks of steps here have no delays")


def _misfit(link: Link, shape: tuple[int, ...]) -> str:
    return f"{link.name} ({link.kind}) does not fit its input of {list(shape)}"


READERS: dict[str, Callable[[Layers, Link], None]] = {
    "Affine": Layers.affine,
    "Linear": Layers.affine,
    "Conv1d": Layers.conv,
    "Conv2d": Layers.conv,
    "AvgPool2d": Layers.pool,
    "SumPool2d": Layers.pool,
    "Flatten": Layers.flatten,
    "Scale": Layers.scaled,
    "Delay": Layers.delay,
}
