"""The LIF pass on a CUDA device; the struct mirrors ``native/include/snnrun/cuda.hpp``."""

import ctypes

import torch
from torch import Tensor

from snnrun.kernels.cuda import Library, address, call
from snnrun.kernels.lif.reference import Neuron, Reset
from snnrun.kernels.lif.steady import is_constant
from snnrun.kernels.lif.surrogates import SHAPES

Maybe = Tensor | None

_LONG = ("spikes", "membranes", "derivatives")
_EACH = ("derivative_sum", "rate", "late_rate", "count")


class LifScanCall(ctypes.Structure):
    """A layer, its input, and what comes of it."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("steps", "width", "constant", "backwards", "reset")),
        *((name, ctypes.c_int64) for name in ("surrogate", "after_reset", "late")),
        *((name, ctypes.c_double) for name in ("current_decay", "membrane_decay")),
        *((name, ctypes.c_double) for name in ("threshold", "sharpness")),
        *((name, ctypes.c_void_p) for name in ("current", "step_weights", *_LONG, *_EACH)),
    )


def scan(
    library: Library,
    current: Tensor,
    neuron: Neuron,
    step_weights: Maybe,
    late: int,
    backwards: bool,
    wanted: tuple[bool, bool, bool, bool, bool],
) -> list[Maybe]:
    """Return what is wanted, and how often each neuron spiked, ``[...]``.

    Args:
        library: the kernels.
        current, neuron, step_weights, late, backwards: see ``scan.scan``.
        wanted: spikes, membranes, derivatives, their sum, and rates with late ones.

    Returns:
        Spikes, membranes and derivatives ``[time, ...]``; derivative sum, rates, late rates and
        counts ``[...]``; None for what is not wanted.
    """
    _check(current, neuron, step_weights, late, wanted)
    steps, constant = len(current), is_constant(current)
    x = (current[0] if constant else current).contiguous()
    long = [x.new_empty(current.shape) if want else None for want in wanted[:3]]
    for_each = (wanted[3], wanted[4], wanted[4], True)
    each = [x.new_empty(current.shape[1:]) if want else None for want in for_each]
    given = LifScanCall(steps, current[0].numel(), constant, backwards)
    given.reset, given.surrogate = int(neuron.reset), neuron.surrogate
    given.after_reset, given.late = neuron.after_reset, late
    for name in ("current_decay", "membrane_decay", "threshold", "sharpness"):
        setattr(given, name, getattr(neuron, name))
    weights = None if step_weights is None else step_weights.contiguous()
    given.current, given.step_weights = address(x), address(weights)
    for name, made in zip((*_LONG, *_EACH), [*long, *each], strict=True):
        setattr(given, name, address(made))
    call(library, "lif_scan", x, ctypes.byref(given))
    return [*long, *each]


def _check(
    current: Tensor, neuron: Neuron, step_weights: Maybe, late: int, wanted: tuple[bool, ...]
) -> None:
    """Refuse what the kernel would read beyond, in the words of the compiled module."""
    if current.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"current: expected float32 or float64, not {current.dtype}")
    steps = len(current)
    if not 0 <= late < steps:
        raise ValueError(f"lif: late must lie in 0 to {steps - 1}, not {late}")
    if step_weights is None:
        if wanted[2] or wanted[3]:
            raise ValueError("lif: surrogate derivatives are wanted without step_weights")
    elif step_weights.shape != (steps,):
        shape = list(step_weights.shape)
        raise ValueError(f"lif: expected step_weights [{steps}], not {shape}")
    elif step_weights.dtype != current.dtype or step_weights.device != current.device:
        raise TypeError(
            f"step_weights: expected {current.dtype} on {current.device} like its companions, "
            f"not {step_weights.dtype} on {step_weights.device}"
        )
    if not 0 <= neuron.reset < len(Reset):
        raise ValueError(f"lif: reset must lie in 0 to {len(Reset) - 1}, not {neuron.reset}")
    if not 0 <= neuron.surrogate < len(SHAPES):
        raise ValueError(
            f"lif: surrogate must lie in 0 to {len(SHAPES) - 1}, not {neuron.surrogate}"
        )
