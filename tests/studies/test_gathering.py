"""Many runs: what is read of each, and what tells them apart."""

import os
from datetime import UTC, datetime, timedelta

import pytest

import snnrun
from snnrun.errors import SnnrunWarning
from snnrun.experiment import load_config
from snnrun.runs.lock import owned
from snnrun.studies.gathering import differing, gather, groups
from tests.studies.folders import SETTINGS, SUMMARY, found, make
from tests.studies.small import BASE


def test_what_is_read_of_a_run(tmp_path):
    path = make(tmp_path, "run_1", {"seed": 3})
    (run,) = gather([tmp_path])
    assert (run.path, run.name, run.judged_by) == (path, "run_1", "accuracy")
    assert run.settings == {**SETTINGS, "seed": 3}
    assert list(run.settings) == list(SETTINGS)
    assert run.summary == {key: value for key, value in SUMMARY.items() if key != "settings"}
    assert run.best == {"epoch": 4, "accuracy": 0.9512, "loss": 0.3}
    assert run.tested == {"accuracy": 0.9375}


def test_without_a_test_of_the_best_epoch_there_is_that_of_the_last(tmp_path):
    make(tmp_path, "run_1", test={"9": {"accuracy": 0.5}})
    assert gather([tmp_path])[0].tested == {"accuracy": 0.5}


def test_a_run_tells_the_same_by_its_summary_and_by_its_config(tmp_path):
    (tmp_path / "small.yaml").write_text(BASE)
    changes = ["train.epochs=1", "train.checkpoint_minutes=.inf", "train.optimizer.lr=1e-3"]
    run = snnrun.train(tmp_path / "small.yaml", changes, results=tmp_path / "runs")
    (told,) = gather([run.path])
    assert told.settings["model.layers.0.size"] == 5
    assert told.settings["train.checkpoint_minutes"] == float("inf")
    assert told.settings["train.savepoints"] == []
    assert load_config(run.config).train.epochs == told.settings["train.epochs"] == 1
    (run.path / "summary.json").unlink()
    (earlier,) = gather([run.path])
    assert list(earlier.settings.items()) == list(told.settings.items())
    assert earlier.summary["state"] == "finished"


def test_a_run_that_nobody_trains_any_more_was_killed(tmp_path):
    path = make(tmp_path, "run_1", state="running")
    with owned(path):
        assert gather([path])[0].summary["state"] == "running"
    assert gather([path])[0].summary["state"] == "killed"


@pytest.mark.parametrize("minutes", [0, 90])
def test_how_long_ago_it_wrote(tmp_path, minutes):
    before = datetime.now(UTC) - timedelta(minutes=minutes)
    make(tmp_path, "run_1", time=before.isoformat())
    assert gather([tmp_path])[0].age == pytest.approx(60 * minutes, abs=30)


@pytest.mark.parametrize("time", ["now", 3, None, "2026-01-02T03:04:05", "9" * 5000])
def test_a_time_that_is_none(tmp_path, time):
    make(tmp_path, "run_1", time=time)
    assert gather([tmp_path])[0].age is None


def test_a_clock_that_is_ahead(tmp_path):
    make(tmp_path, "run_1", time=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert gather([tmp_path])[0].age == 0


def test_names_tell_where_runs_lie_among_the_others(tmp_path):
    for name in ("a/run_1", "b/run_1", "b/run_2"):
        make(tmp_path, name)
    for places, names in (
        (["."], ["a/run_1", "b/run_1", "b/run_2"]),
        (["b"], ["run_1", "run_2"]),
        (["b/run_2"], ["run_2"]),
        (["b/run_2", "a"], ["b/run_2", "a/run_1"]),
        (["b/run_2", "b/run_1"], ["run_2", "run_1"]),
        (["*/run_1", "b"], ["a/run_1", "b/run_1", "b/run_2"]),
    ):
        runs = gather([tmp_path / place for place in places])
        assert [run.name for run in runs] == names, places


def test_a_name_that_a_terminal_must_not_be_sent(tmp_path):
    make(tmp_path, "run\x1b[2J\n")
    assert gather([tmp_path])[0].name == "run\\x1b[2J "


def test_a_run_that_tells_nothing_is_left_out_with_a_warning(tmp_path):
    make(tmp_path, "whole")
    (make(tmp_path, "bare") / "summary.json").unlink()
    with pytest.warns(SnnrunWarning, match=r"bare tells no settings, or not how it stands; it is"):
        assert [run.name for run in gather([tmp_path])] == ["whole"]


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "3",
        "a: 1\na: 2",
        "",
        "a: !!python/name:os.system",
        f"{'a' * 900}: {{{', '.join(f'{number}: 1' for number in range(300))}}}",
    ],
    ids=range(6),
)
@pytest.mark.filterwarnings("ignore:.*tells no settings")
def test_a_config_that_is_none_hides_no_other_run(tmp_path, text):
    make(tmp_path, "whole")
    path = make(tmp_path, "earlier")
    (path / "summary.json").unlink()
    (path / "status.json").write_text('{"state": "finished"}')
    (path / "config.yaml").write_text(text)
    with pytest.warns(SnnrunWarning, match=r"earlier/config\.yaml.*; its settings are left out"):
        assert [run.name for run in gather([tmp_path])] == ["whole"]


