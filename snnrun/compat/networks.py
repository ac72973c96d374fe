"""VGG and residual networks of snetx and SpikingJelly: their names of our tensors, both ways.

    snetx           vgg, sew_resnet, ms_resnet of order A or C
    spikingjelly    sew_resnet, as its ``spiking_resnet`` ms_resnet of order C, as its
                    ``spiking_vgg`` vgg with max pools and two hidden layers: as torchvision

Only names differ: all tensors are of the same shapes. Theirs also count the batches that a norm has
seen, which changes nothing. SpikingJelly's stem is ``classic``.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from snnrun.errors import ConfigError, DataError
from snnrun.models.feedforward.layer_settings import Layers, LayerSettings
from snnrun.models.feedforward.layers import ResidualSettings
from snnrun.models.feedforward.norms import BatchNormSettings, TebnSettings
from snnrun.models.feedforward.resnets import MsResnetSettings, ResnetSettings
from snnrun.models.feedforward.settings import NetworkSettings
from snnrun.models.feedforward.vgg import VggSettings
from snnrun.models.feedforward.weights import ConvSettings, LinearSettings, WeightsSettings

Library = Literal["snetx", "spikingjelly"]
_NORM = ("weight", "bias", "running_mean", "running_var")
_COUNT = "num_batches_tracked"


class _Words(NamedTuple):
    """What a library calls convolution and norm: of the stem, number k of a block, a shortcut."""

    stem: tuple[str, str]
    block: tuple[str, str]
    shortcut: tuple[str, str]


_STEM, _BLOCK = ("feature.0.model", "feature.1"), ("conv{}.0.model", "conv{}.1")
_TORCH = _Words(("conv1", "bn1"), ("conv{}", "bn{}"), ("downsample.0", "downsample.1"))
_WORDS = {
    "snetx sew": _Words(_STEM, _BLOCK, ("downsample.0.0.model", "downsample.0.1")),
    "snetx A": _Words(_STEM, _BLOCK, ("downsample.1.0.model", "downsample.1.1")),
    "snetx C": _Words(_STEM, _BLOCK, ("downsample.0.model", "downsample.1")),
    "spikingjelly sew": _TORCH,
    "spikingjelly C": _TORCH,
}


def names(settings: NetworkSettings, library: Library) -> dict[str, str]:
    """Return our name of each tensor -> theirs.

    Raises:
        ConfigError: the library has no such network.
    """
    if isinstance(settings, VggSettings):
        parts = _vgg(settings, library)
    elif isinstance(settings, ResnetSettings):
        order = settings.order if isinstance(settings, MsResnetSettings) else "sew"
        words = _WORDS.get(f"{library} {order}")
        if words is None:
            raise ConfigError(f"{library} has no ms_resnet of order {order} that runs")
        parts = _resnet(settings, words)
    else:
        raise ConfigError(f"{library} has no network like this {type(settings).__name__}")
    return {
        f"{ours}.{tensor}": f"{theirs}.{tensor}"
        for ours, theirs, layer in parts
        for tensor in _tensors(layer)
    }


def take(
    theirs: Mapping[str, Tensor], settings: NetworkSettings, library: Library
) -> dict[str, Tensor]:
    """Return a state dict of a library under our names.

    Raises:
        ConfigError: the library has no such network.
        DataError: a tensor is missing, or not of this network.
    """
    known = names(settings, library)
    given = {name for name in theirs if not name.endswith(_COUNT)}
    if absent := sorted(set(known.values()) - given):
        raise DataError(f"the state of {library} lacks {absent[0]}")
    if unknown := sorted(given - set(known.values())):
        raise DataError(f"the state of {library} has an unknown {unknown[0]}")
    return {ours: theirs[name] for ours, name in known.items()}


def give(
    ours: Mapping[str, Tensor], settings: NetworkSettings, library: Library
) -> dict[str, Tensor]:
    """Return our state dict under the names of a library, norms that have seen no batch.

    Raises:
        ConfigError: the library has no such network.
    """
    found = {theirs: ours[name] for name, theirs in names(settings, library).items()}
    norms = [name.removesuffix("running_var") for name in found if name.endswith("running_var")]
    return found | {f"{norm}{_COUNT}": torch.tensor(0) for norm in norms}


Parts = Iterator[tuple[str, str, LayerSettings | None]]


def _vgg(settings: VggSettings, library: Library) -> Parts:
    """Yield our and their name of each layer with tensors; None: the readout.

    Raises:
        ConfigError: theirs has other pools, or other hidden layers.
    """
    torch_like = library == "spikingjelly"
    if settings.pool != ("max" if torch_like else "avg") or len(settings.hidden) != 2 * torch_like:
        known = "max, and two hidden layers" if torch_like else "avg, and no hidden layers"
        raise ConfigError(
            f"the vgg of {library} has pool: {known}; got {settings.pool}, {list(settings.hidden)}"
        )
    hidden = 0
    for index, layer in enumerate(settings.stack()):
        if isinstance(layer, LinearSettings):
            yield f"layers.{index}", f"classifier.{3 * hidden}", layer
            hidden += 1
        else:
            inside = "" if torch_like or not isinstance(layer, ConvSettings) else ".model"
            yield f"layers.{index}", f"features.{index}{inside}", layer
    yield "readout.0", f"classifier.{3 * hidden if torch_like else 1}", None


def _resnet(settings: ResnetSettings, words: _Words) -> Parts:
    blocks = iter(
        f"layer{stage}.{index}"
        for stage, number in enumerate(settings.plan.blocks, start=1)
        for index in range(number)
    )
    for index, layer in enumerate(settings.stack()):
        ours = f"layers.{index}"
        if isinstance(layer, ResidualSettings):
            theirs = next(blocks)
            yield from _pairs(layer.body, f"{ours}.body", f"{theirs}.", words.block)
            yield from _pairs(layer.shortcut, f"{ours}.shortcut", f"{theirs}.", words.shortcut)
        elif isinstance(layer, ConvSettings | BatchNormSettings):
            yield ours, words.stem[isinstance(layer, BatchNormSettings)], layer
    yield "readout.0", "fc", None


def _pairs(layers: Layers, ours: str, theirs: str, words: tuple[str, str]) -> Parts:
    """Yield the convolutions of a list of layers, and the norms behind them."""
    number = 0
    for index, layer in enumerate(layers):
        number += isinstance(layer, ConvSettings)
        word = words[isinstance(layer, BatchNormSettings)].format(number)
        yield f"{ours}.{index}", theirs + word, layer


def _tensors(layer: LayerSettings | None) -> tuple[str, ...]:
    """Return the names of the tensors of a layer.

    Raises:
        ConfigError: they are not the same in other libraries.
    """
    if isinstance(layer, TebnSettings):
        raise ConfigError("norm: tebn is kept in another way by other libraries")
    if isinstance(layer, BatchNormSettings):
        return _NORM
    if isinstance(layer, WeightsSettings):
        return ("weight", "bias") if layer.bias else ("weight",)
    return ("weight", "bias") if layer is None else ()
