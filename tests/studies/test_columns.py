"""What a table can show of a run, by keys and by their ends."""

import os
from pathlib import Path

import pytest

from snnrun.errors import ConfigError
from snnrun.studies.columns import Keys, is_accuracy, value_of
from snnrun.studies.gathering import ABSENT, Found
from tests.studies.folders import SETTINGS, SUMMARY, found

LAST = {"train": {"loss": 0.2}, "validation": {"loss": 0.9, "spikes/E": 4.0}}
RUN = Found(Path("a/run"), "run", {**SUMMARY, "last": LAST, "reason": None}, SETTINGS, 12.3)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("run", "run"),
        ("path", os.path.abspath("a/run")),
        ("rule", "eprop"),
        ("state", "finished"),
        ("reason", ABSENT),
        ("best", 4),
        ("validation", 0.9512),
        ("test", 0.9375),
        ("age", 12),
        ("seconds", 61.5),
        ("seed", 0),
        ("train.epochs", 9),
        ("train/loss", 0.2),
        ("validation/loss", 0.3),
        ("validation/spikes/E", 4.0),
        ("validation/epoch", ABSENT),
        ("test/accuracy", 0.9375),
        ("test/loss", ABSENT),
        ("absent", ABSENT),
    ],
)
def test_what_stands_under_a_key(key, value):
    assert value_of(RUN, key) == value


def test_what_a_summary_of_an_earlier_version_lacks_is_known_from_the_settings():
    run = Found(Path("run"), "run", {"state": "shared"}, SETTINGS, None)
    assert [value_of(run, key) for key in ("model", "rule", "data", "age", "test")] == [
        "lif", "eprop", ABSENT, ABSENT, ABSENT,
    ]  # fmt: skip


def test_all_keys():
    every = Keys([RUN, *found({"model.layers.1.size": 3})]).every
    assert every[:3] == ["run", "path", "model"]
    assert every.index("seconds") < every.index("train/loss") < every.index("seed")
    assert every.index("model.layers.0.taus") < every.index("model.layers.1.size")
    assert len(every) == len(set(every))


def test_the_end_of_a_key_stands_for_it_where_only_one_ends_so():
    keys = Keys(found({"model.layers.1.size": 3, "train.optimizer.lr": 0.1, 'rates."a.b"': 2}))
    for short, whole in (
        ("lr", "train.optimizer.lr"),
        ("1.size", "model.layers.1.size"),
        ("taus", "model.layers.0.taus"),
        ('"a.b"', 'rates."a.b"'),
        ("model.name", "model.name"),
        ("seed", "seed"),
        ("test", "test"),
    ):
        assert keys.whole(short) == whole
        assert keys.short(whole) == short
    assert keys.whole("optimizer.lr") == "train.optimizer.lr"


def test_a_setting_is_never_called_like_what_every_run_has():
    keys = Keys(found({"train.state": 1}))
    assert keys.short("train.state") == "train.state"
    assert keys.whole("state") == "state"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("size", "'size' may be any of model.layers.0.size, model.layers.1.size; write more of it"),
        ("modle.name", "no run has 'modle.name'; did you mean 'model.name'?"),
        ("tuas", "no run has 'tuas'; did you mean 'taus'?"),
        ("zzz", "no run has 'zzz'; there are run, path, model, rule, data, encoder, state, reason"),
    ],
)
def test_a_key_that_no_run_has(text, told):
    with pytest.raises(ConfigError) as error:
        Keys(found({"model.layers.1.size": 3})).whole(text)
    assert str(error.value).startswith(told)


def test_what_is_read_in_percent():
    judged = Found(Path("run"), "run", {"judged_by": "loss"}, {}, None)
    assert [is_accuracy(RUN, key) for key in ("test", "validation", "test/accuracy_vote")] == [
        True, True, True,
    ]  # fmt: skip
    assert not any(is_accuracy(RUN, key) for key in ("test/loss", "accuracy", "seconds"))
    assert not is_accuracy(judged, "test")
    assert is_accuracy(judged, "test/accuracy")
