"""Groups, their numbers, and what they are tested against."""

import json

import pytest
from scipy import stats

from snnrun.errors import ConfigError, DataError
from snnrun.runs.folder import RunDir
from snnrun.studies.compare import compare
from tests.studies.compare.cases import SIZE, sized, two
from tests.studies.folders import SUMMARY, make


def test_groups_are_runs_that_differ_in_nothing_but_their_seed(tmp_path):
    found = two(tmp_path)
    assert [(group.label, group.seeds) for group in found.groups] == [
        ("layers.0.size 5", [0, 1, 2]),
        ("layers.0.size 30", [0, 1, 2]),
    ]
    assert (found.keys, found.telling) == ((SIZE,), (SIZE,))
    assert found.groups[0].settings == {SIZE: 5}
    assert found.groups[0].values == {"accuracy": {0: 0.6, 1: 0.7, 2: 0.8}}


def test_numbers_are_those_of_the_test_split_after_the_best_epoch(tmp_path):
    found = two(tmp_path)
    few, many = (group.spreads["accuracy"] for group in found.groups)
    assert (few.n, few.mean, few.deviation) == (3, pytest.approx(0.7), pytest.approx(0.1))
    assert many.mean == pytest.approx(0.9)
    assert found.metrics == ("accuracy",)
    last = compare(tmp_path, epoch="last")
    assert [group.spreads["accuracy"].mean for group in last.groups] == [0.5, 0.5]


def test_others_are_tested_against_the_best_group_seed_by_seed(tmp_path):
    found = two(tmp_path)
    assert found.reference.label == "layers.0.size 30"
    assert found.reference.tests == {}
    test = found.groups[0].tests["accuracy"]
    expected = stats.ttest_rel([0.6, 0.7, 0.8], [0.92, 0.9, 0.88]).pvalue
    assert (test.n, test.difference) == (3, pytest.approx(-0.2))
    assert (test.p_t, test.corrected_t) == (pytest.approx(expected), pytest.approx(expected))
    assert (test.p_flip, test.corrected_flip) == (0.25, 0.25)


def test_several_comparisons_are_corrected_by_holm(tmp_path):
    two(tmp_path)
    sized(tmp_path, [0.7, 0.72, 0.71], 10)
    tests = {group.label: group.tests.get("accuracy") for group in compare(tmp_path).groups}
    first, second = sorted((t for t in tests.values() if t), key=lambda test: test.p_t)
    assert first.corrected_t == pytest.approx(2 * first.p_t)
    assert second.corrected_t == pytest.approx(max(second.p_t, 2 * first.p_t))
    assert first.corrected_flip == 0.5


@pytest.mark.parametrize("key", ["train.start_from", "plugins"])
def test_each_group_has_tests_of_its_own_whatever_it_is_called(tmp_path, key):
    """Groups whose long values differed in the middle alone had the tests of the last one."""
    accuracies = {"a": [0.6, 0.7, 0.8], "b": [0.92, 0.9, 0.88], "c": [0.91, 0.85, 0.9]}
    for place, values in accuracies.items():
        for seed, accuracy in enumerate(values):
            own = f"/data/experiments/of/{place}/checkpoints/epoch_0300"
            changes = {"seed": seed, key: own if key != "plugins" else [own, own]}
            make(tmp_path, f"{place}_{seed}", changes, test={"4": {"accuracy": accuracy}})
    found = compare(tmp_path)
    assert len({group.label for group in found.groups}) == 3
    assert [g.tests["accuracy"].difference for g in found.groups if g.tests] == [
        pytest.approx(-0.2),
        pytest.approx(-0.0133333333),
    ]
    assert found.reference.tests == {}


def test_lower_is_better_of_a_loss(tmp_path):
    two(tmp_path)
    found = compare(tmp_path, metrics=["loss"])
    assert found.better == {"loss": "lower"}
    assert found.reference.label == "layers.0.size 30"


def test_a_baseline_is_named_by_a_setting(tmp_path):
    two(tmp_path)
    for text in (f"{SIZE}=5", "layers.0.size=5"):
        found = compare(tmp_path, baseline=text)
        assert found.reference.label == "layers.0.size 5"
        assert found.groups[1].tests["accuracy"].difference == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("layers.0.sise=5", r"did you mean 'layers\.0\.size'\? There are: model\.layers\.0\.size"),
        ("layers.0.size", "expected KEY=VALUE with a setting that differs, got 'layers.0.size'"),
        ("train.epochs=9", "expected KEY=VALUE with a setting that differs"),
        ("layers.0.size=6", r"no group has layers\.0\.size=6; model\.layers\.0\.size is one of"),
        ("layers.0.size={", "baseline: not valid YAML"),
    ],
)
def test_a_baseline_that_there_is_not(tmp_path, text, told):
    two(tmp_path)
    with pytest.raises(ConfigError, match=told):
        compare(tmp_path, baseline=[text])


