"""The page for users of PySNN: its programs run, its config is a file of ours, as are its names."""

import re
from pathlib import Path

import pytest
import torch
import yaml
from PIL import Image

import snnrun
from snnrun.config.reading import read_config
from snnrun.experiment import experiment_of, load_config
from snnrun.models.graph.net import build
from snnrun.models.graph.neurons import NEURONS
from snnrun.models.graph.rules import PLASTICITY
from snnrun.models.graph.synapses import SYNAPSES
from snnrun.nn import graph
from snnrun.plots import PLOTS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "pysnn.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
(CONFIG,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
FILE = ROOT / "configs" / "pysnn_mlp_cyclic.yaml"


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the programs leave behind, one after the other, and in which folder."""
    found = {"folder": tmp_path_factory.mktemp("pysnn")}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(found["folder"])
        exec(compile("".join(PROGRAMS), "docs/pysnn.md", "exec"), found)
    return found


def test_the_network_tells_an_input_from_none_once_it_has_learned(names):
    before, after = names["before"], names["after"]
    assert before.max() < 3
    assert after[0] < 0.7 * after[1:].min()
    assert after[1:].min() > 8
    for edge in names["network"].edges[:2]:
        assert 1.0 < edge.synapses.weight.mean() < 2.0


def test_groups_hold_what_the_neurons_of_pysnn_hold(names):
    hidden = names["hidden"]
    assert {hidden.spikes.shape, hidden.membranes.shape, hidden.trace.shape} == {(1, 10)}


def test_rewards_move_the_weights(names):
    weight = names["synapses"].weight
    assert (weight != 0.6).all()
    assert weight.isfinite().all()
    assert names["found"]["post"].sum() > 5


def test_a_film_of_spikes(names):
    with Image.open(names["folder"] / "spikes.gif") as film:
        assert film.n_frames == names["moving"].frames == 30
    images = [axes.images[0].get_array() for axes in names["moving"].axes]
    assert [each.shape for each in images] == [(2, 5)] * 2
    assert all(each.max() > 0 for each in images)


def test_the_config_of_the_page_is_the_file():
    whole = yaml.safe_load(CONFIG)
    file = read_config(FILE).data
    experiment = load_config(FILE)
    assert set(whole) < set(file)
    train = experiment.train.model_dump()
    page = experiment_of({**whole, "seed": 1, "train": train}, "docs/pysnn.md")
    assert page == experiment


def test_program_and_config_are_the_same_network(names):
    """With the weights of the one in the other, they spike alike and learn alike, to float32."""
    settings = load_config(FILE).model
    net = build(settings, 10, 2, torch.Generator().manual_seed(3)).float()
    for edge, own in zip(net.network.edges, names["network"].edges, strict=True):
        assert (edge.pre, edge.post, edge.synapses.delay) == (own.pre, own.post, own.synapses.delay)
        own.synapses.weight.data = edge.synapses.weight.detach().clone()
    x = (torch.rand(60, 1, 10, generator=torch.Generator().manual_seed(1)) < 0.2).float()
    for learn in (True, False):
        found = [each.run({"in": x}, learn=learn) for each in (net.network, names["network"])]
        for name in ("hidden", "out"):
            assert torch.equal(found[0][name], found[1][name])
            assert found[0][name].any()
    for edge, own in zip(net.network.edges, names["network"].edges, strict=True):
        torch.testing.assert_close(own.synapses.weight, edge.synapses.weight)


def test_the_names_in_the_table_are_there():
    """Names in code of its second and third column that stand alone, or before a bracket."""
    rows = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    told = {word for row in rows for word in re.findall(r"`([A-Z]\w+)", row[1])}
    assert told - {"LogicSettings", "NMnistSettings"} <= set(graph.__all__)
    assert {"Dense", "Fede", "FedeRule", "TracedReward", "Relay"} <= told
    for known, wanted in (
        (NEURONS, {"input", "lif", "pysnn_alif", "alif", "fede", "relay"}),
        (SYNAPSES, {"dense", "conv2d", "max_pool2d", "adaptive_max_pool2d"}),
        (PLASTICITY, {"mstdpet_traces", "fede"}),
        (PLOTS, {"events", "graph"}),
    ):
        for name in wanted:
            assert name in known
            assert f"`{name}`" in PAGE


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")  # nearly silent before
def test_the_config_learns_or_in_an_epoch(tmp_path):
    run = snnrun.train(load_config(FILE, ["train.epochs=1"]), results=tmp_path / "runs")
    curve = {
        row["epoch"]: row["value"]
        for row in run.logged()
        if (row["split"], row["name"]) == ("validation", "accuracy")
    }
    assert curve[0] < 0.5
    assert curve[1] > 0.9
