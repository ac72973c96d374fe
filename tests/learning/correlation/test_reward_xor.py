"""The shipped config learns XOR by reward alone."""

from pathlib import Path

import pytest
import torch

import snnrun
from snnrun.experiment import load_config
from snnrun.training.learner import build_learner

CONFIG = Path(__file__).parents[3] / "configs" / "reward_xor.yaml"
QUIET = ["train.live_plot=false", "train.tensorboard=false"]


@pytest.mark.parametrize("seed", [1, 2])
def test_it_learns_all_four_patterns(tmp_path, seed):
    run = snnrun.train(CONFIG, [f"seed={seed}", "train.epochs=5", *QUIET], results=tmp_path)
    accuracy = run.curve("validation", "accuracy")[1]
    assert accuracy[0] < 0.8
    assert accuracy[-1] == 1.0


def test_averages_are_float64_in_a_network_of_any_type():
    network = build_learner(load_config(CONFIG)).model.network
    averages = [rule.average for edge in network.edges for rule in edge.rules]
    assert [each.dtype for each in averages] == [torch.float64] * 2
    assert network.edges[0].synapses.weight.dtype == torch.float32
    assert network.state_dict()["rules.in->hid.0.average"] is not None
