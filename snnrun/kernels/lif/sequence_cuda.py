"""LIF sequences on a CUDA device; the structs mirror ``native/include/snnrun/cuda.hpp``."""

import ctypes
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from snnrun.kernels.cuda import Library, address, call
from snnrun.kernels.lif.sequence_layout import Layout, Maybe

_BLOCK = 8  #: steps that the kernel computes again at once
_WHOLE, _REAL, _POINTER = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


class LifCall(ctypes.Structure):
    """A layer and its input."""

    _fields_ = (
        *((name, _WHOLE) for name in ("steps", "width", "constant", "reset", "delayed")),
        *((name, _WHOLE) for name in ("detach", "strict", "raised", "multiple", "surrogate")),
        *((name, _REAL) for name in ("sharpness", "height")),
        ("all", _REAL * 12),
        ("each", _POINTER * 12),
        ("x", _POINTER),
    )


class LifOutputs(ctypes.Structure):
    """What comes of it."""

    _fields_ = (("spikes", _POINTER), ("membranes", _POINTER), ("after", _POINTER * 4))


class LifGradients(ctypes.Structure):
    """Its gradient."""

    _fields_ = (
        ("on_spikes", _POINTER),
        ("on_membranes", _POINTER),
        ("on_after", _POINTER * 3),
        ("on_x", _POINTER),
        ("on_first", _POINTER * 3),
        ("on_constants", _POINTER * 8),
        ("starts", _POINTER),
    )


class Device:
    """A layer, its input in memory, and the library that knows what to do.

    Args:
        library: the kernels.
        given: what is not a tensor, a ``sequence_call.Call``.
        x: the input.
        tensors: the constants and the parts of a state that are tensors.
    """

    def __init__(self, library: Library, given: Any, x: Tensor, tensors: Sequence[Maybe]) -> None:
        self.library, self.given = library, given
        self.layout = Layout(x, given.constant)
        self.x = self.layout.ordered(x, x.dtype, timed=not given.constant)
        self.each = [None if one is None else self.layout.each(one) for one in tensors]
        numbers = (*given.fixed.constants, given.fixed.initial, 0.0, 0.0, 0.0)
        width = self.layout.step.numel()
        self.call = LifCall(given.steps, width, given.constant, *given.fixed.choices)
        self.call.all = (_REAL * 12)(*numbers)
        self.call.each = (_POINTER * 12)(*map(address, self.each))
        self.call.x = address(self.x)

    def forward(self) -> tuple[Maybe, ...]:
        """Return spikes, membranes and the four parts of the state after."""
        given, step = self.given, tuple(self.x.shape[self.layout.first :])
        long = [self.x.new_empty(given.steps, *step) for _ in range(1 + given.membranes)]
        after = [self._new(step) for _ in range(4 if given.final else 0)]
        spikes, membranes = long[0], long[1] if given.membranes else None
        outputs = LifOutputs(address(spikes), address(membranes))
        outputs.after = (_POINTER * 4)(*map(address, after))
        self._run("lif_sequence", outputs)
        back = self.layout.back
        made = [None if one is None else back(one, timed=True) for one in (spikes, membranes)]
        made += [back(one, timed=False) for one in after] if given.final else [None] * 4
        return tuple(made)

    def backward(
        self, upstream: Sequence[Maybe], wanted: Sequence[bool]
    ) -> tuple[Maybe, list[Maybe]]:
        """Return the gradients on x and on each of the tensors, None where not wanted."""
        layout, kinds = self.layout, [self.x.dtype] * 2 + [self.layout.kind] * 3
        on = [
            None if one is None else layout.ordered(one, kind, timed=place < 2)
            for place, (one, kind) in enumerate(zip(upstream[:5], kinds, strict=True))
        ]
        step = tuple(self.x.shape[layout.first :])
        on_x = torch.empty_like(self.x) if wanted[0] else None
        found = [self._new(step) if need else None for need in (*wanted[1:12], False)]
        gradients = LifGradients(address(on[0]), address(on[1]))
        gradients.on_after = (_POINTER * 3)(*map(address, on[2:]))
        gradients.on_x = address(on_x)
        gradients.on_first = (_POINTER * 3)(*map(address, found[8:11]))
        gradients.on_constants = (_POINTER * 8)(*map(address, found[:8]))
        starts = self._new(((self.given.steps - 1) // _BLOCK, 4, layout.step.numel()))
        gradients.starts = address(starts)
        self._run("lif_sequence_gradient", gradients)
        on_x = None if on_x is None else layout.back(on_x, timed=not self.given.constant)
        return on_x, found

    def _new(self, shape: tuple[int, ...]) -> Tensor:
        return self.x.new_empty(shape, dtype=self.layout.kind)

    def _run(self, name: str, more: ctypes.Structure) -> None:
        call(self.library, name, self.x, ctypes.byref(self.call), ctypes.byref(more))
