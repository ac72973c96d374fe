"""The networks whose training steps are compared, as data: layers, first weights, inputs.

LIF neurons are those of ``layers.py``. The loss is the cross-entropy of the outputs' mean over the
steps; Adam, learning rate 1e-3. Input is ``spikes``, drawn anew for each step, a spike with the
chance that a pixel says, or ``image``, the pixels themselves at every step: then everybody
computes the first weights once. A fifth of the pixels are not 0, as in handwritten digits; all
are, in images of three channels.
"""

from typing import Any, NamedTuple

import numpy as np

CLASSES, RATE = 10, 1e-3


class Weights(NamedTuple):
    """``kernel`` 0: all-to-all; else a square convolution whose output is as large as its input."""

    inputs: int
    outputs: int
    kernel: int = 0

    def shape(self) -> tuple[int, ...]:
        """Return the shape of the weights, as torch has it."""
        return self.outputs, self.inputs, *(2 * [self.kernel] if self.kernel else [])


class Net(NamedTuple):
    """A network.

    layers: weights, "lif", "pool" (mean of 2 x 2), "flatten", "seven" (mean, to 7 x 7).
    gain: of the first weights, normal with std gain / sqrt(inputs of an output).
    compared: steps whose losses must agree. In a deep network a rounding error decides a spike
        soon, and another step later the losses have nothing in common.
    """

    steps: int
    batch: int
    shape: tuple[int, ...]
    layers: tuple[Any, ...]
    gain: float
    compared: int = 5


def _vgg11() -> tuple[Any, ...]:
    layers: list[Any] = []
    before = 3
    for channels in (64, "pool", 128, "pool", 256, 256, "pool", 512, 512, "pool", 512, 512, "pool"):
        if isinstance(channels, str):
            layers.append(channels)
        else:
            layers += [Weights(before, channels, 3), "lif"]
            before = channels
    return *layers, "seven", "flatten", Weights(512 * 49, CLASSES)


_CONV = (Weights(1, 16, 5), "lif", "pool", Weights(16, 32, 5), "lif", "pool", "flatten")
NETS = {
    "mlp": Net(20, 64, (784,), (Weights(784, 256), "lif", Weights(256, CLASSES), "lif"), 1.5),
    "conv": Net(4, 64, (1, 28, 28), (*_CONV, Weights(32 * 49, CLASSES)), 2.5),
    "vgg11": Net(4, 8, (3, 32, 32), _vgg11(), 3.5, compared=2),
}


def arrays(net: Net, code: str) -> dict[str, Any]:
    """Return input, labels and first weights of a network by name, all from one seed.

    x: ``[time, batch, ...]`` for ``spikes``, ``[batch, ...]`` for ``image``.
    """
    random = np.random.default_rng(0)
    image = random.random((net.batch, *net.shape), dtype=np.float32)
    if net.shape[0] != 3:
        image *= random.random(image.shape) < 0.2
    drawn = random.random((net.steps, *image.shape), dtype=np.float32) < image
    found = {"x": image if code == "image" else drawn.astype(np.float32)}
    found["labels"] = random.integers(0, CLASSES, net.batch)
    layers = (layer for layer in net.layers if isinstance(layer, Weights))
    for number, layer in enumerate(layers):
        shape = layer.shape()
        std = net.gain / np.sqrt(np.prod(shape[1:]))
        found[f"w{number}"] = (std * random.standard_normal(shape)).astype(np.float32)
        found[f"b{number}"] = np.zeros(layer.outputs, np.float32)
    return found
