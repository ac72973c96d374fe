"""Surrogate derivatives of other libraries, by their own names; docs/surrogates.md is the same.

Theirs have one constant a for width and height. Ours have two, each a factor times a power of a:
``Hump("arctan", (pi / 2, 1), (1 / 2, 1))`` has sharpness pi a / 2 and height a / 2. Those that are
none of ours are functions (:mod:`snnrun.nn.derivatives`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from snnrun.core.registry import near
from snnrun.kernels.lif.sequence_reference import Shape
from snnrun.nn import derivatives as of
from snnrun.nn.neurons import Constant, number


class Hump(NamedTuple):
    """A derivative as we write it: our name, and what makes sharpness and height of theirs."""

    name: str
    sharpness: tuple[float, int]
    height: tuple[float, int]
    default: float = 1.0  # of a

    def words(self, a: Constant | None) -> dict[str, Any]:
        """Return what the constructor of our neurons is told; a: None = their default."""
        a = self.default if a is None else a
        return {
            "surrogate": self.name,
            "sharpness": _product(a, *self.sharpness),
            "height": _product(a, *self.height),
        }


class Function(NamedTuple):
    """A derivative that is none of ours, and which of its keywords a stands for, if any."""

    function: Callable[..., Tensor]
    keyword: str = ""

    def words(self, a: Constant | None) -> dict[str, Any]:
        """Return what the constructor of our neurons is told; a: None = their default."""
        given = a is not None and self.keyword
        derivative = Derivative(self.function, self.keyword, a) if given else self.function
        return {"surrogate": derivative, "sharpness": 1.0, "height": 1.0}


@dataclass(frozen=True)
class Derivative:
    """A function of x, one of whose keywords has a value, which may change."""

    function: Callable[..., Tensor]
    keyword: str
    value: Any

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", repr(self.function))
        return f"{name}({self.keyword}={self.value!r})"

    def __call__(self, x: Tensor) -> Tensor:
        """Return the derivative at x."""
        return self.function(x, **{self.keyword: number(self.value)})


Theirs = Hump | Function


@dataclass(frozen=True)
class Product:
    """A constant that changes, times a factor."""

    factor: float
    of: Constant

    def __call__(self) -> float:
        """Return the product at the moment."""
        return self.factor * number(self.of)


def _product(a: Constant, factor: float, power: int) -> Constant:
    if power < 0:
        return factor / number(a)
    product = Product(factor, a if power else 1.0)
    return product if power and callable(a) else product()


_ARCTAN = Hump("arctan", (math.pi / 2, 1), (1 / 2, 1))
_QUADRATIC = Hump("triangular", (1, 1), (1, 1))
_SIGMOID = Hump("sigmoid", (1, 1), (1 / 4, 1))
_ONE = Hump("straight_through", (1, 0), (1, 0))

SNETX: dict[str, Theirs] = {"PiecewiseQuadratic": _QUADRATIC, "arc_tan": _ARCTAN}
SPIKINGJELLY: dict[str, Theirs] = {
    "Sigmoid": _SIGMOID._replace(default=4.0),
    "ATan": _ARCTAN._replace(default=2.0),
    "PiecewiseQuadratic": _QUADRATIC,
    "PiecewiseExp": Hump("piecewise_exponential", (1, 1), (1 / 2, 1)),
    "SoftSign": Hump("superspike", (1, 1), (1 / 2, 1), 2.0),
    "SuperSpike": Hump("superspike", (1, 0), (1, 1)),
    "Erf": Hump("erf", (1, 1), (1 / math.sqrt(math.pi), 1), 2.0),
    "Rect": Hump("rectangle", (1, 1), (1, 1)),
    "NonzeroSignLogAbs": Function(of.log_abs, "alpha"),
    "PiecewiseLeakyReLU": Function(of.piecewise_leaky_relu, "w"),
    "SquarewaveFourierSeries": Function(of.squarewave_fourier),
    "S2NN": Function(of.s2nn, "alpha"),
    "QPseudoSpike": Function(of.q_pseudo_spike, "alpha"),
    "LeakyKReLU": Function(of.leaky_k_relu, "leak"),
    "FakeNumericalGradient": Function(of.fake_numerical, "alpha"),
    "LogTailedReLU": Function(of.log_tailed_relu, "alpha"),
}
SNNTORCH: dict[str, Theirs] = {
    "atan": _ARCTAN._replace(default=2.0),
    "fast_sigmoid": Hump("superspike", (1, 1), (1, 0), 25.0),
    "sigmoid": _SIGMOID._replace(default=25.0),
    "straight_through_estimator": _ONE,
    "triangular": Function(of.sign, "threshold"),
    "spike_rate_escape": Function(of.escape_rate, "slope"),
    "SFS": Function(of.sparse_fast_sigmoid, "slope"),
    "heaviside": Function(of.heaviside),
}
NORSE: dict[str, Theirs] = {
    "super": Hump("superspike", (1, 0), (1, 0)),
    "triangle": Hump("triangular", (1, 0), (1, 1)),
    "tanh": Hump("sigmoid", (2, 1), (1, 0)),
    "heavi_erfc": Hump("erf", (1, 1), (2 / math.sqrt(math.pi), 0)),
    "circ": Function(of.circ, "alpha"),
}
SINABS: dict[str, Theirs] = {
    "SingleExponential": Hump("piecewise_exponential", (2, -1), (2, -1)),
    "Gaussian": Hump("erf", (math.sqrt(2), 0), (math.sqrt(2 / math.pi), 0)),
    "MultiGaussian": Function(of.multi_gaussian),
    "Heaviside": Function(of.step, "threshold"),
    "PeriodicExponential": Function(of.periodic_exponential, "threshold"),
}  # a: the threshold


def theirs(known: Mapping[str, Theirs], given: str | Shape, library: str) -> Theirs:
    """Return the derivative that a library calls by a name; case and underscores do not matter.

    Args:
        known: what it has.
        given: the name, or a function of x, which is taken as it is.
        library: its name.

    Raises:
        ValueError: it has none of this name, or none that can be had here.

    Example:
        >>> theirs(SPIKINGJELLY, "soft_sign", "SpikingJelly").name
        'superspike'
    """
    if not isinstance(given, str):
        return Function(given)
    plain = {each.replace("_", "").lower(): each for each in known}
    key = given.replace("_", "").lower()
    if key in plain:
        return known[plain[key]]
    guess = near(key, plain)
    hint = f" did you mean {plain[guess]!r}?" if guess else ""
    raise ValueError(
        f"unknown surrogate {given!r} of {library};{hint} known: {', '.join(sorted(known))}"
    )
