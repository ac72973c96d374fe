"""Samples as they are: time first without a copy, flat or not as the model wants, spike times."""

import math
import re
from typing import ClassVar

import numpy as np
import pytest
import torch

import snnrun
from snnrun.core.capabilities import InputKind, Values
from snnrun.data.dataset import DataSettings
from snnrun.data.loader import Use
from snnrun.encoders import GivenSettings, build_encoder
from snnrun.encoders.settings import SteppedSettings
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.fitting import misfits
from snnrun.training.learner import build_learner, load_data
from tests.batches import random_of

TIMED = torch.arange(4 * 5 * 2 * 3 * 6.0).view(4, 5, 2, 3, 6)  # samples, time, image
RANDOM = random_of(4)


def given(shape, kind, **settings):
    return build_encoder(GivenSettings(**settings), shape, kind)


def test_steps_come_first_and_flat():
    encoder = given((2, 3, 6), InputKind.STEPS)
    shown = encoder(encoder.prepare(TIMED), RANDOM)
    assert shown.shape == (5, 4, 36)
    for step in range(5):
        for sample in range(4):
            assert torch.equal(shown[step, sample], TIMED[sample, step].flatten())
    assert not encoder.constant


def test_image_steps_keep_their_shape():
    encoder = given((2, 3, 6), InputKind.IMAGE_STEPS)
    shown = encoder(encoder.prepare(TIMED), RANDOM)
    assert shown.shape == (5, 4, 2, 3, 6)
    assert torch.equal(shown[3, 1], TIMED[1, 3])


@pytest.mark.parametrize("kind", [InputKind.STEPS, InputKind.IMAGE_STEPS])
def test_nothing_is_copied(kind):
    encoder = given((2, 3, 6), kind)
    assert encoder(encoder.prepare(TIMED), RANDOM).data_ptr() == TIMED.data_ptr()


def test_spike_times_come_in_tau_syn():
    encoder = given((2, 2), InputKind.SPIKE_TIMES, tau_syn=5.0)
    times = torch.tensor([[[0.0, 2.5], [10.0, math.inf]]])
    assert encoder(encoder.prepare(times), RANDOM).tolist() == [[0.0, 0.5, 2.0, math.inf]]


def test_images_stay_images():
    encoder = given((2, 3, 6), InputKind.IMAGES)
    assert encoder(encoder.prepare(TIMED[:, 0]), RANDOM).shape == (4, 2, 3, 6)


@pytest.mark.parametrize(
    ("values", "shape", "timed", "kinds"),
    [
        (Values.ANY, (7,), True, {InputKind.STEPS}),
        (Values.UNIT, (2, 3, 6), True, {InputKind.STEPS, InputKind.IMAGE_STEPS}),
        (Values.SPIKE_TIMES, (2, 3, 6), False, {InputKind.SPIKE_TIMES}),
        (Values.UNIT, (2, 3, 6), False, {InputKind.IMAGES}),
        (Values.COUNTS, (2, 3, 6), False, {InputKind.IMAGES}),
        (Values.ANY, (2, 3, 6), False, set()),  # models of images take nothing negative
        (Values.UNIT, (7,), False, set()),
    ],
)
def test_what_it_can_give_depends_on_the_samples(values, shape, timed, kinds):
    assert GivenSettings().kinds(values, shape, timed) == kinds


DATA = (
    "data={name: arrays, train: {values: x.npy, targets: y.npy}, test: 0.2, targets_are: classes, "
    "names: [a, b], %s}"
)
LIF = """
data: {name: yin_yang}
encoder: {name: given}
model: {name: lif, layers: [{size: 4}]}
learning: {name: random_feedback}
train: {epochs: 1, batch_size: 4}
"""
FIRST_SPIKE = [
    "model={name: first_spike, layers: [{size: 2, weights: {mean: 1, std: 1}}]}",
    "learning={name: first_spike}",
]


def config(folder, data, *overrides):
    path = folder / "given.yaml"
    path.write_text(LIF)
    return load_config(path, [DATA % data, *overrides])


def test_it_fits_what_takes_it(tmp_path):
    timed = config(tmp_path, "shape: [9, 2, 3, 6], time_axis: 1, values_are: counts")
    assert timed.model_input == 36
    times = config(tmp_path, "shape: [7], values_are: spike_times", *FIRST_SPIKE)
    assert times.model_input == 7


