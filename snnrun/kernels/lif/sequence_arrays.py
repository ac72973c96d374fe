"""Tensors to and from the compiled kernels of LIF sequences."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, from_numpy, get_num_threads

from snnrun.kernels.cuda import library_for
from snnrun.kernels.lif.sequence_cuda import Device
from snnrun.kernels.lif.sequence_layout import KINDS, Layout, Maybe
from snnrun.kernels.lif.sequence_reference import (
    Number,
    SequenceNeuron,
    SequenceReset,
    Shape,
    shape_of,
)
from snnrun.kernels.lif.surrogates import SHAPES
from snnrun.kernels.native import native

#: The constants, in the order of the kernel.
CONSTANTS = (
    "membrane_decay",
    "current_decay",
    "input_scale",
    "threshold",
    "v_reset",
    "rest",
    "adaptation",
    "adaptation_decay",
)


def constants_of(n: SequenceNeuron) -> tuple[Number, ...]:
    """Return the constants of :data:`CONSTANTS`."""
    leaks = n.membrane_decay, n.current_decay, n.input_scale
    return *leaks, n.threshold, n.v_reset, n.rest, n.adaptation, n.adaptation_decay


_SURROGATE = {shape.__name__: index for index, shape in enumerate(SHAPES)}


class Fixed(NamedTuple):
    """Constants of a layer that are numbers, as the kernels take them.

    choices: reset, delayed, detach, strict, raised, multiple, surrogate, sharpness and height.
    constants: of :data:`CONSTANTS`; of those that are tensors, anything.
    initial: the membrane before the first step.
    all: whether none is a tensor, and the shape is known to the kernels.
    shape: of the surrogate derivative, if it is not.
    """

    choices: tuple[Any, ...]
    constants: tuple[float, ...]
    initial: float
    all: bool
    shape: Shape | None = None

    @classmethod
    def of(cls, neuron: SequenceNeuron) -> "Fixed":
        """Gather them.

        Raises:
            ValueError: several spikes a step, and what does not go with them.
        """
        n = neuron
        if n.multiple and (n.delayed or n.strict or n.raised):
            raise ValueError("multiple: not with delayed, strict or raised")
        if n.multiple and n.reset == SequenceReset.SET and not n.detach:
            raise ValueError("multiple: a reset that sets the membrane needs detach")
        flags = n.delayed, n.detach, n.strict, n.raised, n.multiple
        kind = _SURROGATE.get(n.surrogate) if isinstance(n.surrogate, str) else None
        choices = int(n.reset), *flags, kind or 0, n.sharpness, n.height
        given = [*constants_of(n), n.initial]
        *constants, initial = [0.0 if isinstance(each, Tensor) else each for each in given]
        if kind is None and not callable(n.surrogate) and not isinstance(n.surrogate, str):
            raise ValueError(f"surrogate: expected a name or a function, got {n.surrogate!r}")
        simple = kind is not None and not any(map(torch.is_tensor, given))
        shape = shape_of(n) if kind is None else None
        return cls(choices, tuple(constants), initial, simple, shape)

    @classmethod
    def known(cls, neuron: SequenceNeuron) -> "Fixed":
        """Return them; those of the latest neurons without a tensor are remembered."""
        try:
            found = _KNOWN.get(neuron)
        except TypeError:  # a function that has no hash
            return cls.of(neuron)
        if found is None:
            found = cls.of(neuron)
            if found.all:
                if len(_KNOWN) >= _MOST_KNOWN:
                    _KNOWN.clear()
                _KNOWN[neuron] = found
        return found


_KNOWN: dict[SequenceNeuron, Fixed] = {}
_MOST_KNOWN = 256


class Call(NamedTuple):
    """What is not a tensor.

    steps, constant: how many steps, and whether x is the same at each, without a time axis.
    fixed: the constants.
    membranes, final: whether they are wanted.
    """

    steps: int
    constant: bool
    fixed: Fixed
    membranes: bool
    final: bool

    @property
    def start(self) -> tuple[Any, ...]:
        """The arguments of both kernels behind x, where no constant is a tensor."""
        choices, constants, initial, *_ = self.fixed
        return self.steps, self.constant, choices, constants, (initial, 0.0, 0.0, 0.0)

    @classmethod
    def of(
        cls, x: Tensor, neuron: SequenceNeuron, steps: int | None, membranes: bool, final: bool
    ) -> "Call":
        """Check and gather.

        Raises:
            TypeError: another type of number.
            ValueError: no steps.
        """
        if x.dtype not in KINDS:
            raise TypeError(f"x: expected float32, float64 or bfloat16, not {x.dtype}")
        length = (x.shape[0] if x.dim() else 0) if steps is None else steps
        if length < 1:
            raise ValueError(f"x: expected [time, ...] of one step or more, got {list(x.shape)}")
        fixed = (Fixed.of if torch.compiler.is_compiling() else Fixed.known)(neuron)
        return cls(length, steps is not None, fixed, membranes, final)


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
    """Return spikes, membranes and the four parts of the state after, None where not wanted.

    Args:
        call: what is not a tensor.
        x: the input.
        tensors: the constants and the parts of a state that are tensors.
        distances: whether to return, behind these, how far membranes are above their thresholds;
            on the CPU alone.
    """
    if (library := library_for(x)) is not None:
        return Device(library, call, x, tensors).forward()
    layout = Layout(x, call.constant)
    module: Any = native()
    wanted = True, call.membranes, distances, call.final
    found = module.lif_sequence(*_start(call, layout, x, tensors), *wanted, get_num_threads())
    *every, left = (_tensor(layout, each, x, timed=True) for each in (*found[:2], found[6]))
    state = (_tensor(layout, each, x, timed=False) for each in found[2:6])
    return *every, *state, *([left] if distances else [])


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