def test_a_baseline_that_fits_several_groups(tmp_path):
    for size in (5, 30):
        for rule in ("eprop", "ottt"):
            make(tmp_path, f"{size}_{rule}", {SIZE: size, "learning.name": rule})
    with pytest.raises(ConfigError, match=r"baseline: 2 groups fit: .*; another KEY=VALUE"):
        compare(tmp_path, baseline=["layers.0.size=5"])
    found = compare(tmp_path, baseline=["layers.0.size=5", "learning=ottt"])
    assert found.reference.settings == {SIZE: 5, "learning.name": "ottt"}


# ---- seeds ----


def test_only_seeds_that_match_are_paired(tmp_path):
    sized(tmp_path, [0.6, 0.7, 0.8], 5)
    sized(tmp_path, [0.9, 0.93], 30, first=1)
    few = compare(tmp_path).groups[0]
    assert (few.tests["accuracy"].n, few.tests["accuracy"].difference) == (
        2,
        pytest.approx((0.7 - 0.9 + 0.8 - 0.93) / 2),
    )


def test_n_counts_the_runs_that_have_the_number(tmp_path):
    """Of three runs each, of which one had the number, it said n = 3, and blamed the seeds."""
    sized(tmp_path, [0.6], 5)
    sized(tmp_path, [0.9], 30)
    for size in (5, 30):
        for seed in (1, 2):
            changes = {"seed": seed, SIZE: size}
            make(tmp_path, f"without_{size}_{seed}", changes, test={"4": {"loss": 0.1}})
    found = compare(tmp_path, metrics=["accuracy"])
    assert [row.split()[1] for row in str(found).splitlines()[1:3]] == ["1", "1"]
    assert "of n = 1 seed." in str(found)
    told = "no test of any group: both it and layers.0.size 30 have accuracy of fewer than two"
    assert [note for note in found.notes if note.startswith(told)]


def test_without_seeds_that_match_there_is_no_test_and_a_word_of_it(tmp_path):
    sized(tmp_path, [0.6, 0.7, 0.8], 5)
    sized(tmp_path, [0.9, 0.93], 30, first=2)
    found = compare(tmp_path)
    assert all(group.tests == {} for group in found.groups)
    assert any(
        "fewer than two of its seeds are those of layers.0.size 30 (2, 3)" in n for n in found.notes
    )
    assert "p (t)" not in str(found)


def test_one_group_has_nothing_to_be_tested_against(tmp_path):
    sized(tmp_path, [0.6, 0.7, 0.8], 5)
    found = compare(tmp_path)
    assert (len(found.groups), found.groups[0].label) == (1, "all")
    assert "there is one group alone: nothing to test" in found.notes


def test_a_seed_that_was_trained_twice_counts_once(tmp_path):
    """Equal runs would make deviations smaller, and n larger, than they are."""
    sized(tmp_path, [0.6, 0.7], 5)
    again = {"4": {"accuracy": 0.8}}
    make(tmp_path, "again", {"seed": 1, SIZE: 5}, test=again, time="2026-02-02T00:00:00+00:00")
    found = compare(tmp_path)
    assert found.groups[0].values == {"accuracy": {0: 0.6, 1: 0.8}}
    assert "left out, trained again since: size_5_1 (finished)" in found.notes
    make(tmp_path, "undated", {"seed": 1, SIZE: 5}, test={"4": {"accuracy": 0.1}}, time=None)
    assert compare(tmp_path).groups[0].values == {"accuracy": {0: 0.6, 1: 0.8}}


# ---- runs that cannot be compared ----


def test_runs_that_are_not_finished_are_left_out_and_named(tmp_path):
    two(tmp_path)
    make(tmp_path, "broken", {"seed": 7}, state="failed")
    found = compare(tmp_path)
    assert sum(len(group.runs) for group in found.groups) == 6
    assert "left out, not finished: broken (failed)" in found.notes


def test_runs_that_a_search_gave_up_are_left_out_and_named(tmp_path):
    """Their one epoch was compared with all epochs of the others."""
    two(tmp_path)
    reason = "pruned: accuracy 0.5 after epoch 1 lags behind"
    make(tmp_path, "lagging", {"seed": 7}, reason=reason)
    found = compare(tmp_path)
    assert sum(len(group.runs) for group in found.groups) == 6
    assert "left out, not finished: lagging (pruned)" in found.notes


