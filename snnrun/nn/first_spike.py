"""First-spike neurons as a torch module: spike times in, the time of each first spike out.

The layer is that of first-spike networks (:mod:`snnrun.models.first_spike.layer`); the closed forms
and their gradient stand in :mod:`snnrun.kernels.first_spike.times`.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Generator

from snnrun.models.first_spike.layer import FirstSpikeLayer
from snnrun.models.first_spike.settings import FirstSpikeLayerSettings, FirstSpikeSettings
from snnrun.nn.checked import checked


class FirstSpike(FirstSpikeLayer):
    """Maps spike times ``[batch, inputs]`` to first spikes ``[batch, neurons]``; inf: none.

    ``weights`` is ``[inputs + biases, neurons]``. A neuron that stays silent gets no gradient, so
    begin with weights that make most neurons spike. After each update of layers with delays or a
    ``max_weight``, call ``constrain(None)``.

    Args:
        inputs, neurons: how many.
        tau_syn, tau_mem: time constants, in the unit of the times; tau_mem is tau_syn or twice it.
        threshold, leak, g_leak: of the membrane, which rests at ``leak``.
        mean, std: of the normal distribution of initial weights.
        bias_times: spikes that reach every neuron, whatever the input.
        delays: trainable delays: ``axonal`` (one for each input), ``synaptic`` or ``dendritic``
            (one for each neuron), between 0 and 1; None: none. Göltz et al., Nature
            Communications 16 (2025).
        max_weight: what ``constrain`` clips weights to.
        max_dw_norm: a sample whose gradient on the weights of a neuron exceeds it changes none.
        generator: what weights and delays are drawn from; None: torch's own.

    Raises:
        ValueError: time constants without a closed form, or a number out of range.

    Example:
        >>> layer = FirstSpike(3, 2, mean=2.0, std=0.0)
        >>> layer(torch.tensor([[0.0, 0.1, torch.inf]])).shape
        torch.Size([1, 2])

        As fastAndDeep and DelGrad train: values become times, the first label to spike wins, and
        delays and weights are kept in their range after each update.

        >>> from snnrun.nn import TTFS, latency
        >>> _ = torch.manual_seed(0)
        >>> net = torch.nn.Sequential(
        ...     FirstSpike(4, 9, mean=1.0, std=0.3, bias_times=(0.9,), delays="axonal"),
        ...     FirstSpike(9, 2, mean=0.6, std=0.2, max_weight=1.0),
        ... )
        >>> optimizer, loss_of = torch.optim.Adam(net.parameters(), lr=0.02), TTFS()
        >>> times, labels, losses = latency(torch.rand(8, 4)), torch.arange(8) % 2, []
        >>> for _ in range(20):
        ...     loss = loss_of(net(times), labels)
        ...     optimizer.zero_grad(); loss.backward(); optimizer.step()
        ...     _ = [layer.constrain(None) for layer in net]
        ...     losses.append(loss.item())
        >>> losses[-1] < losses[0], bool((net[1].weights <= 1.0).all())
        (True, True)
    """

    def __init__(
        self,
        inputs: int,
        neurons: int,
        *,
        tau_syn: float = 1.0,
        tau_mem: float = 1.0,
        threshold: float = 1.0,
        leak: float = 0.0,
        g_leak: float = 1.0,
        mean: float = 1.0,
        std: float = 1.0,
        bias_times: Sequence[float] = (),
        delays: Literal["axonal", "synaptic", "dendritic"] | None = None,
        max_weight: float | None = None,
        max_dw_norm: float | None = None,
        generator: Generator | None = None,
    ) -> None:
        layer = checked(
            FirstSpikeLayerSettings,
            size=neurons,
            weights={"mean": mean, "std": std},
            bias_times=tuple(bias_times),
            before=({"name": "delay", "kind": delays},) if delays else (),
            max_weight=max_weight,
            max_dw_norm=max_dw_norm,
        )
        network = checked(
            FirstSpikeSettings,
            layers=(layer,),
            tau_syn=tau_syn,
            tau_mem=tau_mem,
            threshold=threshold,
            leak=leak,
            g_leak=g_leak,
        )
        super().__init__(layer, network, inputs, generator or torch.default_generator)
        self.to(torch.get_default_dtype())

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.weights.shape[0]} -> {self.weights.shape[1]}"
