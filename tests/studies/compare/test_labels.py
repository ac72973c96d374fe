"""What groups are called."""

from snnrun.studies.compare.labels import labels_of, short_keys, telling, words_of


def test_names_of_parts_are_enough_where_they_tell_groups_apart():
    groups = [
        {"encoder.steps": 20, "learning.name": "eprop", "train.lr": 1},
        {"encoder.steps": 20, "learning.name": "ottt", "train.lr": 2},
        {"encoder.steps": 8, "learning.name": "surrogate", "train.lr": 3},
    ]
    assert telling(groups, list(groups[0])) == ["learning.name"]
    assert labels_of(groups, ["learning.name"]) == ["eprop", "ottt", "surrogate"]


def test_a_rule_is_named_before_a_part_of_the_model():
    """Rules were told apart by their surrogate derivatives."""
    one = {"model.surrogate.name": "arctan", "model.x": 1, "learning.name": "surrogate"}
    other = {"model.surrogate.name": "triangular", "model.x": 2, "learning.name": "eprop"}
    assert telling([one, other], list(one)) == ["learning.name"]


def test_as_few_keys_as_possible_tell_groups_apart():
    groups = [{"a.x": x, "a.y": y, "a.z": x} for x in (1, 2) for y in (1, 2)]
    assert telling(groups, ["a.x", "a.y", "a.z"]) == ["a.x", "a.y"]
    assert labels_of(groups[:1], ["a.x", "a.y"]) == ["x 1, y 1"]
    assert telling(groups[:1], ["a.x"]) == []


def test_where_few_keys_are_not_enough_all_are_taken():
    groups = [{f"a.{key}": key == number for key in range(5)} for number in range(5)]
    keys = list(groups[0])
    assert telling(groups, keys) == keys


def test_keys_that_would_be_the_same_stay_whole():
    keys = ["model.tau", "encoder.tau", "learning.loss.name"]
    assert list(short_keys(keys).values()) == ["model.tau", "encoder.tau", "loss"]


def test_values_are_words():
    settings = {"a": [1, 2], "b": True, "c": "x\x1b[2J", "d": "long " * 40}
    words = [words_of([settings], key)[0] for key in "abcde"]
    assert words[:3] == ["1, 2", "true", "x\\x1b[2J"]
    assert len(words[3]) < 40
    assert words[4] == "-"


def test_words_that_differ_where_they_would_be_cut_stay_whole():
    groups = [{"a": f"/data/experiments/of/{which}/checkpoints/epoch_0300"} for which in "xy"]
    assert words_of(groups, "a") == [group["a"] for group in groups]
    assert telling(groups, ["a"]) == ["a"]
