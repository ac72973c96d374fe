"""Every figure is drawn of every kind of network that it fits, from evaluation files alone."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import snnrun
from snnrun.core.capabilities import Capability
from snnrun.errors import ActivityWarning
from snnrun.evaluation import applies
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.measures import input_noise, plane, robustness
from snnrun.learning import RULES
from snnrun.models import MODELS
from snnrun.plots import PLOTS
from tests.plots.kinds import KINDS, experiment
from tests.plots.page import FILES, files_of, rows

#: Figures that have nothing to show of some networks that they fit, and of which.
NOTHING = {
    "delays": {"first_spike, one layer", "first_spike, silent"},
    "weights_and_delays": {"first_spike, one layer", "first_spike, silent"},
    "hidden_times": {"first_spike, one layer"},
    "label_times_over_epochs": {"first_spike, silent"},
    "filters": {kind for kind in KINDS if kind.startswith("lif") and "images" not in kind},
    "alignment": set(KINDS) - {"lif, images"},
    "activity": {"sbs", "sbs of 2022", "nnmf", "reconstruction", "graph, acting"},
    "cost": {"graph, acting"},  # of which no spikes are kept
    "classes": {"reconstruction"},
    "receptive_fields": {"graph, images over time"},  # its input reaches convolutions alone
    "input_noise": {"graph, images over time"},  # counts
    "step_sizes": {"sbs", "nnmf", "reconstruction"},
    "prototypes": {"nnmf", "reconstruction"},
    "convergence": {"nnmf"},
    "spikes": {"nnmf", "reconstruction"},
    "noisy_spikes": {"nnmf", "reconstruction"},
}
WITHOUT_TORCH = f"""
import runpy, sys
sys.modules["torch"] = None  # whoever imports it fails
runpy.run_path({str(Path(__file__).with_name("draw_from_files.py"))!r}, run_name="__main__")
"""


@pytest.fixture(scope="module")
def experiments():
    return {kind: experiment(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def found(experiments, tmp_path_factory):
    """What became of each figure of each kind, in another process."""
    folder, kinds = tmp_path_factory.mktemp("kinds"), {}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(plane, "POINTS", 24)
        patch.setattr(robustness, "DRAWS", 2)
        patch.setattr(input_noise, "STRENGTHS", input_noise.STRENGTHS[:2])
        warnings.simplefilter("ignore", ActivityWarning)  # some are silent
        for kind, each in experiments.items():
            run = snnrun.train(each, results=folder)
            for split in ("test", "train")[: 1 + (kind == KINDS[0])]:
                evaluate_run(run, None, split, wanted(each, split))
            kinds[str(run.path)] = kind
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_TORCH, *kinds], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {kinds[path]: figures for path, figures in json.loads(done.stdout).items()}


def wanted(experiment, split):
    """The measures of the figures that fit."""
    plots = [plot for plot in PLOTS.values() if applies(plot, experiment.offers)]
    return list(dict.fromkeys(m for plot in plots if split in plot.splits for m in plot.measures))


def test_every_kind_is_among_them(experiments):
    """A new model, rule or capability asks for an experiment in tests/plots/kinds.py."""
    models = {MODELS.name_of(each.model) for each in experiments.values()}
    rules = {RULES.name_of(each.learning) for each in experiments.values()}
    assert (models, rules) == (set(MODELS), set(RULES))
    assert set(Capability) == {c for each in experiments.values() for c in each.offers}


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_that_fits_is_drawn(kind, experiments, found):
    fitting = {name for name, plot in PLOTS.items() if applies(plot, experiments[kind].offers)}
    assert {name.split()[0] for name in found[kind]} == fitting
    failed = {name: each["failed"] for name, each in found[kind].items() if "failed" in each}
    assert failed == {}
    assert not any(each["empty"] for each in found[kind].values())
    nothing = {name.split()[0] for name, each in found[kind].items() if not each["panels"]}
    assert nothing == {name for name, kinds in NOTHING.items() if kind in kinds} & fitting


@pytest.mark.parametrize("name", PLOTS)
def test_it_is_drawn_of_some_network_from_what_the_table_and_the_page_name(name, found):
    drawn = [figures[f"{name} test"] for figures in found.values() if f"{name} test" in figures]
    assert any(each["panels"] for each in drawn)
    read = {what for each in drawn for what in each["read"]}
    assert read - FILES == set(PLOTS[name].measures)
    assert read == set(rows()[files_of(name)])


def test_all_splits_are_drawn(found):
    both = [name for name, plot in PLOTS.items() if "train" in plot.splits]
    assert {f"{name} train" for name in both} <= found[KINDS[0]].keys()
    assert len(both) > 2
