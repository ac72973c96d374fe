"""Experiments that are composed of parts: the parts are in them, and nothing is said to fit."""

import pytest

from snnrun.experiment import Experiment
from snnrun.models import MODELS
from tests.training.composing import Composer, parts_of
from tests.training.placing import placed


def composed(*wanted):
    return Composer().complete(frozenset(wanted))


@pytest.mark.parametrize(
    "wanted",
    [
        [("models", "lif"), ("surrogates", "erf"), ("readouts", "leaky"), ("optimizers", "sgd")],
        [("plasticity", "mstdpet"), ("neurons", "izhikevich"), ("signals", "label")],
        [("first_spike.positivities", "clip"), ("first_spike.losses", "mse")],
        [("feedforward.layers", "residual"), ("surrogates", "erf"), ("train", "skip")],
        [("augmentations", "flip"), ("schedulers", "sbs_lr"), ("sbs.layers", "max_pooling")],
    ],
)
def test_all_that_is_wanted_is_in_it(wanted):
    """Parts of parts that are in no example too: delays, which hold positivities."""
    found = composed(*wanted)
    parts = {*parts_of(found.experiment)}
    assert {part for part in wanted if part[0] != "train"} <= parts
    assert parts <= found.parts
    assert Experiment.model_validate(found.experiment.model_dump()) == found.experiment


@pytest.mark.parametrize(
    "wanted",
    [
        [("models", "lif"), ("rules", "sbs")],
        [("rules", "correlation"), ("optimizers", "adam")],
        [("datasets", "yin_yang"), ("augmentations", "flip")],
        [("readouts", "leaky"), ("rules", "random_feedback")],
        [("models", "lif"), ("plasticity", "pair")],
    ],
)
def test_what_checks_refuse_is_in_none(wanted):
    assert composed(*wanted) is None


def test_options_of_training_are_as_they_say():
    train = composed(("train", "clip"), ("train", "double")).experiment.train
    assert (train.clip.norm, train.precision) == (0.5, "float64")


def test_an_entry_is_put_wherever_there_is_a_place():
    plain = {"layers": [{"size": 3, "surrogate": {"name": "erf", "sharpness": 2.0}}]}
    found = list(
        placed(
            MODELS["lif"].settings, plain, ("surrogates", "arctan"), lambda *_: [{"height": 3.0}]
        )
    )
    whole, of_layer = {"name": "arctan", "height": 3.0}, {"sharpness": 2.0}
    assert {**plain, "surrogate": whole} in found
    assert {"layers": [{"size": 3, "surrogate": {**whole, **of_layer}}]} in found
