"""How active a layer was, counted over all that its neurons did at all steps.

One compiled pass over spikes, and one over membranes; torch, which counts the same, would write
what it compares.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from snnrun.kernels.lif.sequence_layout import Layout
from snnrun.kernels.lif.surrogates import PLACES, SURROGATES
from snnrun.kernels.native import native

FELT = 0.1  # share of its height above which a surrogate derivative is felt


@dataclass(frozen=True)
class SurrogateDerivative:
    """A surrogate derivative by the membrane, as a share of its height.

    surrogate: its name.
    threshold, sharpness: it is psi((H - threshold) sharpness).

    >>> SurrogateDerivative("triangular", 1.0, 2.0)(torch.tensor([0.5, 0.75, 1.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """

    surrogate: str
    threshold: float
    sharpness: float

    def __call__(self, membranes: Tensor) -> Tensor:
        """Return it at the membranes."""
        shape: Callable[[Tensor], Tensor] = SURROGATES[self.surrogate].load()
        return shape((membranes - self.threshold) * self.sharpness)


class Counts(NamedTuple):
    """Counts of a layer.

    spikes: of all neurons at all steps.
    silent, saturated: neurons (of one sample) without a spike, and with one at every step.
    """

    spikes: float
    silent: int
    saturated: int


def counts(spikes: Tensor) -> Counts:
    """Count spikes ``[time, batch, ...]``, 0 or 1.

    Example:
        >>> counts(torch.tensor([[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]))
        Counts(spikes=3.0, silent=1, saturated=1)
    """
    if not _compiled(spikes):
        wide = torch.promote_types(spikes.dtype, torch.float32)
        return counts_of_each(spikes.sum(0, dtype=wide), len(spikes))
    module: Any = native()
    return Counts(*module.spike_counts(_numbers(spikes), torch.get_num_threads()))


def counts_of_each(spiked: Tensor, steps: int) -> Counts:
    """Return the same, given how often each neuron spiked in so many steps."""
    silent, saturated = spiked == 0, spiked == steps
    every = spiked.sum(dtype=torch.float64).item()
    return Counts(every, int(silent.count_nonzero()), int(saturated.count_nonzero()))


def felt(membranes: Tensor, derivative: Callable[[Tensor], Tensor]) -> int:
    """Return at how many membranes the derivative is above FELT.

    Args:
        membranes: ``[time, batch, ...]``, before the reset.
        derivative: the surrogate derivative at them, as a share of its height.

    Example:
        >>> felt(torch.tensor([[0.0, 0.4, 1.1]]), SurrogateDerivative("triangular", 1.0, 1.0))
        2
    """
    if isinstance(derivative, SurrogateDerivative) and _compiled(membranes):
        kind, module = PLACES.get(derivative.surrogate), cast(Any, native())
        if kind is not None:
            given = _numbers(membranes), kind, derivative.threshold, derivative.sharpness, FELT
            return int(module.felt_membranes(*given, torch.get_num_threads()))
    return int((derivative(membranes) > FELT).count_nonzero())


def _compiled(x: Tensor) -> bool:
    known = x.dtype in (torch.float32, torch.float64)
    return known and x.is_cpu and x.numel() > 0 and native() is not None


def _numbers(x: Tensor) -> Any:
    """Return numbers ``[time, ...]`` as numpy has them, in whatever order of the neurons."""
    return Layout(x, constant=False).ordered(x, x.dtype, timed=True).numpy()
