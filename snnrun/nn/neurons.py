r"""Leaky integrate-and-fire neurons as a torch module, over the compiled sequences.

.. math:: H_t = r + b\,(V_{t-1} - r) + k\,I_t, \qquad S_t = [H_t \ge \vartheta]

and the rest of :mod:`snnrun.kernels.lif.sequence_reference`, where the symbols are told. A call
begins at rest and leaves nothing behind; what is to go on is passed on by name.
"""

from collections.abc import Callable
from typing import Any, Literal, cast, overload

import torch
from torch import Tensor

from snnrun.kernels.lif.sequence import Train, sequence
from snnrun.kernels.lif.sequence_call import Fixed
from snnrun.kernels.lif.sequence_reference import (
    SequenceNeuron,
    SequenceReset,
    Shape,
    State,
    at_first,
)
from snnrun.kernels.lif.surrogates import SURROGATES
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.feedforward.spiking import Neurons
from snnrun.nn.checked import checked

#: A number, or what gives one whenever it is needed, such as a schedule.
Constant = float | Callable[[], float]


def number(constant: Constant) -> float:
    """Return the number that a constant is at the moment."""
    return float(constant()) if callable(constant) else constant


class LIFNeurons(Neurons):
    """Neurons over ``[time, batch, ...]``, for any shape of a step.

    Args:
        tau: membrane time constant, steps: the membrane keeps 1 - 1 / tau.
        decay: what a step leaves of the membrane, in place of ``tau``.
        decay_input: whether input counts 1 - decay, and not 1.
        current_decay: what a step leaves of the synaptic current; 0: input acts at once.
        threshold: the membrane at which a neuron spikes.
        reset: what a spike does to the membrane: ``set`` it to ``v_reset``, ``subtract`` the
            threshold, or ``none``; ``hold``, with ``delayed``: keep it at ``v_reset`` for a step.
        v_reset, rest: the membrane after a spike that sets it, and where it leaks to.
        initial: the membrane before the first step; None: ``rest``.
        detach: whether the reset passes no gradient to the spike.
        delayed: whether the reset acts at the next step, and passes no gradient.
        strict: whether the threshold must be exceeded, not reached.
        raised: whether a membrane that stayed above its threshold needs twice that to spike again.
        multiple: whether a neuron spikes as often in a step as its threshold fits into the
            membrane; not with delayed, strict or raised, and ``set`` only with ``detach``.
        adaptation, adaptation_decay: by how much a spike raises the threshold, and what a step
            leaves of that.
        surrogate: name of the surrogate derivative (``snnrun list surrogates``); or a function of
            sharpness (membrane - threshold), such as one of :mod:`snnrun.nn.derivatives`.
        sharpness, height: of that; None: pi for ``arctan``, 1 for others. Either may be called
            for at each forward pass, so that a schedule can change it (:mod:`snnrun.nn.schedules`).
        learn_tau, learn_threshold: learn one for all neurons; 1 / tau = sigmoid(w).
        batch_first: whether input and output are ``[batch, time, ...]``.

    Raises:
        ValueError: a number out of range, or a name that there is not; says which.

    Example:
        >>> lif = LIFNeurons(decay=0.5)
        >>> lif(torch.tensor([0.75, 0.75, 0.75])[:, None]).flatten()
        tensor([0., 1., 0.])
    """

    def __init__(
        self,
        *,
        tau: float = 2.0,
        decay: float | None = None,
        decay_input: bool = False,
        current_decay: float = 0.0,
        threshold: float = 1.0,
        reset: Literal["set", "subtract", "none", "hold"] = "set",
        v_reset: float = 0.0,
        rest: float = 0.0,
        initial: float | None = None,
        detach: bool = False,
        delayed: bool = False,
        strict: bool = False,
        raised: bool = False,
        multiple: bool = False,
        adaptation: float = 0.0,
        adaptation_decay: float = 0.0,
        surrogate: str | Shape = "arctan",
        sharpness: Constant | None = None,
        height: Constant = 1.0,
        learn_tau: bool = False,
        learn_threshold: bool = False,
        batch_first: bool = False,
    ) -> None:
        if sharpness is None:
            sharpness = torch.pi if surrogate == "arctan" else 1.0
        if reset == "hold" and not delayed:
            raise ValueError("reset: hold acts at the next step, and needs delayed=True")
        hump = {"sharpness": sharpness, "height": height}
        first = {name: number(each) for name, each in hump.items()}
        if isinstance(surrogate, type) or not (isinstance(surrogate, str) or callable(surrogate)):
            raise ValueError(f"surrogate: expected a name or a function, got {surrogate!r}")
        if isinstance(surrogate, torch.nn.Module) and any(True for _ in surrogate.parameters()):
            raise ValueError(
                "surrogate: expected a function without parameters, which do not learn"
            )
        named = surrogate if isinstance(surrogate, str) else "straight_through"
        neuron = checked(
            NeuronSettings,
            tau=tau,
            decay=decay,
            decay_input=decay_input,
            current_decay=current_decay,
            threshold=threshold,
            reset="set" if reset == "hold" else reset,
            v_reset=v_reset,
            rest=rest,
            detach=detach,
            delayed=delayed,
            strict=strict,
            learn_tau=learn_tau,
            learn_threshold=learn_threshold,
            surrogate=checked(SURROGATES.pick(named).settings, **first),
        )
        _ = neuron.parameters  # says so if tau cannot learn
        super().__init__(neuron)
        self.batch_first = batch_first
        self._followed = {name: each for name, each in hump.items() if callable(each)}
        self._more: dict[str, Any] = {
            "adaptation": adaptation,
            "adaptation_decay": adaptation_decay,
            "raised": raised,
            "multiple": multiple,
        }
        if not isinstance(surrogate, str):
            self._more["surrogate"] = surrogate
        if initial is not None:
            self._more["initial"] = initial
        if reset == "hold":
            self._more["reset"] = SequenceReset.HOLD
        Fixed.of(self.constants())  # says what does not go together
        self.to(torch.get_default_dtype())

    def constants(self) -> SequenceNeuron:
        """Return what the kernel takes at the moment; what learns is a tensor."""
        followed: dict[str, Any] = {name: number(each) for name, each in self._followed.items()}
        return super().constants()._replace(**self._more, **followed)

    @overload
    def forward(self, x: Tensor) -> Tensor: ...

    @overload
    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]: ...

    def forward(self, x: Tensor, state: State | None = None) -> Tensor | tuple[Tensor, State]:
        """Return the spikes, 0 or 1, of the shape of x; with a state given, also that after.

        Args:
            x: the input, float32, float64 or bfloat16, ``[time, batch, ...]``.
            state: where the neurons stand, from :meth:`start` or an earlier call.

        Raises:
            TypeError: another type of number.
            ValueError: no steps, or a state of another shape.
        """
        if state is None:
            return self._laid(sequence(self._laid(x), self.constants()).spikes)
        done = self.run(x, state)
        return done.spikes, cast(State, done.state)

    def start(self, x: Tensor) -> State:
        """Return the state of neurons at rest, for input of the shape of ``x``."""
        return at_first(self._laid(x)[0], self.constants())

    def run(self, x: Tensor, state: State | None = None) -> Train:
        """Return spikes, membranes before the reset, each of the shape of x, and the last state."""
        done = sequence(self._laid(x), self.constants(), state, membranes=True, final=True)
        membranes = self._laid(cast(Tensor, done.membranes))
        return done._replace(spikes=self._laid(done.spikes), membranes=membranes)

    def _laid(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1) if self.batch_first else x

    def extra_repr(self) -> str:
        """Return what differs from the defaults."""
        chosen = self.neuron.model_dump(exclude_defaults=True, exclude={"surrogate"})
        own = self._more.get("surrogate")
        named = SURROGATES.name_of(self.neuron.surrogate)
        chosen["surrogate"] = named if own is None else getattr(own, "__name__", repr(own))
        if self.batch_first:
            chosen["batch_first"] = True
        return ", ".join(f"{name}={value!r}" for name, value in chosen.items())


def detached(state: State) -> State:
    """Return a state through which no gradient goes back: where a long sequence is cut.

    Example:
        >>> lif = LIFNeurons(learn_tau=True)
        >>> _, state = lif(torch.ones(3, 1), lif.start(torch.ones(3, 1)))
        >>> state.membrane.requires_grad, detached(state).membrane.requires_grad
        (True, False)
    """
    return State(*(each.detach() for each in state))