def test_keys_with_unlike_values_in_the_order_of_the_config():
    runs = found({}, {"train.epochs": 10, "model.layers.0.taus": [1.0, 3.0]}, {"seed": 1})
    assert differing(runs) == ["model.layers.0.taus", "train.epochs"]
    assert differing(runs, besides=()) == ["seed", "model.layers.0.taus", "train.epochs"]
    assert differing(runs, besides=("model", "seed")) == ["train.epochs"]
    assert differing(runs[:1]) == differing([]) == []


def test_what_changes_no_numbers_tells_no_runs_apart():
    runs = found({}, {"train.threads": 2}, {"train.savepoints": [3]})
    assert differing(runs) == []
    assert groups(runs) == [runs]


def test_what_only_one_of_two_components_has_is_told_by_their_names():
    lif, sbs = {"model.tau": 2.0, "model.layers.0.size": 5}, {"model.name": "sbs"}
    assert differing(found(lif, sbs | {"model.steps": 4})) == ["model.name"]
    assert differing(found(lif, lif | {"model.tau": 3.0}, sbs)) == ["model.name", "model.tau"]
    assert differing(found(lif, lif | {"model.tau": None})) == ["model.tau"]


def test_a_layer_that_only_one_network_has_is_told_by_its_first_key():
    more = {"model.layers.1.size": 3, "model.layers.1.decay": 0.5}
    assert differing(found({}, more)) == ["model.layers.1.size"]
    other = more | {"model.layers.1.decay": 0.6}
    assert differing(found({}, more, other)) == ["model.layers.1.size", "model.layers.1.decay"]


def test_nothing_in_the_place_of_a_map_is_told_by_its_first_key():
    adam = {"train.optimizer.name": "adam", "train.optimizer.lr": 0.1}
    runs = found({"train.optimizer": False}, adam, adam | {"train.optimizer.lr": 0.2})
    assert differing(runs[:2]) == ["train.optimizer.name"]
    assert differing(runs) == ["train.optimizer.name", "train.optimizer.lr"]


def test_keys_of_later_runs_stand_where_their_configs_have_them():
    (first, second) = found({}, {})
    one = {"model.name": "lif", "model.end": 1, "train.epochs": 9}
    two = {"model.name": "lif", "model.tau": 2.0, "model.end": 2, "train.epochs": 8}
    first.settings.clear(), second.settings.clear()
    first.settings.update(one), second.settings.update(two)
    assert differing([first, second]) == ["model.tau", "model.end", "train.epochs"]


def test_a_key_that_holds_a_dot_is_one_key():
    runs = found({'model."a.b"': 1}, {'model."a.b"': 2})
    assert differing(runs) == ['model."a.b"']
    assert differing(runs, besides=("model",)) == []


def test_runs_that_differ_in_nothing_but_their_seed_belong_together():
    a, b = {"train.epochs": 1}, {"train.epochs": 2, "model.layers.0.taus": []}
    runs = found({**a, "seed": 1}, b, {**a, "seed": 2}, {**b, "seed": 1}, {})
    assert groups(runs) == [[runs[0], runs[2]], [runs[1], runs[3]], [runs[4]]]
    assert len(groups(runs, besides=())) == 5
    assert groups(runs, besides=("seed", "train", "model")) == [runs]
    assert groups([]) == []


def test_the_order_of_settings_is_no_difference():
    (one, two) = found({}, {})
    turned = dict(reversed(two.settings.items()))
    two.settings.clear(), two.settings.update(turned)
    assert groups([one, two]) == [[one, two]]


def test_a_run_named_twice_is_one(tmp_path):
    make(tmp_path, "run_1")
    os.symlink(tmp_path / "run_1", tmp_path / "last")
    assert len(gather([tmp_path / "run_1", tmp_path, tmp_path / "last"])) == 1
