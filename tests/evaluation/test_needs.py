"""What figures, measures and parts need is there: offered by something, and used by something."""

from itertools import product

import pytest

from snnrun.core.capabilities import Capability, InputKind, Target, Values
from snnrun.data import DATASETS
from snnrun.encoders import ENCODERS
from snnrun.evaluation import MEASURES, applies, needs_of
from snnrun.evaluation.figures import fitting
from snnrun.experiment import Experiment
from snnrun.learning import RULES
from snnrun.models import MODELS
from snnrun.plots import PLOTS, Plot
from tests.evaluation.networks import graph, lif
from tests.plots.conftest import experiment
from tests.plots.kinds import experiment as of_kind


def offered_together() -> list[frozenset[Capability]]:
    """What each model offers with each rule that can train it, and with each data set."""
    parts = product(*(table.values() for table in (MODELS, RULES, DATASETS)))
    return [
        model.settings.offers | rule.settings.offers | data.settings.offers | {Capability.CLASSES}
        for model, rule, data in parts
        if rule.settings.needs <= model.settings.offers and Target.CLASSES in rule.settings.targets
    ]


TOGETHER = offered_together()


@pytest.mark.parametrize("name", PLOTS)
def test_what_a_figure_needs_is_offered_by_parts_that_go_together(name):
    assert any(applies(PLOTS[name], offers) for offers in TOGETHER)


@pytest.mark.parametrize("name", MEASURES)
def test_what_a_measure_needs_is_offered_by_parts_that_go_together(name):
    assert any(MEASURES[name].needs <= offers for offers in TOGETHER)


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_needs_is_offered_by_a_model(name):
    assert any(RULES[name].settings.needs <= entry.settings.offers for entry in MODELS.values())


def kinds(name: str) -> set[InputKind]:
    """What an encoder can give of images with and without time, and of spike times."""
    each = product(Values, (True, False))
    encoder = ENCODERS[name].settings
    return {kind for values, timed in each for kind in encoder.kinds(values, (1, 2, 3), timed)}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_can_be_trained_and_shown_something(name):
    settings = MODELS[name].settings
    assert any(entry.settings.needs <= settings.offers for entry in RULES.values())
    assert any(settings.input_kind in kinds(name) for name in ENCODERS)


@pytest.mark.parametrize("name", ENCODERS)
def test_what_an_encoder_gives_is_taken_by_a_model(name):
    taken = {entry.settings.input_kind for entry in MODELS.values()}
    assert kinds(name) & taken


def test_every_capability_is_offered_by_something():
    assert set(Capability) == {capability for offers in TOGETHER for capability in offers}


def test_every_kind_of_input_is_one_that_an_encoder_may_give():
    assert set().union(*(kinds(name) for name in ENCODERS)) == set(InputKind)


# ---- figures and measures ----


@pytest.mark.parametrize("name", PLOTS)
def test_the_measures_of_a_figure_exist(name):
    measures = PLOTS[name].measures
    assert set(measures) <= set(MEASURES)
    assert len(set(measures)) == len(measures)


def test_every_measure_is_drawn_by_some_figure():
    assert {name for plot in PLOTS.values() for name in plot.measures} == set(MEASURES)


@pytest.mark.parametrize("name", PLOTS)
def test_a_figure_says_only_what_its_measures_do_not(name):
    """A need that a measure has anyway would have to be changed in two places."""
    of_measures = {need for measure in PLOTS[name].measures for need in MEASURES[measure].needs}
    assert PLOTS[name].needs.isdisjoint(of_measures)


def test_a_figure_needs_what_its_measures_need():
    plot = Plot("m:f", "", measures=("plane",), needs=frozenset({Capability.SPIKES}))
    assert needs_of(plot) == {Capability.SPIKES, Capability.PLANE, Capability.CLASSES}
    assert not applies(plot, frozenset({Capability.SPIKES, Capability.PLANE}))


# ---- which figures a network has ----

OF_ALL = {"curves", "confusion", "classes", "weights", "activity", "cost", "input_noise"}
OF_THE_PLANE = {"classification", "label_times", "hidden_times"}
OF_STEPS = {
    "decisions", "steps", "membranes", "density", "filters", "alignment", "gradients",
    "steps_before_after", "membranes_before_after",
}  # fmt: skip
OF_GRAPHS = {"graph", "receptive_fields", "assignments", "adaptation", "events", "event_film"}
OF_MOVING_IMAGES = {"recordings"}
OF_GROUPS = {
    "kernels", "prototypes", "step_sizes", "activities", "convergence", "spikes", "noisy_spikes",
}  # fmt: skip


def test_figures_of_the_plane_are_for_data_of_the_plane():
    settings = experiment().model_dump()
    settings["model"]["layers"][-1]["size"] = 10
    digits = Experiment.model_validate(settings | {"data": {"name": "digits"}})
    assert set(fitting(experiment())) - set(fitting(digits)) == OF_THE_PLANE
    others = OF_STEPS | OF_GROUPS | OF_GRAPHS | OF_MOVING_IMAGES
    assert set(fitting(experiment())) == set(PLOTS) - others


def test_figures_of_steps_are_for_what_advances_in_steps():
    found = fitting(lif({"name": "leaky"}, "eprop").experiment)
    assert set(found) == OF_ALL | OF_STEPS | {"classification"}


def test_films_of_samples_are_for_images_over_time():
    """Of a camera by its settings alone; of arrays by their shape."""
    assert OF_MOVING_IMAGES <= set(fitting(of_kind("graph, images over time")))
    settings = of_kind("graph, images over time").model_dump()
    settings["data"] = {"name": "n_mnist"}
    assert OF_MOVING_IMAGES <= set(fitting(Experiment.model_validate(settings)))


def test_figures_of_graphs_are_for_graphs():
    assert set(fitting(graph().experiment)) == OF_ALL | OF_GRAPHS
