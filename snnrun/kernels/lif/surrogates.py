r"""Surrogate derivatives: what learning takes for the derivative of a spike by the membrane.

A spike S = [U >= threshold] has derivative 0 wherever it has one. Learning puts a hump psi around
the threshold in its place. With x = sharpness * (U - threshold), and psi = height at x = 0:

    superspike              1 / (1 + |x|)^2   Zenke, Ganguli, Neural Computation 30 (2018)
    triangular              max(0, 1 - |x|)   Bellec et al., Nature Communications 11 (2020)
    arctan                  1 / (1 + x^2)     Fang et al., ICCV (2021)
    sigmoid                 4 s(x) (1 - s(x)),  s(x) = 1 / (1 + e^-x)
    rectangle               [|x| < 1/2]       Wu et al., Frontiers in Neuroscience 12 (2018)
    piecewise_exponential   e^-|x|            Shrestha, Orchard, NeurIPS (2018)
    erf                     e^-x^2            Fang et al., Science Advances 9 (2023)
    straight_through        1                 Bengio et al., arXiv:1308.3432 (2013)

Each is named after the step whose derivative it is. Other libraries write them with one constant
for width and height: docs/surrogates.md says which sharpness and height give theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from snnrun.core.registry import Entry, Settings, Table

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor


class SurrogateSettings(Settings):
    """Width and height of the hump."""

    sharpness: Annotated[
        float, Field(gt=0, description="how fast it falls beside the threshold, 1 / membrane")
    ] = 1.0
    height: Annotated[float, Field(gt=0, description="its value at the threshold")] = 1.0


class SuperSpikeSettings(SurrogateSettings):
    """Derivative of a fast sigmoid."""


class TriangularSettings(SurrogateSettings):
    """Falls in a straight line to 0."""


class ArctanSettings(SurrogateSettings):
    """Derivative of the arc tangent."""


class SigmoidSettings(SurrogateSettings):
    """Derivative of the logistic function."""


class RectangleSettings(SurrogateSettings):
    """Constant around the threshold, 0 elsewhere."""


class PiecewiseExponentialSettings(SurrogateSettings):
    """Falls by e for each step of x."""


class ErfSettings(SurrogateSettings):
    """Derivative of the error function: a Gaussian."""


class StraightThroughSettings(SurrogateSettings):
    """The same everywhere; its sharpness changes nothing."""


def superspike(x: Tensor) -> Tensor:
    """1 / (1 + |x|)^2."""
    d = 1 + x.abs()
    return 1 / (d * d)


def triangular(x: Tensor) -> Tensor:
    """max(0, 1 - |x|)."""
    return (1 - x.abs()).clamp(min=0)


def arctan(x: Tensor) -> Tensor:
    """1 / (1 + x^2)."""
    return 1 / (1 + x * x)


def sigmoid(x: Tensor) -> Tensor:
    """4 s(x) (1 - s(x)) of the logistic function s, from e^-|x|, which cannot overflow."""
    decay = (-x.abs()).exp()
    total = 1 + decay
    return decay * 4 / (total * total)


def rectangle(x: Tensor) -> Tensor:
    """1 where |x| < 1/2."""
    return (x.abs() < 0.5).to(x.dtype)


def piecewise_exponential(x: Tensor) -> Tensor:
    """e^-|x|."""
    return (-x.abs()).exp()


def erf(x: Tensor) -> Tensor:
    """e^-x^2."""
    return (-x * x).exp()


def straight_through(x: Tensor) -> Tensor:
    """1 everywhere."""
    import torch

    return torch.ones_like(x)


#: In the order of the compiled kernel's ``enum class Surrogate``.
SHAPES: tuple[Callable[[Tensor], Tensor], ...] = (
    superspike,
    triangular,
    arctan,
    sigmoid,
    rectangle,
    piecewise_exponential,
    erf,
    straight_through,
)

#: The place of each among them, by name.
PLACES = {shape.__name__: place for place, shape in enumerate(SHAPES)}

_HERE = "snnrun.kernels.lif.surrogates:"
SURROGATES: Table[Entry] = Table(
    "surrogate",
    "snnrun.surrogates",
    {
        "superspike": Entry(
            SuperSpikeSettings,
            _HERE + "superspike",
            "Zenke, Ganguli, Neural Computation 30 (2018)",
            "1 / (1 + |x|)^2, the derivative of a fast sigmoid",
        ),
        "triangular": Entry(
            TriangularSettings,
            _HERE + "triangular",
            "Bellec et al., Nature Communications 11 (2020)",
            "max(0, 1 - |x|)",
        ),
        "arctan": Entry(
            ArctanSettings,
            _HERE + "arctan",
            "Fang et al., ICCV (2021)",
            "1 / (1 + x^2), the derivative of the arc tangent",
        ),
        "sigmoid": Entry(SigmoidSettings, _HERE + "sigmoid", "", "4 s(x) (1 - s(x)), s logistic"),
        "rectangle": Entry(
            RectangleSettings,
            _HERE + "rectangle",
            "Wu et al., Frontiers in Neuroscience 12 (2018)",
            "1 where |x| < 1/2",
        ),
        "piecewise_exponential": Entry(
            PiecewiseExponentialSettings,
            _HERE + "piecewise_exponential",
            "Shrestha, Orchard, NeurIPS (2018)",
            "e^-|x|",
        ),
        "erf": Entry(
            ErfSettings,
            _HERE + "erf",
            "Fang et al., Science Advances 9 (2023)",
            "e^-x^2, the derivative of the error function",
        ),
        "straight_through": Entry(
            StraightThroughSettings,
            _HERE + "straight_through",
            "Bengio et al., arXiv:1308.3432 (2013)",
            "1 everywhere",
        ),
    },
    SurrogateSettings,
    elsewhere={
        "fast_sigmoid": "superspike",
        "soft_sign": "superspike",
        "piecewise_quadratic": "triangular",
        "gaussian": "erf",
        "boxcar": "rectangle",
    },
)


def name_at(place: int) -> str:
    """Return the name of the surrogate at a place of the table; ours come first, as in SHAPES.

    >>> name_at(2)
    'arctan'
    """
    return SHAPES[place].__name__ if place < len(SHAPES) else SURROGATES.names()[place]


def shape_at(place: int) -> Callable[[Tensor], Tensor]:
    """Return the shape at a place of the table."""
    return SHAPES[place] if place < len(SHAPES) else SURROGATES[name_at(place)].load()
