"""SbS layers at generic points: unequal sizes on each axis, unequal constants."""

from typing import NamedTuple

import torch
from torch import Tensor

from snnrun.core.threads import threads
from snnrun.kernels.sbs.layer import Draw, Geometry, StepSizes


class Case(NamedTuple):
    """A layer in double precision, ready for ``sbs(**case.arguments())``."""

    x: Tensor
    weights: Tensor
    eps_xy: Tensor | None
    geometry: Geometry
    steps: StepSizes
    draw: Draw

    def arguments(self, dtype: torch.dtype = torch.float64) -> dict:
        """Arguments of ``sbs`` in the given precision."""
        eps_xy = None if self.eps_xy is None else self.eps_xy.to(dtype)
        numbers = {"x": self.x.to(dtype), "weights": self.weights.to(dtype), "eps_xy": eps_xy}
        return {**numbers, "geometry": self.geometry, "steps": self.steps, "draw": self.draw}

    def with_gradients(self) -> "Case":
        """The same with leaves that ask for gradients."""
        leaves = (None if t is None else t.clone().requires_grad_() for t in self[:3])
        return Case(*leaves, *self[3:])


def on_both_sides(function, case: "Case", **options) -> tuple[Tensor, Tensor]:
    """What the compiled kernel makes of a case, and what the twin does, in double precision."""
    compiled = function(**case.arguments(torch.float32), **options)
    with threads(1):  # several would mostly wait for each other
        return compiled.double(), function(**case.arguments(torch.float64), **options)


def rand(random: torch.Generator, *shape: int) -> Tensor:
    """Numbers that single and double precision share."""
    return torch.rand(shape, generator=random).double()


def eps_of(kind: str | None, geometry: Geometry, shape: tuple[int, ...], random) -> Tensor | None:
    """eps_xy of one of its shapes; ``shape`` is that of the input."""
    if kind is None:
        return None
    size = geometry.output_size(shape[2], shape[3])
    inputs = geometry.inputs(shape[1])
    shapes = {"place": size, "offset": (*size, *geometry.kernel), "input": (inputs, *size)}
    return 0.2 + rand(random, *shapes[kind])


def draw_case(
    seed: int,
    shape: tuple[int, int, int, int] = (3, 2, 5, 6),
    neurons: int = 7,
    steps: int = 40,
    geometry: Geometry | None = None,
    eps: str | None = "place",
    forgetting: float = 0.0,
    dark: float = 0.2,
) -> Case:
    """A layer; a share ``dark`` of the input and of the weights is 0."""
    geometry = geometry or Geometry((3, 2), (2, 1), (1, 2), (1, 0))
    random = torch.Generator().manual_seed(seed)
    x = rand(random, *shape) * (rand(random, *shape) > dark)
    inputs = geometry.inputs(shape[1])
    weights = rand(random, inputs, neurons) * (rand(random, inputs, neurons) > dark / 2)
    eps_t = 0.3 + torch.rand(steps, generator=random)
    return Case(
        x,
        (weights / weights.sum(0).clamp(min=0.1)).float().double(),
        eps_of(eps, geometry, shape, random),
        geometry,
        StepSizes(0.8, eps_t, forgetting),
        Draw(seed * 0x9E3779B97F4A7C15 % 2**64, torch.arange(3, 3 + shape[0]) + seed % 2 * 2**33),
    )
