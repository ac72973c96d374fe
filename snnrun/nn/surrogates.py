"""Surrogate derivatives of other libraries, by their own names; docs/surrogates.md is the same.

Theirs have one constant a for width and height. Ours have two, each a factor times a power of a:
``Hump("arctan", (pi / 2, 1), (1 / 2, 1))`` has sharpness pi a / 2 and height a / 2.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from snnrun.core.registry import near
from snnrun.nn.neurons import Constant, number


class Hump(NamedTuple):
    """A derivative as we write it: our name, and what makes sharpness and height of theirs."""

    name: str
    sharpness: tuple[float, int]
    height: tuple[float, int]

    def words(self, a: Constant) -> dict[str, Any]:
        """Return what the constructor of our neurons is told."""
        return {
            "surrogate": self.name,
            "sharpness": _product(a, *self.sharpness),
            "height": _product(a, *self.height),
        }


@dataclass(frozen=True)
class Product:
    """A constant that changes, times a factor."""

    factor: float
    of: Constant

    def __call__(self) -> float:
        """Return the product at the moment."""
        return self.factor * number(self.of)


def _product(a: Constant, factor: float, power: int) -> Constant:
    product = Product(factor, a if power else 1.0)
    return product if power and callable(a) else product()


_ARCTAN = Hump("arctan", (math.pi / 2, 1), (1 / 2, 1))
_QUADRATIC = Hump("triangular", (1, 1), (1, 1))
_SIGMOID = Hump("sigmoid", (1, 1), (1 / 4, 1))
_ONE = Hump("straight_through", (1, 0), (1, 0))

SNETX = {"PiecewiseQuadratic": _QUADRATIC, "arc_tan": _ARCTAN}
SPIKINGJELLY = {
    "Sigmoid": _SIGMOID,
    "ATan": _ARCTAN,
    "PiecewiseQuadratic": _QUADRATIC,
    "PiecewiseExp": Hump("piecewise_exponential", (1, 1), (1 / 2, 1)),
    "SoftSign": Hump("superspike", (1, 1), (1 / 2, 1)),
    "SuperSpike": Hump("superspike", (1, 0), (1, 1)),
    "Erf": Hump("erf", (1, 1), (1 / math.sqrt(math.pi), 1)),
    "Rect": Hump("rectangle", (1, 1), (1, 1)),
}
SNNTORCH = {
    "atan": _ARCTAN,
    "fast_sigmoid": Hump("superspike", (1, 1), (1, 0)),
    "sigmoid": _SIGMOID,
    "straight_through_estimator": _ONE,
}
NORSE = {
    "super": Hump("superspike", (1, 0), (1, 0)),
    "triangle": Hump("triangular", (1, 0), (1, 1)),
    "tanh": Hump("sigmoid", (2, 1), (1, 0)),
    "heavi_erfc": Hump("erf", (1, 1), (2 / math.sqrt(math.pi), 0)),
}
SINABS = {
    "SingleExponential": Hump("piecewise_exponential", (2, 0), (2, 0)),
    "Gaussian": Hump("erf", (math.sqrt(2), 0), (math.sqrt(2 / math.pi), 0)),
}


def hump(theirs: Mapping[str, Hump], name: str, library: str) -> Hump:
    """Return the derivative that a library calls ``name``; case and underscores do not matter.

    Raises:
        ValueError: it has none of this name, or none that is one of ours.

    Example:
        >>> hump(SPIKINGJELLY, "soft_sign", "SpikingJelly").name
        'superspike'
    """
    plain = {each.replace("_", "").lower(): each for each in theirs}
    key = name.replace("_", "").lower()
    if key in plain:
        return theirs[plain[key]]
    guess = near(key, plain)
    hint = f" did you mean {plain[guess]!r}?" if guess else ""
    raise ValueError(
        f"unknown surrogate {name!r} of {library};{hint} known: {', '.join(sorted(theirs))}"
    )
