"""Neurons, synapses and rules that somebody brings in a file, beside ours in one graph."""

import re
from pathlib import Path

import pytest
import torch

import snnrun
from snnrun import extending
from snnrun.experiment import load_config
from snnrun.extending import parts
from tests.cli.running import run
from tests.forgetting import forgotten

#: Neurons that count to a number, synapses with a fan of weights, and a rule that lets them grow.
OWN = """
import torch
from typing import ClassVar
from snnrun.extending import Entry, GroupSettings, PlasticitySettings, WeightedSettings


class CounterSettings(GroupSettings):
    "Neurons that spike when they have received enough."
    size: int
    enough: float = 2.0

    @property
    def shape(self):
        return (self.size,)

    def build(self, shape, dt, generator):
        from snnrun.extending.parts import Group

        class Counter(Group):
            def reset(self, batch, like):
                super().reset(batch, like)
                self.count = torch.zeros_like(self.spikes)

            def spike(self, x):
                self.count = self.count + x
                spikes = (self.count >= enough).to(x)
                self.count = self.count * (1 - spikes)
                return spikes

        enough = self.enough
        return Counter(shape, self.trace, dt)


class HalvesSettings(WeightedSettings):
    "Dense synapses, of which each brings half its weight."

    def make(self, pre, post, options, generator):
        from snnrun.extending.parts import Dense

        class Halves(Dense):
            def project(self, weight, spikes):
                return super().project(weight / 2, spikes)

        return Halves(pre, post, **options)


class GrowSettings(PlasticitySettings):
    "Weights grow by an amount where both sides spike."
    traces: ClassVar = ()
    amount: float = 0.5

    def build(self):
        from snnrun.extending.parts import Plasticity

        class Grow(Plasticity):
            def change(self, synapses, pre, post, signals):
                return amount * synapses.pairs(synapses.at(post.spikes), synapses.seen(pre.spikes))

        amount = self.amount
        return Grow()


COMPONENTS = {
    "neurons": {"counter": Entry(CounterSettings, "own:Counter", summary="counts")},
    "synapses": {"halves": Entry(HalvesSettings, "own:Halves", summary="half")},
    "plasticity": {"grow": Entry(GrowSettings, "own:Grow", summary="grows")},
}
"""
CONFIG = """
plugins: [own]
data: {name: digits}
encoder: {name: poisson, steps: 2}
model:
  name: graph
  neurons:
    X: {name: input, trace: {tau: 20.0}}
    C: {name: conv_lif}
    E: {name: counter, size: 6, enough: 1.0, trace: {tau: 20.0}}
  synapses:
    X -> C: {name: conv2d, filters: 2, kernel: 3, stride: 2, init: {name: constant, value: 1.0}}
    C -> E:
      name: halves
      init: {name: uniform, low: 0.0, high: 0.2}
      bounds: [0.0, 0.4]
      rules: [{name: grow, amount: 0.01}, {name: pair}]
learning: {name: correlation, readout: E, label_samples: 20}
train: {epochs: 1, batch_size: 300, threads: 1, live_plot: false, tensorboard: false}
"""


def test_what_the_page_says_of_parts_of_graphs_can_be_imported():
    page = (Path(__file__).parents[3] / "docs" / "extending.md").read_text(encoding="utf-8")
    told = page.partition("**Parts of a graph.**")[2].partition("\n\n")[0]
    settings = set(re.findall(r"`(\w+Settings)\.", told))
    names = set(re.findall(r"`(trace_of|[A-Z]\w+)[`(]", told))
    assert settings == {"GroupSettings", "WeightedSettings", "PlasticitySettings"}
    assert names == {"Connection", "Dense", "Group", "Plasticity", "Weighted", "trace_of"}
    assert settings <= vars(extending).keys()
    assert names <= vars(parts).keys()
    assert {"Arrival", "LIF", "Signals"} <= vars(parts).keys()


@pytest.fixture
def config(tmp_path):
    lif = "{name: lif, tau: 20.0, rest: 0.0, threshold: 2.0, refractory: 0.0, trace: {}}"
    path = tmp_path / "own.yaml"
    path.write_text(CONFIG.replace("{name: conv_lif}", lif))
    path.with_name("own.py").write_text(OWN)
    with forgotten(tmp_path):
        yield path


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")  # six neurons, ten classes
def test_they_train_beside_ours(config, tmp_path):
    code, out, err = run("train", config, "--quiet", "--results", tmp_path / "runs")
    assert code == 0, err
    done = tmp_path / "runs" / out.strip().split("/")[-1]
    before, after = (snnrun.load(done, epoch) for epoch in (0, 1))
    weights = [each.model.network.synapses["C->E"].weight for each in (before, after)]
    grown = weights[1]
    assert (grown - weights[0]).abs().max() > 0.05
    assert float(grown.max()) == pytest.approx(0.4)
    assert torch.equal(after.model.network.synapses["X->C"].weight, torch.ones(2, 1, 3, 3).double())
    assert float(after.rule.votes.labels.totals.sum()) > 20  # E spiked for the samples with labels


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")
def test_the_parts_of_the_page_train_beside_ours(config, tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "extending.md").read_text(encoding="utf-8")
    told = page.partition("as `graph_parts.py` beside")[2].partition("```python\n")[2]
    (tmp_path / "graph_parts.py").write_text(told.partition("```")[0], encoding="utf-8")
    text = config.read_text().replace("[own]", "[graph_parts]").replace("halves", "lossy")
    config.write_text(text.replace("{name: grow, amount: 0.01}", "{name: growth, nu: 0.05}"))
    run_dir = snnrun.train(config, results=tmp_path / "runs")
    before, after = (
        snnrun.load(run_dir, epoch).model.network.synapses["C->E"].weight for epoch in (0, 1)
    )
    assert (after - before).abs().max() > 0.05
    assert list(load_config(config).model.neurons) == ["X", "C", "E"]
