"""What the local rules share: judging a batch, gradients without autograd, what is logged."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.position import Horizon, Position
from snnrun.core.record import Record
from snnrun.core.threads import threads
from snnrun.kernels.lif.products import LayerInput, PackedSpikes
from snnrun.kernels.lif.reference import Neuron
from snnrun.kernels.lif.scan import NARROW, Pass, scan
from snnrun.learning.activity import name_of
from snnrun.learning.local.activity import LocalActivity
from snnrun.learning.local.alignment import angle, true_gradients
from snnrun.learning.local.feedback import Feedback
from snnrun.learning.local.losses import Loss
from snnrun.learning.local.settings import LOSSES, LocalRuleSettings
from snnrun.learning.outcome import Outcome
from snnrun.learning.watched import WatchedRule
from snnrun.models.lif.net import LifLayer, LifNet, LinearReadout, SpikesReadout, Synapses


@dataclass
class Response:
    """What a batch did to the network.

    inputs: what each layer received; of the readout only if it is too wide for ``last``.
    last: the spikes of the last hidden layer, as bits, if they were kept.
    currents: the same times its weights, ``[time, batch, neurons]``, for the spiking layers.
    passes: what the spiking layers did.
    judged: the scores that the loss is of, ``[batch, classes]`` or ``[time, batch, classes]``.
    scores: the scores that the prediction goes by, ``[batch, classes]``.
    """

    inputs: list[LayerInput]
    currents: list[Tensor]
    passes: list[Pass]
    judged: Tensor
    scores: Tensor
    last: PackedSpikes | None = None

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.inputs[0].x)


class LocalRule(WatchedRule):
    """A rule that leaves the gradients of each layer in its weights without autograd."""

    #: Whether learning at the readout needs the last hidden spikes of every step.
    keeps_spikes = True

    settings: LocalRuleSettings
    activity: LocalActivity
    model: LifNet

    def __init__(self, settings: LocalRuleSettings, model: LifNet) -> None:
        super().__init__(settings, model)
        self.loss: Loss = LOSSES.entry_of(settings.loss).load()(settings.loss)
        self.feedback = Feedback(settings.feedback, model)
        spiking = model.stack if isinstance(model.readout, SpikesReadout) else model.layers
        self.spiking = tuple(spiking)
        self.keys = [*(f"layers.{index}" for index in range(len(model.layers))), "readout"]
        self.activity = LocalActivity(self.keys[: len(self.spiking)])
        self._before = 0
        self._gradients: dict[Synapses, Tensor] = {}

    # ---- what a rule has to say ----

    @abstractmethod
    def traced(self, layer: LifLayer, steps: int, constant: bool) -> dict[str, Any]:
        """Return what :func:`scan` is to return of a layer for learning.

        Args:
            layer: the layer.
            steps: number of steps.
            constant: whether its input is the same at every step.
        """

    @abstractmethod
    def read(self, inputs: list[LayerInput], passes: list[Pass]) -> tuple[Tensor, Tensor]:
        """Return the scores that the loss is of and those that the prediction goes by."""

    @abstractmethod
    def judged(self, record: Record) -> Tensor:
        """Return the scores that the loss is of, from a record that torch can differentiate."""

    @abstractmethod
    def learn(self, response: Response, error: Tensor) -> None:
        """Leave the gradients of a batch, given the gradient of the loss by ``judged``."""

    def neuron(self, layer: LifLayer) -> Neuron:
        """Return the constants of a layer."""
        return layer.neuron

    def first(self, steps: int) -> int:
        """Return the first of the steps that count."""
        return 0

    # ---- what training asks for ----

    def start_epoch(self, at: Position, horizon: Horizon) -> None:
        """Know how many batches there were before."""
        self._before = at.epoch * horizon.batches

    @torch.no_grad()
    def step(self, batch: Batch) -> Outcome:
        """Leave the gradients of a batch in the weights.

        Args:
            batch: input ``[time, batch, inputs]``.
        """
        response = self.respond(batch, learning=True)
        error = self.loss.error(response.judged, batch.targets)
        judged = error.numel() // error.shape[-1] // len(batch)  # steps
        self.learn(response, error.div_(judged * batch.whole))
        outcome = self._outcome(response, batch.targets, mean=True)
        self.activity.keep(self.spiking, response.currents, outcome)
        every = self.settings.alignment_every
        if every and (self._before + batch.random.number) % every == 0:
            outcome.statistics |= self.angles(batch.inputs, batch.targets)
        return outcome

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return the outcome of a batch and the spike rates of each layer; nothing learns."""
        response = self.respond(batch, learning=False)
        rates = [present(done.rates) for done in response.passes]
        return self._outcome(response, batch.targets), Record(rates=rates)

    def respond(self, batch: Batch, learning: bool) -> Response:
        """Run the network over a batch, with what learning needs or without."""
        x = batch.inputs
        inputs, last = [LayerInput(x, constant=batch.constant)], None
        currents, passes = list[Tensor](), list[Pass]()
        for index, layer in enumerate(self.spiking):
            ready = passes[-1].projected if passes else None
            constant = ready is None and inputs[-1].constant
            currents.append(inputs[-1].times(layer.acting) if ready is None else ready)
            done = scan(
                currents[-1],
                self.neuron(layer),
                rates=True,
                late=self.first(len(x)),
                **self._passed_on(index, learning),
                **(self.traced(layer, len(x), constant) if learning else {}),
            )
            passes.append(done)
            if done.spikes is not None:
                inputs.append(LayerInput(done.spikes, done.activity.density))
            if done.bits is not None:
                last = PackedSpikes(done.bits)
        return Response(inputs, currents, passes, *self.read(inputs, passes), last)

    def _passed_on(self, index: int, learning: bool) -> dict[str, Any]:
        """Return the wish for what the next layer needs: spikes, or their product with weights."""
        last = len(self.model.layers) - 1
        if index != last:
            return {"spikes": index < last}
        if isinstance(self.model.readout, LinearReadout):
            return {}
        weights = self.model.readout.acting
        if weights.shape[1] > NARROW or not weights.is_cpu:
            return {"spikes": True}
        return {"bits": learning and self.keeps_spikes, "readout": weights}

    def objective(self, record: Record, labels: Tensor) -> Tensor:
        """Return the loss of which :meth:`step` leaves the gradient, exactly or nearly."""
        return self.loss.objective(self.judged(record), labels)

    def angles(self, x: Tensor, labels: Tensor) -> dict[str, float]:
        """Return the angle in degrees between update and true gradient of layers that have one."""
        truth = true_gradients(self.model, self.objective, x, labels)
        with threads(1):
            return {
                f"alignment/{name_of(key)}": angle(self._gradients[layer], true)
                for key, layer, true in zip(self.keys, self.model.stack, truth, strict=True)
                if true.any()
            }

    def leave(self, layer: Synapses, x: LayerInput | PackedSpikes | Tensor, signal: Tensor) -> None:
        """Leave ``x^T signal``, summed over time where there is any, as the gradient of a layer.

        Args:
            layer: whose weights.
            x: its input, or a matrix ``[batch, inputs]``.
            signal: ``[batch, neurons]``; ``[time, batch, neurons]`` for input that changes.
        """
        if layer not in self._gradients:
            self._gradients[layer] = torch.empty_like(layer.weights)
        out = self._gradients[layer]
        if isinstance(x, Tensor):
            torch.mm(x.T, signal, out=out)
        else:
            x.transposed_times(signal, out)
        layer.weights.grad = out

    def _outcome(self, response: Response, labels: Tensor, *, mean: bool = False) -> Outcome:
        statistics = self.activity.statistics(response.passes)
        losses = self.loss.samples(response.judged, labels)
        return Outcome(losses.mean() if mean else losses, response.scores, statistics)


def present(value: Tensor | None) -> Tensor:
    """Return a tensor that was asked for."""
    assert value is not None
    return value