@pytest.mark.parametrize(
    ("data", "overrides", "message"),
    [
        ("shape: [9, 7], time_axis: 1", FIRST_SPIKE,
         "encoder: gives steps, but the model takes spike times; no encoder gives that of such"),
        ("shape: [7], values_are: spike_times", [],
         "encoder: gives spike times, but the model takes steps; no encoder gives that of such"),
        ("shape: [7]", [],
         "encoder: gives nothing for such samples, but the model takes steps; those that fit: rate,"
         " poisson, bernoulli, population, latency_steps, rank_order, single"),
        ("shape: [9, 7], time_axis: 1", ["encoder={name: rate}"],
         "encoder: does not encode samples with 9 steps; those that do: delta, given"),
        ("shape: [9, 7], time_axis: 1, values_are: counts", ["encoder={name: poisson}"],
         r"encoder: encodes values in \[0, 1\], but the data have values of 0 and more; those that "
         "do: delta, given"),
        ("shape: [7], values_are: any", ["encoder={name: poisson}"],
         "those that do: rate, single, given"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(tmp_path, data, overrides, message):
    with pytest.raises(ConfigError, match=message):
        config(tmp_path, data, *overrides)


class Silent(SteppedSettings):
    """No neuron for any value."""

    def output_shape(self, input_shape):
        return (0,)


class Empty(DataSettings):
    """Samples without a step."""

    input_shape: ClassVar = (7,)
    classes: ClassVar = ("a", "b")
    steps: ClassVar = 0


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"data": Empty()}, r"samples have shape \[0, 7\]; expected 1 or more of each axis"),
        ({"encoder": Silent()}, r"gives samples of shape \[0\]; expected 1 or more of each axis"),
    ],
)
def test_samples_without_a_step_or_a_value_are_refused(tmp_path, part, message):
    """Parts of anybody's may say so; ours refuse it where it is said."""
    whole = config(tmp_path, "shape: [7]", "encoder={name: rate}")
    assert list(misfits(whole)) == []
    (problem,) = misfits(whole.model_copy(update=part))
    assert problem["loc"] == tuple(part)
    assert re.fullmatch(message, problem["msg"])


# ---- from a file to a trained network ----

SAMPLES, STEPS, SHAPE = 40, 9, (2, 3)
LEARNING = Use("train", learning=True)
SAID = {
    "lif": [
        f"shape: [{STEPS}, 2, 3], time_axis: 1, values_are: counts",
        "encoder={name: given}",
    ],
    "first_spike": [
        "shape: [2, 3], values_are: spike_times",
        "encoder={name: given, tau_syn: 4.0}",
        "model={name: first_spike, layers: [{size: 2, bias_times: [0.9], "
        "weights: {mean: 1.0, std: 0.8}, max_missing_spikes: 1.0}]}",
        "learning={name: first_spike}",
    ],
}


def samples_of(model):
    """Counts at each step, or times in ms of which some never come; the class shows in them."""
    random, targets = np.random.default_rng(3), np.arange(SAMPLES) % 2
    if model == "lif":
        rates = np.where(targets[:, None, None, None], 0.4, 2.5)
        return random.poisson(rates, (SAMPLES, STEPS, *SHAPE)).astype(np.uint8), targets
    times = random.uniform(0, 4, (SAMPLES, *SHAPE)) + 4 * targets[:, None, None]
    times[:, 1, 2] = np.inf
    return times, targets


def as_shown(model, values):
    """What the model has to see: all values of a step, or spike times in tau_syn, side by side."""
    found = torch.from_numpy(values.astype(np.float32))
    return found.flatten(2).transpose(0, 1) if model == "lif" else found.flatten(1) / 4


@pytest.fixture(params=SAID)
def archive(request, tmp_path, monkeypatch):
    """A model, the samples of an archive, and an experiment with both; every fourth tests."""
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    values, targets = samples_of(request.param)
    np.savez(tmp_path / "given.npz", x=values, y=targets)
    data, *others = SAID[request.param]
    files = "{values: given.npz/x, targets: given.npz/y}"
    experiment = config(
        tmp_path,
        "shape: [7]",
        f"data={{name: arrays, train: {files}, test: 0.25, validation: test, {data}}}",
        "train={epochs: 1, batch_size: 7, optimizer: {name: adam, lr: 0.05}, live_plot: false, "
        "tensorboard: false}",
        *others,
    )
    return request.param, values, targets, experiment


def test_a_model_sees_what_is_in_the_archive(archive):
    model, values, targets, experiment = archive
    learner, source = build_learner(experiment), load_data(experiment).train
    batches = list(learner.loader(source, experiment, LEARNING, 7).epoch(0))
    assert [len(batch) for batch in batches] == [7, 7, 7, 7, 2]
    for batch in batches:
        own = batch.random.samples  # the last five of each class test
        torch.testing.assert_close(batch.inputs, as_shown(model, values[own]), rtol=0, atol=0)
        assert batch.targets.tolist() == targets[own].tolist()
        assert not batch.constant


def test_a_network_learns_from_the_archive(archive, tmp_path):
    model, values, targets, experiment = archive
    before = build_learner(experiment).state_dict()
    run = snnrun.train(experiment, name="given", results=tmp_path)
    trained = snnrun.load(run)
    learned = [name for name in before if name.endswith("weights")]
    assert learned
    for name in learned:
        assert not torch.equal(trained.state_dict()[name], before[name])
    held = values[30:].astype(np.float32)
    with torch.no_grad():
        found = trained.rule.scores(trained(torch.from_numpy(held)))
        record = trained.model(as_shown(model, held).contiguous())
        torch.testing.assert_close(trained.rule.scores(record), found)
    assert found.std(0).min() > 1e-3
    right = (found.argmax(1).numpy() == targets[30:]).mean()
    assert snnrun.inference(run).accuracy == pytest.approx(right)
    (logged,) = [
        row["value"]
        for row in run.logged()
        if (row["split"], row["epoch"], row["name"]) == ("validation", 1, "accuracy")
    ]
    assert logged == pytest.approx(right)
