"""Noise in the input: what it is, and what is counted with it."""

import numpy as np
import pytest

from snnrun.core.capabilities import Values
from snnrun.data.sets.arrays import ArraySource
from snnrun.evaluation.measures.input_noise import STRENGTHS, InputNoise, Noisy
from tests.evaluation.networks import LIVE
from tests.evaluation.runs import measured, saved, subject_of


def source(value, samples=4000):
    values = np.full((samples, 3), value, np.float32)
    return ArraySource(values, np.arange(samples), None)


def test_noise_is_normal_around_the_values():
    """Mean and deviation at five standard errors of 12,000 numbers."""
    values, targets = Noisy(source(0.5), 0.1, seed=3).read(np.arange(4000))
    assert values.dtype == np.float32
    assert values.mean() == pytest.approx(0.5, abs=5 * 0.1 / 12_000**0.5)
    assert values.std() == pytest.approx(0.1, abs=5 * 0.1 / 24_000**0.5)
    assert targets.tolist() == list(range(4000))


def test_values_stay_in_the_unit_interval():
    values, _ = Noisy(source(0.9), 0.5, seed=3).read(np.arange(1000))
    assert (values.min(), values.max()) == (0.0, 1.0)


def test_a_sample_has_the_same_draw_whoever_reads_it_and_at_every_strength():
    weak, strong = Noisy(source(0.5), 0.01, seed=3), Noisy(source(0.5), 0.02, seed=3)
    some, _ = weak.read(np.array([7, 2]))
    whole, _ = weak.read(np.arange(10))
    np.testing.assert_array_equal(some, whole[[7, 2]])
    np.testing.assert_allclose(strong.read(np.arange(10))[0] - 0.5, 2 * (whole - 0.5), atol=1e-7)
    assert not np.array_equal(Noisy(source(0.5), 0.01, seed=4).read(np.arange(10))[0], whole)


def unit():
    return [name for name in LIVE if LIVE[name]().experiment.sample_values is Values.UNIT]


@pytest.mark.parametrize("name", unit()[:3])
def test_what_is_counted_is_what_the_network_gets_right(name, tmp_path):
    live = LIVE[name]()
    found = measured(saved(tmp_path / "run", live)).of("input_noise")
    with live.learner.evaluating():
        measure = InputNoise(subject_of(live))
        again = [measure.right_with(strength) for strength in (1e-9, *STRENGTHS)]
    assert found["right"].tolist() == again
    assert found["strengths"].tolist() == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert found["right"].max() <= found["samples"]