def test_no_finished_run(tmp_path):
    for seed in range(5):
        make(tmp_path, f"run_{seed}", {"seed": seed}, state="interrupted")
    with pytest.raises(DataError, match=r"no run is finished: run_0 \(interrupted\), .*, 2 more"):
        compare(tmp_path)


def test_a_single_run(tmp_path):
    make(tmp_path, "alone")
    with pytest.raises(ConfigError, match="alone is the only run; expected two or more"):
        compare(tmp_path)
    make(tmp_path, "other", state="failed")
    with pytest.raises(ConfigError, match="alone is the only finished run"):
        compare(tmp_path)


def test_runs_of_several_data_sets(tmp_path):
    two(tmp_path)
    make(tmp_path, "other", {"data.name": "xor"})
    with pytest.raises(ConfigError, match=r"of 2 data sets: .*xor \(1 run\).*; expected one"):
        compare(tmp_path)


def test_runs_that_are_judged_by_several_numbers(tmp_path):
    two(tmp_path)
    make(tmp_path, "other", {"seed": 8}, judged_by="reward")
    with pytest.raises(ConfigError, match=r"judged by several numbers: .*--metrics NAME"):
        compare(tmp_path)
    assert compare(tmp_path, metrics=["accuracy"]).metrics == ("accuracy",)


def test_a_number_that_no_run_logs(tmp_path):
    two(tmp_path)
    with pytest.raises(
        ConfigError,
        match=r"no run logs 'acuracy' of the test split, the best epoch; did you mean 'accuracy'\? "
        "There are: accuracy, loss",
    ):
        compare(tmp_path, metrics=["acuracy"])


def test_a_number_that_some_runs_log(tmp_path):
    two(tmp_path)
    make(tmp_path, "more", {"seed": 0, SIZE: 7}, test={"4": {"accuracy": 0.1, "density": 0.25}})
    found = compare(tmp_path, metrics=["accuracy", "density"])
    assert "6 of 7 runs have no density" in found.notes
    assert found.better == {"accuracy": "higher"}
    assert found.best("density") is None
    assert [
        group.spreads["density"].n for group in found.groups if group.spreads.get("density")
    ] == [1]


def test_a_split_or_epoch_without_numbers(tmp_path):
    two(tmp_path)
    with pytest.raises(DataError, match="no run has any numbers of the train split, the best"):
        compare(tmp_path, split="train")
    with pytest.raises(ConfigError, match="no split called 'tests'; did you mean 'test'"):
        compare(tmp_path, split="tests")
    with pytest.raises(DataError, match="no run has any numbers of the test split, epoch 7"):
        compare(tmp_path, epoch=7)
    with pytest.raises(ConfigError, match="expected best, last or a number, got 'bets'"):
        compare(tmp_path, epoch="bets")


# ---- numbers of other splits and epochs ----


def test_numbers_come_from_the_log_where_the_summary_has_none(tmp_path):
    two(tmp_path)
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        row = {"step": 4, "epoch": 4, "split": "validation", "name": "accuracy", "time": 1.0}
        RunDir(path).append_metrics([{**row, "value": number / 8}])
    found = compare(tmp_path, split="validation")
    assert [group.values["accuracy"] for group in found.groups] == [
        {0: 3 / 8, 1: 4 / 8, 2: 5 / 8},
        {0: 0.0, 1: 1 / 8, 2: 2 / 8},
    ]


def test_a_number_that_is_none_counts_as_absent(tmp_path):
    two(tmp_path)
    path = tmp_path / "size_5_1" / "summary.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "test": {"4": {"accuracy": None}}}))
    found = compare(tmp_path)
    assert found.groups[0].values["accuracy"] == {0: 0.6, 2: 0.8}
    assert "1 of 6 runs have no accuracy" in found.notes


def test_runs_that_do_not_tell_their_best_epoch_are_taken_at_their_last(tmp_path):
    for seed in (0, 1):
        make(tmp_path, f"run_{seed}", {"seed": seed}, best={})
    found = compare(tmp_path)
    assert found.groups[0].spreads["accuracy"].mean == SUMMARY["test"]["9"]["accuracy"]
    assert any("best epoch is not known" in note for note in found.notes)


def test_groups_are_sorted_by_the_numbers_that_tell_them_apart(tmp_path):
    for size in (128, 8, 32):
        sized(tmp_path, [0.5], size)
    assert [group.settings[SIZE] for group in compare(tmp_path).groups] == [8, 32, 128]
    make(tmp_path, "z", {SIZE: None, "seed": 0})
    assert [group.settings[SIZE] for group in compare(tmp_path).groups] == [128, 32, 8, None]
