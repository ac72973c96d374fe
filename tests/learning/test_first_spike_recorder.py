"""What is kept of every epoch: the weights of the labels, and how their spikes are spread."""

import numpy as np
import pytest
import torch

from snnrun.core.record import Record
from snnrun.learning.first_spike.recorder import MOST, LabelRecorder, by_class
from snnrun.models.first_spike.net import FirstSpikeNet
from snnrun.models.first_spike.settings import FirstSpikeSettings


def network(inputs: int, *sizes: int) -> FirstSpikeNet:
    layers = [{"size": size, "bias_times": [0.9]} for size in sizes]
    settings = FirstSpikeSettings.model_validate({"layers": layers})
    return FirstSpikeNet(settings, inputs, torch.Generator().manual_seed(1))


def test_batches_together_are_one_pass():
    random = np.random.default_rng(4)
    times, labels = random.random((70, 3)) + 0.2, random.integers(0, 3, 70)
    times[random.random(times.shape) < 0.2] = np.inf
    recorder = LabelRecorder(network(4, 5, 3))
    for part in np.array_split(np.arange(70), 4):
        recorder.add(Record(times=[torch.from_numpy(times[part])]), torch.from_numpy(labels[part]))
    kept = recorder.arrays()
    assert kept["layers.1.weights"].shape == (6, 3)
    spiked = np.where(np.isfinite(times), times, np.nan)
    for true in range(3):
        own = spiked[labels == true]
        np.testing.assert_allclose(kept["label_times/mean"][true], np.nanmean(own, 0), rtol=1e-13)
        np.testing.assert_allclose(kept["label_times/std"][true], np.nanstd(own, 0), rtol=1e-13)


def test_a_class_without_samples_has_no_times():
    mean, std = by_class(np.array([[1.0, 2.0, 3.0]]), np.array([1]))
    np.testing.assert_array_equal(np.isfinite(mean), [[False] * 3, [True] * 3, [False] * 3])
    np.testing.assert_array_equal(std[1], [0, 0, 0])


@pytest.mark.parametrize(("hidden", "kept"), [(MOST // 2 - 1, True), (MOST // 2, False)])
def test_very_many_weights_are_not_kept(hidden, kept):
    recorder = LabelRecorder(network(1, hidden, 2))
    recorder.add(Record(times=[torch.ones(1, 2)]), torch.tensor([0]))
    assert ("layers.1.weights" in recorder.arrays()) == kept
    assert "label_times/mean" in recorder.arrays()
