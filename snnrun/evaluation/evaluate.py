"""Run a trained network over a split and keep everything that figures and tables need."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.capabilities import InputKind
from snnrun.core.position import Position
from snnrun.core.random import Random, generator
from snnrun.core.record import Record
from snnrun.core.registry import near
from snnrun.data import Dataset
from snnrun.data.dataset import SPLITS
from snnrun.data.loader import Loader, Use
from snnrun.data.source import Source
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
        return len(self.dataset.split(self.split))

    def respond(self, values: Floats) -> tuple[list[Floats], NDArray[np.int64]]:
        """Return times or rates of each layer, and predictions, for ``values [n, inputs]``."""
        _, record = self.watch(values)
        scores = self.learner.rule.scores(record)
        found = record.times or [spikes.mean(0) for spikes in record.spikes]
        return [layer.numpy() for layer in found], predictions(scores).numpy()

    def watch(self, values: Floats) -> tuple[Tensor, Record]:
        """Return what the model sees of ``values [n, inputs]``, and all that it does with it."""
        images = torch.from_numpy(values).view(-1, *self.experiment.data.sample_shape)
        random = Random(self.experiment.seed, "watch", 0, 0, np.arange(len(values)))
        with self.learner.evaluating():
            return self.learner.show(images.to(self.learner.dtype), random)


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
    source = dataset.split(split)
    only = thinned(source, most, experiment.seed, split)
    loader = learner.loader(
        source, experiment, Use(split), experiment.train.eval_batch_size, only=only, keep=False
    )
    seen, loss, scores, times, rates = _judge(learner, loader, saved.at.epoch)
    inputs, labels = source.read(only)
    return Evaluation(
        run=run,
        experiment=experiment,
        epoch=saved.at.epoch,
        split=split,
        dataset=dataset,
        learner=learner.to("cpu"),
        inputs=inputs.reshape(len(labels), -1),
        times_in=seen.numpy(),
        times=times,
        rates=rates,
        scores=scores.numpy(),
        predictions=predictions(scores).numpy(),
        labels=labels,
        loss=loss,
        weights=_weights(saved),
        initial_weights=_initial(run),
    )


def thinned(source: Source, most: int | None, seed: int, *stream: str) -> NDArray[np.int64]:
    """Return the numbers of all samples, or of ``most`` of them, drawn from the seed, ascending."""
    whole = len(source)
    if most is None or whole <= most:
        return np.arange(whole)
    chosen = torch.randperm(whole, generator=generator(seed, "thinned", *stream))[:most]
    return chosen.sort().values.numpy()


def load_learner(run: RunDir | Path | str, epoch: int | None = None) -> Learner:
    """Return the learner that a run saved, ready to be called."""
    run = run if isinstance(run, RunDir) else RunDir.open(run)
    experiment = run.experiment()
    learner = build_learner(experiment)
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    learner.take(saved, lambda: training_values(load_data(experiment)))
    return learner


def _judge(
    learner: Learner, loader: Loader, epoch: int
) -> tuple[Tensor, float, Tensor, list[Floats], list[Floats]]:
    """Return input, mean loss, scores, and spike times or rates of each layer."""
    seen, loss, scores, times, rates, samples = [], 0.0, [], [], [], 0
    with learner.evaluating():
        for batch in loader.epoch(epoch):
            outcome, record = learner.rule.evaluate(batch)
            assert outcome.loss is not None
            assert outcome.scores is not None
            loss, samples = loss + len(batch) * outcome.loss.item(), samples + len(batch)
            if learner.encoder.settings.output_kind is not InputKind.STEPS:
                seen.append(batch.inputs.cpu())
            scores.append(outcome.scores.cpu())
            times.append([layer.cpu() for layer in record.times])
            rates.append([layer.cpu() for layer in record.rates])
    inputs = torch.cat(seen) if seen else torch.empty(0)
    return inputs, loss / samples, torch.cat(scores), _by_layer(times), _by_layer(rates)


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
