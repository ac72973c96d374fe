"""Which points a sweep has: conditions, ranges, and what cannot be."""

import optuna
import pytest
from pydantic import TypeAdapter

from snnrun.errors import ConfigError
from snnrun.studies.plan import SweepSettings, load_sweep
from snnrun.studies.space import Drawn, draw
from tests.studies.small import write_sweep

SEARCH = {
    "lr": {"low": 0.001, "high": 1.0, "log": True},
    "size": {"low": 4, "high": 20, "step": 8},
    "rule": ["eprop", "sbs"],
    "kappa": {"low": 0.0, "high": 0.5, "when": {"rule": "eprop"}},
    "a, b": [[1, 2], [3, 4]],
}


def planned(**said):
    return list(SweepSettings.model_validate({"config": "a.yaml", **said}).planned())


def axes(**said):
    return TypeAdapter(dict[str, Drawn]).validate_python(said or SEARCH)


def test_a_condition_leaves_a_key_out_and_no_point_comes_twice():
    grid = {"rule": ["x", "y"], "kappa": {"values": [1, 2, 3], "when": {"rule": "y"}}}
    assert planned(grid=grid) == [
        {"rule": "x"},
        {"rule": "y", "kappa": 1},
        {"rule": "y", "kappa": 2},
        {"rule": "y", "kappa": 3},
    ]


def test_a_condition_may_name_several_values():
    grid = {"rule": ["x", "y", "z"], "k": {"values": [1], "when": {"rule": ["x", "z"]}}}
    assert [len(point) for point in planned(grid=grid)] == [2, 1, 2]


def test_points_stand_for_themselves_and_nothing_is_one_point():
    assert planned(points=[{"a": 1}, {"b": 2}]) == [{"a": 1}, {"b": 2}]
    assert planned() == [{}]


def test_keys_of_a_point_that_are_joined_change_together():
    """They were taken for one key, which no config has."""
    said = {"points": [{"a, b": [1, 2], "c": 3}]}
    assert planned(**said) == [{"a": 1, "b": 2, "c": 3}]
    assert list(SweepSettings.model_validate({"config": "a.yaml", **said}).keys()) == [*"abc"]
    with pytest.raises(ValueError, match=r"points\.0: a, b are 2 keys; expected as many values"):
        planned(points=[{"a, b": [1]}])


def test_a_search_draws_its_config_and_tries_no_more_points_for_it():
    configs = {"one": "a.yaml", "two": "b.yaml"}
    search = {"trials": 6000, "space": {"k": [1, 2]}}
    assert SweepSettings.model_validate({"configs": configs, "search": search}).search


def test_several_configs_are_the_first_key():
    said = {"config": None, "configs": {"one": "a.yaml", "two": {"config": "b.yaml"}}}
    assert planned(**said, grid={"k": [1, 2]}) == [
        {"config": "one", "k": 1},
        {"config": "one", "k": 2},
        {"config": "two", "k": 1},
        {"config": "two", "k": 2},
    ]


def test_a_search_stays_within_its_ranges_and_meets_its_conditions():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    points = [draw(axes(), {}, study.ask()) for _ in range(200)]
    assert all(0.001 <= point["lr"] <= 1.0 for point in points)
    assert {point["size"] for point in points} == {4, 12, 20}
    assert {(point["a"], point["b"]) for point in points} == {(1, 2), (3, 4)}
    with_kappa = {point["rule"] for point in points if "kappa" in point}
    assert with_kappa == {"eprop"}
    assert sum("kappa" in point for point in points) == sum(p["rule"] == "eprop" for p in points)
    below = sum(point["lr"] < 0.0316 for point in points)  # half of the decades
    assert 65 < below < 135


def test_what_a_trial_drew_it_draws_again():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    trial = study.ask()
    assert draw(axes(), {}, trial) == draw(axes(), {}, trial)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{lr: {low: 2, high: 1}}", r"search\.space\.lr\.high: must be above low = 2, got 1"),
        ("{lr: {low: 0, high: 1, log: true}}", "low: must be above 0 where log is true, got 0"),
        ("{lr: {low: 1, high: 2, step: 1, log: true}}", "step: cannot be together with log"),
        (
            "{n: {low: 4, high: 9, step: 4}}",
            "n.step: must lead from low to high = 9, .* number is 8",
        ),
        ("{n: {low: 0.1, high: 0.35, step: 0.1}}", "lead from low to high = 0.35, .* is 0.3$"),
        ("{n: {low: 1, high: 3, step: 8}}", "lead from low to high = 3, but the last number is 1"),
        ("{lr: {low: 1, high: 2, when: {rle: a}}}", "lr: when: no key 'rle' stands before it"),
        ("{rule: [a], k: {values: [1], when: {rul: a}}}", "did you mean 'rule'"),
        ("{a: 0.5}", r"search\.space\.a: must be a list of values, or a map such as .*, got 0\.5"),
        (
            "{rule: [eprop], k: {values: [1], when: {rule: epro}}}",
            'k: when: rule is never "epro"; d',
        ),
        ("{n: [1, 2], k: {values: [1], when: {n: 3}}}", "when: n is never 3; it is one of: 1, 2"),
        ("{n: {low: 1, high: 2}, k: {values: [1], when: {n: 3}}}", "n is never 3; it lies between"),
        ("{'a, b': [[1, 2]], k: {values: [1], when: {b: 1}}}", "b is never 1; it is one of: 2"),
        ("{'a, b': {low: 1, high: 2}}", "a, b are 2 keys; expected values, got a range"),
        ("{}", "search.space: "),
    ],
)
def test_a_space_that_cannot_be_is_refused(tmp_path, said, message):
    path = write_sweep(tmp_path)
    path.write_text(f"config: base.yaml\nsearch:\n  trials: 3\n  space: {said}\n")
    with pytest.raises(ConfigError, match=message):
        load_sweep(path)


@pytest.mark.parametrize("ends", [(0.1, 0.7, 0.1), (0.001, 0.01, 0.003), (-3, 9, 4), (0, 1, 1)])
def test_steps_that_lead_to_the_end(ends):
    said = dict(zip(("low", "high", "step"), ends, strict=True))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    drawn = {draw(axes(n=said), {}, study.ask())["n"] for _ in range(200)}
    assert (min(drawn), max(drawn)) == pytest.approx(ends[:2])


def test_a_search_without_an_end_is_refused(tmp_path):
    path = write_sweep(tmp_path)
    path.write_text("config: base.yaml\nsearch:\n  space: {a: [1]}\n")
    with pytest.raises(ConfigError, match="search: expected trials, how many points to try; or ho"):
        load_sweep(path)
