"""Starter configs: they are right, complete and commented."""

import pytest

from snnrun.cli.starter import fitting, starter
from snnrun.core.registry import Entry, Settings
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.learning import RULES
from snnrun.models import MODELS
from tests.config.yinyang import write


@pytest.mark.parametrize("model", MODELS)
def test_it_loads_as_the_experiment_that_it_was_made_from(tmp_path, model):
    text = starter(model)
    assert load_config(write(tmp_path, text)) == fitting(model)
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_of_the_sections_stands_in_it(model):
    keys = {line.split("#")[0].strip(" -").split(":")[0] for line in starter(model).splitlines()}
    dumped = fitting(model).model_dump()
    wanted = {key for section in dumped.values() if isinstance(section, dict) for key in section}
    assert wanted - keys == set()


def test_meanings_stand_beside_the_settings():
    lines = starter("first_spike").splitlines()
    assert "  epochs: 100  # passes over the training data" in lines
    assert "    name: adam  # one of adam, sgd, multiplicative_adam" in lines
    above = " ".join(line.strip(" #") for line in lines[: lines.index("  scheduler: null")])
    assert above.endswith(
        "null: constant; one of step, multistep, exponential, cosine, plateau, sbs_lr"
    )


def test_an_unknown_model():
    with pytest.raises(ConfigError, match="unknown model 'frist_spike'; did you mean"):
        starter("frist_spike")


def test_the_rule_of_the_same_name_comes_first(monkeypatch):
    class Other(Settings):
        """Another rule, before it in the table."""

    entry = RULES["first_spike"]
    monkeypatch.delitem(RULES, "first_spike")
    monkeypatch.setitem(RULES, "other", Entry(Other, "", "", ""))
    monkeypatch.setitem(RULES, "first_spike", entry)
    assert list(RULES)[-2:] == ["other", "first_spike"]
    assert type(fitting("first_spike").learning) is entry.settings
