"""What the number of spikes does to a trained Spike-By-Spike network.

Spikes are drawn one after another, so a network with fewer of them is the same network, stopped
earlier: the first spikes of a population do not depend on how many will follow.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.core.batch import Batch
from snnrun.core.random import Random, generator
from snnrun.learning.outcome import predictions
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.plots.panels import letter, log_scale
from snnrun.plots.sbs.pictures import network_of, spike_axis
from snnrun.plots.style import ACCENT, COLUMN, GREY, new_figure

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.float64]
#: Samples and spikes that the figure of the accuracy may cost, at most.
SAMPLES, SPIKES = 1000, 2e8


@contextmanager
def at_most(layers: Sequence[SpikingLayer], spikes: int) -> Iterator[None]:
    """Let every population of some layers draw at most so many spikes, inside the block."""
    before = [layer.epsilon_t for layer in layers]
    for layer in layers:
        layer.epsilon_t = layer.epsilon_t[:spikes]
    try:
        yield
    finally:
        for layer, values in zip(layers, before, strict=True):
            layer.epsilon_t = values


def longest(layers: Sequence[SpikingLayer]) -> int:
    """Return the largest number of spikes that a population of some layers draws."""
    return max(len(layer.epsilon_t) for layer in layers)


def halvings(spikes: int) -> list[int]:
    """Return 1 and all numbers that halving leads through, ascending.

    Example:
        >>> halvings(1600)
        [1, 3, 6, 12, 25, 50, 100, 200, 400, 800, 1600]
    """
    return [spikes >> power for power in reversed(range(spikes.bit_length()))]


def subset(evaluation: "Evaluation", spiking: Sequence[SpikingLayer]) -> NDArray[np.int64]:
    """Return which samples are shown: all, or as many, drawn from the seed, as are affordable."""
    each = sum(
        layer.output_size[0] * layer.output_size[1] * len(layer.epsilon_t) for layer in spiking
    )
    number, whole = min(SAMPLES, max(50, int(SPIKES / each))), len(evaluation.labels)
    if whole <= number:
        return np.arange(whole)
    order = torch.randperm(whole, generator=generator(evaluation.experiment.seed, "spikes"))
    return np.sort(order[:number].numpy())


def accuracies(
    evaluation: "Evaluation", chosen: NDArray[np.int64], counts: Sequence[int]
) -> Floats:
    """Return the share of right predictions with at most so many spikes, ``[counts]``."""
    model, network = network_of(evaluation), evaluation.learner
    inputs = torch.from_numpy(evaluation.times_in[chosen])
    labels = torch.from_numpy(evaluation.labels[chosen])
    found = []
    for count in counts:
        right = 0
        with at_most(model.spiking, count):
            for part in np.array_split(np.arange(len(chosen)), -(-len(chosen) // 100)):
                random = Random(evaluation.experiment.seed, "spikes", 0, 0, chosen[part])
                batch = Batch(inputs[part], labels[part], random)
                outcome, _ = network.rule.evaluate(batch)
                assert outcome.scores is not None
                right += int(predictions(outcome.scores).eq(batch.targets).sum())
        found.append(right / len(labels))
    return np.array(found)


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return accuracy and error against the number of spikes; the band is the standard error."""
    model = network_of(evaluation)
    if not model.spiking or not model.settings.classifies:
        return None
    counts, chosen = halvings(longest(model.spiking)), subset(evaluation, model.spiking)
    accuracy = accuracies(evaluation, chosen, counts)
    band = np.sqrt(accuracy * (1 - accuracy) / len(chosen))
    figure = new_figure(COLUMN, 80)
    panels = figure.subplots(2, 1, sharex=True)
    for axes, values, label in zip(
        panels, (accuracy, 1 - accuracy), ("accuracy (%)", "error (%)"), strict=True
    ):
        low, high = 100 * (values - band), 100 * (values + band)
        axes.fill_between(counts, low, high, color=ACCENT, alpha=0.25, lw=0)
        axes.plot(counts, 100 * values, "o-", color=ACCENT, ms=2.5, lw=0.8, clip_on=False)
        axes.set_ylabel(label)
    chance = 100 / len(evaluation.dataset.classes)
    panels[0].axhline(chance, color=GREY, lw=0.6, ls=":", label="chance")
    panels[0].set_ylim(0, 100)
    panels[0].legend(loc="upper left")
    log_scale(panels[1])
    spike_axis(panels[1], counts[-1])
    panels[0].set_title(_samples(evaluation, len(chosen)))
    letter(panels)
    figure.align_ylabels(panels)
    return figure


def _samples(evaluation: "Evaluation", shown: int) -> str:
    whole = len(evaluation.labels)
    text = f"{shown:,} samples" if shown == whole else f"{shown:,} of {whole:,} samples"
    return f"{evaluation.split}: {text}"
