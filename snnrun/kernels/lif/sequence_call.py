"""What the kernels of LIF sequences are told that is not a tensor, checked."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnrun.kernels.lif.sequence_layout import KINDS
from snnrun.kernels.lif.sequence_reference import (
    Number,
    SequenceNeuron,
    SequenceReset,
    Shape,
    shape_of,
)
from snnrun.kernels.lif.surrogates import PLACES

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
        kind = PLACES.get(n.surrogate) if isinstance(n.surrogate, str) else None
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
