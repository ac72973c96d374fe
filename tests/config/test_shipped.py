"""Configs that come with snnrun, called by their names from any folder."""

from pathlib import Path

import pytest

from snnrun import load_config
from snnrun.config import shipped
from snnrun.config.reading import read_config
from snnrun.data import DATASETS
from snnrun.errors import ConfigError
from snnrun.studies.cases import Plan
from snnrun.studies.folder import write_sweep
from tests.cli.running import run
from tests.config.yinyang import YIN_YANG, write

ROOT = Path(__file__).parents[2]
XorSettings, YinYangSettings = DATASETS["xor"].settings, DATASETS["yin_yang"].settings
EXPERIMENTS = [name for name in shipped.names() if "/" not in name]
SWEEPS = [name for name in shipped.names() if "/" in name]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder, far from the configs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_file_but_the_facts_of_papers_has_a_name():
    files = {*ROOT.glob("configs/**/*.yaml")} - {*ROOT.glob("configs/papers/*/paper.yaml")}
    assert {shipped.located(name) for name in shipped.names()} == files
    assert SWEEPS[-1] == "sweep/all_rules_mnist"
    assert EXPERIMENTS == [*shipped.names()][: len(EXPERIMENTS)]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_copy_is_the_same_experiment(elsewhere, name):
    copy = write(elsewhere, shipped.copy_of(name))
    assert load_config(copy) == load_config(name)


@pytest.mark.parametrize("name", SWEEPS)
def test_a_copy_is_the_same_sweep(elsewhere, name):
    copy = Plan.read(write(elsewhere, shipped.copy_of(name)))
    theirs = Plan.read(Path(name))
    assert copy.starts() == theirs.starts()
    assert theirs.name == Path(name).name


def test_what_lies_under_the_name_goes_before_it(elsewhere):
    assert isinstance(load_config("first_spike_xor").data, XorSettings)
    write(elsewhere, YIN_YANG, "first_spike_xor")
    assert shipped.located("first_spike_xor") == Path("first_spike_xor")
    assert load_config("first_spike_xor").seed == 2000


def test_others_start_from_it(elsewhere):
    text = "extends: first_spike_mnist\nseed: 7\n"
    base = load_config("first_spike_mnist")
    assert load_config(write(elsewhere, text)) == base.model_copy(update={"seed": 7})
    write(elsewhere, YIN_YANG, "first_spike_mnist")
    assert isinstance(load_config(elsewhere / "yy.yaml").data, YinYangSettings)


def test_the_file_beside_goes_before_it_wherever_one_stands(elsewhere, monkeypatch):
    (elsewhere / "sub").mkdir()
    monkeypatch.chdir("sub")
    path = write(elsewhere, "extends: first_spike_xor\nseed: 7\n")
    write(elsewhere, YIN_YANG, "first_spike_xor")
    assert isinstance(load_config(path).data, YinYangSettings)


def test_sweeps_start_from_it(elsewhere):
    path = write(elsewhere, "config: first_spike_xor\nseeds: 2\n", "mine.yaml")
    plan = Plan.read(path)
    assert [type(case.experiment.data) for case in plan.cases()] == [XorSettings] * 2
    write_sweep(elsewhere / "kept" / "mine", plan)
    assert Plan.read(elsewhere / "kept" / "mine" / "sweep.yaml").cases() == plan.cases()
    (case,) = Plan.of_seeds(Path("first_spike_xor"), (), 1).cases()
    assert case.experiment == load_config("first_spike_xor")


def test_a_sweep_without_a_config_takes_a_name(elsewhere):
    (elsewhere / "sub").mkdir()
    path = write(elsewhere / "sub", "seeds: 1\n", "mine.yaml")
    (case,) = Plan.read(path, Path("first_spike_xor")).cases()
    assert isinstance(case.experiment.data, XorSettings)


@pytest.mark.parametrize("name", ["first_spike_mnits", "configs/first_spike_mnist.yaml"])
def test_the_nearest_name_is_told(name):
    told = f"^no such file: {name}; did you mean first_spike_mnist, which comes with snnrun[?]$"
    with pytest.raises(ConfigError, match=told):
        read_config(Path(name))


def test_some_are_told_where_none_is_near():
    with pytest.raises(ConfigError, match=r"^no such file: frobnicate\. With snnrun come diehl"):
        load_config("frobnicate")


def test_a_copy_of_nothing():
    with pytest.raises(ConfigError, match="'first_spike_mnits' comes with snnrun; did you mean"):
        shipped.copy_of("first_spike_mnits")
    with pytest.raises(ConfigError, match=r"there are: diehl_cook_100_mnist, .*, first_spike_xor"):
        shipped.copy_of("frobnicate")


def test_names_that_lead_elsewhere_are_paths():
    for name in ("", "../configs/first_spike_xor", "papers", "papers/delgrad/paper", "a\0b"):
        assert shipped.located(name) == Path(name)


def test_without_any_a_file_of_ones_own_is_read(elsewhere, monkeypatch):
    """An installation without configs reads others."""
    monkeypatch.setattr(shipped, "_PACKAGE", elsewhere / "snnrun")
    shipped.names.cache_clear()
    try:
        assert shipped.names() == ()
        assert load_config(write(elsewhere, YIN_YANG)).seed == 2000
        with pytest.raises(ConfigError, match=r"^no such file: first_spike_xor\. In \./: yy.yaml$"):
            load_config("first_spike_xor")
    finally:
        shipped.names.cache_clear()


def test_each_says_what_it_is():
    """What comes along was told by nothing but a mistake in `snnrun new --from`."""
    code, out, _ = run("list", "configs")
    assert code == 0
    assert "  first_spike_xor                   First spikes on the exclusive or\n" in out
    assert all(shipped.summary(name) for name in shipped.names())
