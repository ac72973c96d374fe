"""A network in which nothing spikes says so, whatever it is: which layer, where, of which seed."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

import snnrun
from snnrun.errors import ActivityWarning
from snnrun.experiment import Experiment
from snnrun.learning import RULES
from snnrun.learning.activity import saturated, silent

ROOT = Path(__file__).parents[2]
GOLDEN, SPLIT = ROOT / "tests/golden/format1", ROOT / "tests/training/split"


def _inhibited(whole):
    """Black is late, not silent; but weights below 0 are."""
    for layer in whole["model"]["layers"]:
        layer["weights"] = {"mean": -1.0, "std": 0.1}
    whole["learning"]["bump"] = None


#: Of each kind a small run on black images, and what else it takes.
SILENT = {
    "first_spike": (GOLDEN / "first_spike_adam_step", _inhibited),
    "random_feedback": (GOLDEN / "random_feedback_adam_exponential", None),
    "eligibility": (GOLDEN / "eligibility_sgd_cosine", None),
    "eprop": (GOLDEN / "eprop_adam_plateau", None),
    "ottt": (SPLIT / "stepwise", None),
    "surrogate": (SPLIT / "surrogate", None),
    "surrogate of layers": (SPLIT / "norms", None),
    "sbs": (GOLDEN / "sbs_multiplicative_adam_sbs_lr", None),
    "sbs of 2022": (GOLDEN / "sbs_2022_adam", None),
}
#: Kinds that say so otherwise, each with a test of its own.
ELSEWHERE = {"correlation", "reward_control"}


def black(folder, whole):
    """The same experiment on samples of which every value is 0."""
    before = Experiment.model_validate(whole).data
    random = np.random.default_rng(0)
    targets = random.integers(len(before.classes), size=60)
    np.save(folder / "values.npy", np.zeros((60, *before.input_shape), np.float32))
    np.save(folder / "targets.npy", np.concatenate([range(len(before.classes)), targets])[:60])
    files = {"values": str(folder / "values.npy"), "targets": str(folder / "targets.npy")}
    return whole | {"data": {"name": "arrays", "train": files, "test": files}}


@pytest.mark.parametrize("kind", SILENT)
def test_a_silent_network_is_told_of_with_layer_place_and_seed(tmp_path, kind):
    """Spike-By-Spike networks trained on black images without a word."""
    folder, change = SILENT[kind]
    whole = yaml.safe_load((folder / "config.yaml").read_text())
    if change:
        change(whole)
    train = {"epochs": 6, "batch_size": 10, "savepoints": [], "live_plot": False}
    whole["train"] |= train | {"tensorboard": False}
    config = Experiment.model_validate(black(tmp_path, whole))
    with pytest.warns(ActivityWarning) as told:
        snnrun.train(config, results=tmp_path)
    texts = [str(each.message) for each in told if each.category is ActivityWarning]
    assert any(re.match(r"(layer_\d+|readout) is silent: ", text) for text in texts)
    place = rf"\(epoch \d+(, batch \d+)?, seed {config.seed}\)$"
    assert all(re.search(place, text) for text in texts)


def test_every_rule_is_tried():
    tried = {kind.split()[0] for kind in SILENT} | ELSEWHERE
    assert tried == set(RULES)


def test_images_that_are_not_black_are_not_told_of(tmp_path):
    config = snnrun.load_config(
        GOLDEN / "sbs_multiplicative_adam_sbs_lr/config.yaml",
        ["train.epochs=3", "train.savepoints=[]", "train.batch_size=5"],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ActivityWarning)
        run = snnrun.train(config, results=tmp_path)
    assert run.status()["state"] == "finished"


@pytest.mark.parametrize("membranes", [[torch.inf, torch.inf, 0.0], [torch.nan], [-1.0, -0.5], []])
def test_where_no_threshold_would_help_none_is_told(membranes):
    """Training ended with an OverflowError where the membranes were infinite."""
    text = saturated("model.layers.0", -1.0, torch.tensor(membranes))
    assert text.endswith("spike at every step or never, the threshold being -1")
    assert silent("model.layers.0", 1.0, torch.tensor([[torch.nan]])).startswith("silent: no ")
