"""Run a trained network over a split and keep everything that figures and tables need."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.position import Position
from snnrun.core.random import begin, generator
from snnrun.core.record import Record
from snnrun.core.registry import near
from snnrun.data import Dataset, Split
from snnrun.errors import ConfigError
from snnrun.learning.outcome import predictions
from snnrun.models.model import Model
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.learner import (
    Learner,
    build_learner,
    choose_device,
    load_data,
    training_values,
)

if TYPE_CHECKING:
    from snnrun.experiment import Experiment

Floats = NDArray[np.floating]
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Evaluation:
    """What one split did to one saved network; all of it is on the CPU by now.

    dataset: with all samples of all splits; what follows may be of fewer, see ``evaluate_run``.
    inputs: ``[samples, inputs]``, values in [0, 1].
    times_in: ``[samples, inputs]``, what the encoder made of them: spike times in tau_syn, or what
        it shows step by step.
    times: spike times of each layer, ``[samples, neurons]``; ``inf`` = no spike.
    rates: share of steps with a spike, ``[samples, neurons]``, of each layer that spikes in steps.
    scores: ``[samples, classes]``; largest for the predicted class.
    predictions: ``[samples]``; -1 = no class.
    weights: name -> tensor of the network; initial_weights: the same before training, if saved.
    """

    run: RunDir
    experiment: "Experiment"
    epoch: int
    split: str
    dataset: Dataset
    learner: Learner
    inputs: Floats
    times_in: Floats
    times: list[Floats]
    rates: list[Floats]
    scores: Floats
    predictions: NDArray[np.int64]
    labels: NDArray[np.int64]
    loss: float
    weights: dict[str, Floats]
    initial_weights: dict[str, Floats] | None

    @property
    def model(self) -> Model:
        """The network itself."""
        return self.learner.model

    @property
    def accuracy(self) -> float:
        """Share of right predictions, 0 to 1."""
        return float(np.mean(self.predictions == self.labels))

    @property
    def whole(self) -> int:
        """How many samples the split has, shown or not."""
        return len(getattr(self.dataset, self.split).labels)

    def respond(self, values: Floats) -> tuple[list[Floats], NDArray[np.int64]]:
        """Return times or rates of each layer, and predictions, for ``values [n, inputs]``."""
        _, record = self.watch(values)
        scores = self.learner.rule.scores(record)
        found = record.times or [spikes.mean(0) for spikes in record.spikes]
        return [layer.numpy() for layer in found], predictions(scores).numpy()

    def watch(self, values: Floats) -> tuple[Tensor, Record]:
        """Return what the model sees of ``values [n, inputs]``, and all that it does with it."""
        begin(self.experiment.seed, "watch")
        images = torch.from_numpy(values).view(-1, *self.experiment.data.input_shape)
        with self.learner.evaluating():
            seen = self.learner.encoder(self.learner.prepare(images.to(self.learner.dtype)))
            record: Record = self.learner.model(seen)
        return seen, record


def evaluate_run(
    run: RunDir | Path | str,
    epoch: int | None = None,
    split: str = "test",
    most: int | None = None,
) -> Evaluation:
    """Run the network that a run saved over one split, on a GPU if there is one and the run may.

    Args:
        run: the run folder.
        epoch: a saved epoch; None for the last one.
        split: train, validation or test.
        most: of a split with more samples than this, so many are shown, drawn from the seed.

    Raises:
        DataError: no such run, epoch or data; or a damaged checkpoint.
        ConfigError: no such split.
    """
    run = run if isinstance(run, RunDir) else RunDir.open(run)
    _check_split(split)
    experiment = run.experiment()
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    may = "cpu" if experiment.train.device == "cpu" else "auto"
    learner = build_learner(experiment)
    dataset = load_data(experiment)
    learner.take(saved, partial(training_values, dataset))
    learner.to(choose_device(experiment, may))
    part = thinned(getattr(dataset, split), most, experiment.seed, split)
    times_in, labels = learner.encode(part)
    stream = experiment.train.eval_batch_size, experiment.seed, split, saved.at.epoch
    loss, scores, times, rates = _judge(learner, times_in, labels, *stream)
    return Evaluation(
        run=run,
        experiment=experiment,
        epoch=saved.at.epoch,
        split=split,
        dataset=dataset,
        learner=learner.to("cpu"),
        inputs=part.inputs.reshape(len(part.labels), -1),
        times_in=times_in.cpu().numpy(),
        times=times,
        rates=rates,
        scores=scores.numpy(),
        predictions=predictions(scores).numpy(),
        labels=part.labels,
        loss=loss,
        weights=_weights(saved),
        initial_weights=_initial(run),
    )


def thinned(part: Split, most: int | None, seed: int, *stream: str) -> Split:
    """Return a split, or ``most`` of its samples, drawn from the seed and in their old order."""
    whole = len(part.labels)
    if most is None or whole <= most:
        return part
    chosen = torch.randperm(whole, generator=generator(seed, "thinned", *stream))[:most]
    order = chosen.sort().values.numpy()
    return Split(part.inputs[order], part.labels[order])


def load_learner(run: RunDir | Path | str, epoch: int | None = None) -> Learner:
    """Return the learner that a run saved, ready to be called."""
    run = run if isinstance(run, RunDir) else RunDir.open(run)
    experiment = run.experiment()
    learner = build_learner(experiment)
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    learner.take(saved, lambda: training_values(load_data(experiment)))
    return learner


def _judge(
    learner: Learner, inputs: Tensor, labels: Tensor, size: int, seed: int, *stream: str | int
) -> tuple[float, Tensor, list[Floats], list[Floats]]:
    """Return mean loss, scores, and spike times or rates of each layer."""
    loss, scores, times, rates = 0.0, [], [], []
    with learner.evaluating():
        for outcome, record, own in learner.judge(inputs, labels, size, seed, *stream):
            loss += len(own) * outcome.loss.item()
            scores.append(outcome.scores.cpu())
            times.append([layer.cpu() for layer in record.times])
            rates.append([layer.cpu() for layer in record.rates])
    return loss / len(labels), torch.cat(scores), _by_layer(times), _by_layer(rates)


def _by_layer(batches: list[list[Tensor]]) -> list[Floats]:
    """Return an array of all samples for each layer."""
    return [torch.cat(layer).numpy() for layer in zip(*batches, strict=True)]


def _weights(saved: checkpoint.Checkpoint) -> dict[str, Floats]:
    """Return the tensors of the model in a checkpoint."""
    return {
        name.removeprefix("model."): tensor.numpy()
        for name, tensor in saved.tensors.items()
        if name.startswith("model.")
    }


def _initial(run: RunDir) -> dict[str, Floats] | None:
    path = run.checkpoints / Position(0).name
    return _weights(checkpoint.load(path)) if path.is_dir() else None


def _check_split(split: str) -> None:
    if split not in SPLITS:
        guess = near(split, SPLITS)
        hint = f"; did you mean {guess!r}?" if guess else "."
        raise ConfigError(f"no split called {split!r}{hint} There are: {', '.join(SPLITS)}")
