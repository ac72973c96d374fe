"""What the layers of a Spike-By-Spike network are called in figures."""

from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.reconstruction import Reconstruction
from snnrun.models.sbs.weights import Weighted
from snnrun.plots.panels import layer_names


def names_of(model: SbsNet) -> list[str]:
    """Return what each layer is called: hidden layer 1, pooling layer 1, ..., label layer."""
    weighted, pooling = len(model.weighted), 0
    hidden = layer_names(weighted) if model.settings.classifies else layer_names(weighted + 1)
    names, left = [], iter(hidden)
    for layer in model.layers:
        if isinstance(layer, Weighted):
            names.append(next(left))
        elif isinstance(layer, Reconstruction):
            names.append("reconstruction")
        else:
            pooling += 1
            names.append(f"pooling layer {pooling}")
    return [name.removesuffix(" 1") if pooling == 1 and name[0] == "p" else name for name in names]
