"""Tables, settings and experiments in words."""

import pytest

from snnrun.cli.describe import columns, experiment_text, list_text, show_text
from snnrun.core.capabilities import Capability
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.learning.optimizers import OPTIMIZERS
from tests.config import graph
from tests.config.yinyang import YIN_YANG, write

MAIN = ["models", "rules", "datasets", "encoders", "plots"]


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    """Text is wrapped to the terminal; here it is wide."""
    monkeypatch.setenv("COLUMNS", "140")


def rows(text: str) -> dict[str, str]:
    """First word of a line -> the first such line, with single spaces."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return {line.split()[0]: line for line in reversed(lines)}


def test_list_of_everything_begins_with_what_a_config_is_made_of():
    words = list_text().split()
    assert [word for word in words if word in MAIN] == MAIN


def test_list_of_one_table():
    width = max(map(len, OPTIMIZERS))
    assert list_text("optimizers").splitlines() == [
        "optimizers",
        *(f"  {name:{width}}  {entry.summary}" for name, entry in OPTIMIZERS.items()),
    ]


def test_show_an_optimizer():
    lines = show_text("adam").splitlines()
    assert lines[:4] == [
        "adam (optimizer)", "adaptive steps", "In a config: train.optimizer: {name: adam, ...}",
        "Paper: Kingma, Ba 2015",
    ]  # fmt: skip
    found = rows(show_text("adam"))
    assert found["setting"] == "setting takes default meaning"
    assert found["lr"] == "lr number > 0 0.001 learning rate"
    assert found["betas"].startswith("betas list of numbers >= 0, < 1 [0.9, 0.999] memory")


def test_show_a_section_and_what_lies_in_it():
    text = show_text("train")
    assert rows(text)["optimizer"].startswith("optimizer {name: ...} or null adam turns")
    assert "\n    name: sgd " in text
    assert "\n      momentum " in text
    found = rows(text)
    assert found["epochs"].startswith("epochs whole number >= 1 required passes over the")
    assert found["time_limit_minutes"].startswith("time_limit_minutes number > 0 or null null")
    assert found["precision"].startswith("precision float32 or float64 float32")
    assert found["at"] == "at list of whole numbers required epochs, ascending"


def test_show_every_entry_of_that_name():
    text = show_text("first_spike")
    assert "first_spike (model)" in text
    assert "first_spike (learning rule)" in text


def test_defaults_of_settings_inside_settings():
    found = rows(show_text("yin_yang"))
    assert found["sizes"] == "sizes map as below"
    assert found["train"] == "train whole number > 0 5000 number of samples"
    assert rows(show_text("latency"))["noise"].startswith("noise map or null null")


def test_show_what_has_no_settings():
    assert show_text("xor").endswith("It has no settings.")


def test_show_a_figure():
    """What it is drawn from, and for what: also what its measures need."""
    assert show_text("confusion").splitlines() == [
        "confusion (plot)",
        "predicted against true classes",
        "Measures: answers",
        "Needs: samples that belong to classes",
    ]
    of_plane = " ".join(show_text("label_times").split())
    assert of_plane.endswith(
        f"Measures: plane Needs: {Capability.SPIKE_TIMES}; {Capability.PLANE}; {Capability.CLASSES}"
    )


def test_show_a_measure():
    assert show_text("settling").splitlines()[0] == "settling (measure)"
    assert "Needs: a stack of Spike-By-Spike layers; latent" in show_text("settling")
    assert "Measures:" not in show_text("settling")
    assert "Needs:" not in show_text("sizes")


@pytest.mark.parametrize(("name", "guess"), [("adm", "adam"), ("yinyang", "yin_yang")])
def test_nothing_of_that_name(name, guess):
    with pytest.raises(ConfigError, match=f"nothing is called '{name}'; did you mean '{guess}'"):
        show_text(name)


def test_an_experiment(tmp_path):
    experiment = load_config(write(tmp_path, YIN_YANG))
    config, _, layers = experiment_text(experiment).partition("\n\n")
    assert config + "\n" == experiment.dump_yaml()
    assert rows(layers)["layers.0"].endswith(" 60")
    assert rows(layers)["total"] == "total 96"


def test_columns_wrap_their_last_cell():
    lines = columns([["a", "bbb", "word " * 40], ["cc", "d", "short"]])
    assert all(line.startswith(" " * 9 + "word") for line in lines[1:-1])
    assert lines[0].startswith("a   bbb  word word")
    assert lines[-1] == "cc  d    short"
    assert max(map(len, lines)) <= 140


def test_losses_of_every_rule_are_listed_and_shown():
    """Those of the first rule hid all others, which no command told of."""
    for name in ("ttfs", "cross_entropy", "mse_kl"):
        assert f"\n  {name} " in list_text("losses")
        assert show_text(name).startswith(f"{name} (loss)\n")


def test_columns_wrap_the_widest_cell_rather_than_run_over(monkeypatch):
    """`snnrun show train` was 141 columns wide in a terminal of 80."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("train", "first_spike", "sbs", "lif"):
        assert max(map(len, show_text(name).splitlines())) <= 80


def test_entries_of_maps_are_shown_once(monkeypatch):
    graph.register(monkeypatch)
    lines = [line.rstrip() for line in show_text("graph").splitlines()]
    found = rows("\n".join(lines))
    assert found["neurons"] == "neurons map of names to {name: ...} required groups"
    assert found["synapses"] == "synapses map of names to maps required from -> to"
    assert found["delays"] == "delays map of names to whole numbers {} branch: steps"
    assert found["rates"] == "rates map of names to numbers >= 0 {} wanted, spikes a step"
    assert found["pulses"].startswith("pulses map of names to lists of maps {} group")
    assert lines.count("    <name>") == 3  # of neurons, synapses and pulses
    start = lines.index("    <name>")
    assert [line[:18].rstrip() for line in lines[start - 1 : start + 5]] == [
        "  neurons",
        "    <name>",
        "      name: input",
        "        tau_trace",
        "      name: lif",
        "        n",
    ]


def test_entries_that_hold_entries_of_their_own_table_are_listed_once():
    """`residual` holds layers, and so may hold itself."""
    lines = show_text("feedforward").splitlines()
    assert sum("name: residual " in line for line in lines) == 1
    (body,) = (line for line in lines if line.split()[:1] == ["body"])
    assert body.split()[1:6] == ["list", "of", "{name:", "...}", "required"]
