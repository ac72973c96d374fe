"""Tensors to and from the compiled kernels of LIF sequences."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, from_numpy, get_num_threads

from snnrun.kernels.cuda import library_for
from snnrun.kernels.lif.sequence_call import Call
from snnrun.kernels.lif.sequence_cuda import Device
from snnrun.kernels.lif.sequence_layout import Layout, Maybe
from snnrun.kernels.native import native


class Gradients(NamedTuple):
    """On x, and on the tensors among constants and state."""

    x: Maybe
    tensors: tuple[Maybe, ...]


def spikes_of(call: Call, x: Tensor) -> Tensor:
    """Return the spikes of neurons that begin at rest and whose constants are numbers."""
    if not _is_simple(x):
        return cast(Tensor, forward(call, x, NOTHING)[0])
    module: Any = native()
    found = module.lif_sequence(x.detach().numpy(), *call.start, *_SPIKES_ALONE, get_num_threads())
    return from_numpy(found[0])


def gradient_of_spikes(call: Call, x: Tensor, upstream: Tensor) -> Maybe:
    """Return the gradient on the input of :func:`spikes_of`."""
    if not (_is_simple(x) and upstream.is_contiguous()):
        return backward(call, x, NOTHING, (upstream,)).x
    module: Any = native()
    found = module.lif_sequence_gradient(
        x.detach().numpy(),
        *call.start,
        upstream.detach().numpy(),
        *_INPUT_ALONE,
        get_num_threads(),
    )
    return from_numpy(found[0])


NOTHING: tuple[None, ...] = (None,) * 12
_SPIKES_ALONE = (True, False, False, False)
_INPUT_ALONE = (None, None, None, None, None, True, False, (False,) * 8)


def on_the_cpu(x: Tensor) -> bool:
    """Whether the kernels of the CPU are to run."""
    return x.is_cpu and library_for(x) is None


def _is_simple(x: Tensor) -> bool:
    """Whether numpy sees the numbers where they lie, for the kernels of the CPU."""
    return x.is_contiguous() and x.dtype != torch.bfloat16 and on_the_cpu(x)


def forward(
    call: Call, x: Tensor, tensors: Sequence[Maybe], distances: bool = False
) -> tuple[Any, ...]:
    """Return spikes, membranes, the four parts of the state after, and distances.

    Each is None where it is not wanted.

    Args:
        call: what is not a tensor.
        x: the input.
        tensors: the constants and the parts of a state that are tensors.
        distances: whether to return how far membranes are above their thresholds; on the CPU alone.
    """
    if (library := library_for(x)) is not None:
        return *Device(library, call, x, tensors).forward(), None
    layout = Layout(x, call.constant)
    module: Any = native()
    wanted = True, call.membranes, distances, call.final
    found = module.lif_sequence(*_start(call, layout, x, tensors), *wanted, get_num_threads())
    *every, left = (_tensor(layout, each, x, timed=True) for each in (*found[:2], found[6]))
    state = (_tensor(layout, each, x, timed=False) for each in found[2:6])
    return *every, *state, left


def backward(
    call: Call,
    x: Tensor,
    tensors: Sequence[Maybe],
    upstream: Sequence[Maybe],
    wanted: Sequence[bool] = (True,) + (False,) * 12,
    psi: Maybe = None,
) -> Gradients:
    """Return the gradients that are wanted.

    Args:
        call, x, tensors: as of the forward pass.
        upstream: gradients on what it returned, None = 0.
        wanted: of x and of each of the tensors.
        psi: the surrogate derivatives ``[time, ...]``; None: those that the call names.
    """
    upstream = list[Maybe](upstream) + [None] * (5 - len(upstream))
    layout = Layout(x, call.constant)
    if (library := library_for(x)) is not None:
        on_x, found = Device(library, call, x, tensors).backward(upstream, wanted)
    else:
        on_x, found = _backward(call, layout, x, tensors, (*upstream[:5], psi), wanted)
    triples = zip(found, tensors, wanted[1:], strict=True)
    to = (
        layout.summed(each, of) if need and each is not None and of is not None else None
        for each, of, need in triples
    )
    return Gradients(on_x, tuple(to))


def _backward(
    call: Call,
    layout: Layout,
    x: Tensor,
    tensors: Sequence[Maybe],
    upstream: Sequence[Maybe],
    wanted: Sequence[bool],
) -> tuple[Maybe, list[Maybe]]:
    module: Any = native()
    on_x, *state, constants = module.lif_sequence_gradient(
        *_start(call, layout, x, tensors),
        *(_array(layout, each, x.dtype, timed=True) for each in upstream[:2]),
        *(_array(layout, each, layout.kind, timed=False) for each in upstream[2:5]),
        _array(layout, upstream[5], x.dtype, timed=True),
        wanted[0],
        any(wanted[9:12]),
        tuple(wanted[1:9]),
        get_num_threads(),
    )
    # On each neuron, in the order of the kernel.
    every = (*constants, *state, None)
    found = [None if each is None else from_numpy(each).to(x.device) for each in every]
    return _tensor(layout, on_x, x, timed=not call.constant), found


def _start(call: Call, layout: Layout, x: Tensor, tensors: Sequence[Maybe]) -> tuple[Any, ...]:
    """Return the first arguments of both kernels."""
    every = (*call.fixed.constants, call.fixed.initial, 0.0, 0.0, 0.0)
    given = tuple(
        number if tensor is None else layout.each(tensor).numpy(force=True)
        for number, tensor in zip(every, tensors, strict=True)
    )
    shown = _array(layout, x, x.dtype, timed=not call.constant)
    return shown, call.steps, call.constant, call.fixed.choices, given[:8], given[8:]


def _array(layout: Layout, x: Maybe, kind: torch.dtype, timed: bool) -> Any:
    """Return a tensor as the kernels take it."""
    if x is None:
        return None
    ready = layout.ordered(x, kind, timed)
    return (ready.view(torch.uint16) if kind == torch.bfloat16 else ready).numpy(force=True)


def _tensor(layout: Layout, array: Any, like: Tensor, timed: bool) -> Maybe:
    """Return what the kernels made as a tensor on the device of another."""
    if array is None:
        return None
    made = from_numpy(array)
    made = made.view(torch.bfloat16) if made.dtype == torch.uint16 else made
    return layout.back(made.to(like.device), timed)
