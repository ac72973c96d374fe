"""LIF neurons in our words, and those of five libraries in theirs; docs/neurons.md has the table.

Each class method takes the words of a library, with its defaults, and gives neurons whose spikes
are those of the library, and whose gradients are within rounding. Input is ``[time, batch, ...]``
unless ``batch_first``; snetx and sinabs have the batch first, and so have theirs here.
"""

import math
from typing import Literal, Self

from snnrun.kernels.lif.sequence_reference import Shape
from snnrun.nn.neurons import Constant, LIFNeurons
from snnrun.nn.surrogates import NORSE, SINABS, SNETX, SNNTORCH, SPIKINGJELLY, theirs

_RESETS: dict[str, Literal["set", "subtract", "none"]] = {
    "subtract": "subtract",
    "zero": "set",
    "none": "none",
}


class LIF(LIFNeurons):
    """LIF neurons; their constructor, shapes and states are those of :class:`LIFNeurons`.

    Example:
        >>> import torch
        >>> LIF.snetx(tau=2.0)(torch.full((1, 3, 1), 0.75)).flatten()
        tensor([0., 1., 0.])
    """

    @classmethod
    def snetx(
        cls,
        tau: float = 2.0,
        v_th: float = 1.0,
        v_reset: float = 0.0,
        *,
        sg: str | Shape = "PiecewiseQuadratic",
        alpha: Constant = 1.0,
        detach: bool = False,
        batch_first: bool = True,
    ) -> Self:
        """Return the ``LIF`` of snetx: h = u / tau + x, set to ``v_reset`` by a spike.

        Args:
            tau, v_th, v_reset, detach: as theirs.
            sg: ``PiecewiseQuadratic``, ``arc_tan``, or a derivative of your own.
            alpha: of that; a number, or a schedule that is called at each forward pass.
            batch_first: input is ``[batch, time, ...]``.

        Raises:
            ValueError: a tau below 1, or what :class:`LIF` refuses.

        Example:
            A network as its users write them: weights, neurons, a steeper surrogate each epoch.

            >>> import torch
            >>> from snnrun.nn import TET, TimeDistributed, growth, repeat
            >>> alpha = growth(1.0, 2.0, epochs=2)
            >>> weights = TimeDistributed(torch.nn.Linear(6, 4), batch_first=True)
            >>> net = torch.nn.Sequential(weights, LIF.snetx(tau=2.0, alpha=alpha))
            >>> x = repeat(torch.rand(3, 6), 5, batch_first=True)
            >>> loss = TET("snetx", 0.1, batch_first=True)(net(x), torch.tensor([0, 3, 1]))
            >>> loss.backward(); alpha.step(); net(x).shape, alpha()
            (torch.Size([3, 5, 4]), 1.5)
        """
        if not tau >= 1:
            raise ValueError(f"tau: must be 1 or more, got {tau:g}")
        return cls(
            decay=1 / tau,
            threshold=v_th,
            v_reset=v_reset,
            detach=detach,
            batch_first=batch_first,
            **theirs(SNETX, sg, "snetx").words(alpha),
        )

    @classmethod
    def spikingjelly(
        cls,
        tau: float = 2.0,
        decay_input: bool = True,
        v_threshold: float = 1.0,
        v_reset: float | None = 0.0,
        *,
        surrogate: str | Shape = "Sigmoid",
        alpha: Constant | None = None,
        detach_reset: bool = False,
        learn_tau: bool = False,
        batch_first: bool = False,
    ) -> Self:
        """Return the ``LIFNode`` of SpikingJelly, in its step mode "m".

        Args:
            tau, decay_input, v_threshold, detach_reset: as theirs. ``tau=inf``, with
                ``decay_input=False``, is their ``IFNode``.
            v_reset: where a spike sets the membrane, which begins and rests there; None: a spike
                subtracts the threshold.
            surrogate: a class of theirs that is not random (docs/surrogates.md), or a derivative
                of your own.
            alpha: of that, whatever theirs is called; None: their default.
            learn_tau: their ``ParametricLIFNode``, from this tau on.
            batch_first: input is ``[batch, time, ...]``.

        Raises:
            ValueError: what :class:`LIF` refuses, or a surrogate that is none of these.

        Example:
            >>> import torch
            >>> x = torch.tensor([0.75, 0.75, 0.75])[:, None]
            >>> LIF.spikingjelly(decay_input=False)(x).flatten()
            tensor([0., 1., 0.])
        """
        level = v_reset or 0.0
        return cls(
            tau=tau,
            decay_input=decay_input,
            threshold=v_threshold,
            reset="subtract" if v_reset is None else "set",
            v_reset=level,
            rest=level,
            detach=detach_reset,
            learn_tau=learn_tau,
            batch_first=batch_first,
            **theirs(SPIKINGJELLY, surrogate, "SpikingJelly").words(alpha),
        )

    @classmethod
    def snntorch(
        cls,
        beta: float,
        threshold: float = 1.0,
        *,
        alpha: float | None = None,
        spike_grad: str | Shape = "atan",
        slope: Constant | None = None,
        reset_mechanism: Literal["subtract", "zero", "none"] = "subtract",
        reset_delay: bool = True,
        learn_beta: bool = False,
        learn_threshold: bool = False,
        batch_first: bool = False,
    ) -> Self:
        """Return the ``Leaky`` of snnTorch, or with ``alpha`` its ``Synaptic``.

        Args:
            beta, threshold, reset_mechanism, reset_delay, learn_threshold: as theirs.
            alpha: what a step leaves of the synaptic current.
            spike_grad: atan, fast_sigmoid, sigmoid, straight_through_estimator, triangular,
                spike_rate_escape, SFS or heaviside, or a derivative of your own.
            slope: its constant, whatever theirs is called; None: their default.
            learn_beta: learn beta, which stays between 0 and 1: beta = 1 - sigmoid(w).
            batch_first: input is ``[batch, time, ...]``.

        Raises:
            ValueError: what :class:`LIF` refuses; or ``Synaptic`` without ``reset_delay``.

        Example:
            >>> import torch
            >>> LIF.snntorch(beta=0.5)(torch.tensor([0.75, 0.75, 0.75])[:, None]).flatten()
            tensor([0., 1., 0.])
        """
        if reset_mechanism not in _RESETS:
            raise ValueError(
                f"reset_mechanism: must be {', '.join(_RESETS)}, got {reset_mechanism!r}"
            )
        if alpha is not None and not reset_delay:
            raise ValueError("reset_delay: must be True with alpha, as in their Synaptic")
        held = alpha is not None and reset_mechanism == "zero"
        return cls(
            decay=beta,
            current_decay=alpha or 0.0,
            threshold=threshold,
            reset="hold" if held else _RESETS[reset_mechanism],
            delayed=reset_delay,
            raised=reset_mechanism == "subtract" and not reset_delay,
            strict=True,
            learn_tau=learn_beta,
            learn_threshold=learn_threshold,
            batch_first=batch_first,
            **theirs(SNNTORCH, spike_grad, "snnTorch").words(slope),
        )

    @classmethod
    def norse(
        cls,
        tau_mem_inv: float = 100.0,
        tau_syn_inv: float = 200.0,
        v_leak: float = 0.0,
        v_th: float = 1.0,
        v_reset: float = 0.0,
        *,
        method: str | Shape = "super",
        alpha: Constant = 100.0,
        dt: float = 0.001,
        batch_first: bool = False,
    ) -> Self:
        """Return the neurons of Norse's ``LIFCell``, without its weights.

        Args:
            tau_mem_inv, tau_syn_inv: inverse time constants of membrane and synapse, 1 / s.
            v_leak, v_th, v_reset: as theirs.
            method: super, triangle, tanh, circ or heavi_erfc, or a derivative of your own.
            alpha: of that; super takes no notice of it.
            dt: length of a step, s.
            batch_first: input is ``[batch, time, ...]``.

        Raises:
            ValueError: a step longer than a time constant, or what :class:`LIF` refuses.

        Example:
            >>> import torch
            >>> LIF.norse(dt=0.001)(torch.tensor([6.0, 6.0, 6.0])[:, None]).flatten()
            tensor([0., 1., 1.])
        """
        return cls(
            decay=1 - dt * tau_mem_inv,
            decay_input=True,
            current_decay=1 - dt * tau_syn_inv,
            threshold=v_th,
            v_reset=v_reset,
            rest=v_leak,
            initial=0.0,
            strict=True,
            batch_first=batch_first,
            **theirs(NORSE, method, "Norse").words(alpha),
        )

    @classmethod
    def sinabs(
        cls,
        tau_mem: float,
        spike_threshold: float = 1.0,
        *,
        norm_input: bool = True,
        reset_fn: Literal["MembraneSubtract", "MembraneReset"] = "MembraneSubtract",
        spike_fn: Literal["SingleSpike", "MultiSpike"] = "MultiSpike",
        surrogate_grad_fn: str | Shape = "SingleExponential",
        batch_first: bool = True,
    ) -> Self:
        """Return the ``LIF`` of sinabs.

        Args:
            tau_mem, spike_threshold, norm_input: as theirs; the membrane keeps e^(-1 / tau_mem).
            reset_fn: ``MembraneSubtract``, or ``MembraneReset``, which sets it to 0, detached.
            spike_fn: ``MultiSpike``, as many spikes a step as the threshold fits into the membrane;
                or ``SingleSpike``.
            surrogate_grad_fn: SingleExponential, Gaussian, MultiGaussian, Heaviside or
                PeriodicExponential, as they are by default, or a derivative of your own.
            batch_first: input is ``[batch, time, ...]``.

        Raises:
            ValueError: a tau_mem that is not positive, or what :class:`LIF` refuses.

        Example:
            >>> import torch
            >>> LIF.sinabs(4.0, norm_input=False)(torch.full((1, 3, 1), 0.75)).flatten()
            tensor([0., 1., 1.])
        """
        if not tau_mem > 0:
            raise ValueError(f"tau_mem: must be more than 0, got {tau_mem:g}")
        if not 0 < spike_threshold < math.inf:
            raise ValueError(f"spike_threshold: must be more than 0, got {spike_threshold:g}")
        if reset_fn not in ("MembraneSubtract", "MembraneReset"):
            raise ValueError(
                f"reset_fn: must be MembraneSubtract or MembraneReset, got {reset_fn!r}"
            )
        if spike_fn not in ("SingleSpike", "MultiSpike"):
            raise ValueError(f"spike_fn: must be SingleSpike or MultiSpike, got {spike_fn!r}")
        sets = reset_fn == "MembraneReset"
        return cls(
            decay=math.exp(-1 / tau_mem),
            decay_input=norm_input,
            threshold=spike_threshold,
            reset="set" if sets else "subtract",
            detach=sets,
            multiple=spike_fn == "MultiSpike",
            batch_first=batch_first,
            **theirs(SINABS, surrogate_grad_fn, "sinabs").words(spike_threshold),
        )
