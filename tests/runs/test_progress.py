"""What a checkpoint tells beside its tensors: comes back to the bit, or is refused by name."""

import json
import math

import pytest

from snnrun.errors import DataError
from snnrun.runs import checkpoint
from snnrun.runs.progress import Best, Progress
from tests.runs.checkpoints import change_state, progress_of, save


def test_numbers_come_back_to_the_bit():
    """Of the best epoch, too: a run stopped before its first validation could not go on."""
    progress = progress_of(
        best=Best(epoch=0, values={"accuracy": -1.0, "loss": math.inf}),
        means={"loss": (0.1 + 0.2, 7), "angle": (math.nan, 1)},
        schedules={"lr": {"best": math.inf, "lowest": -math.inf, "number": 3, "largest": None}},
        seconds=1 / 3,
    )
    again = Progress.from_json(progress.to_json().encode(), "state.json")
    assert repr(again) == repr(progress)
    json.loads(progress.to_json(), parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))


def test_the_best_epoch_lies_flat_in_a_status():
    flat = {"epoch": 7, "accuracy": 0.5, "loss": 1.5}
    assert Best.of(flat) == Best(epoch=7, values={"accuracy": 0.5, "loss": 1.5})
    assert Best.of(flat).flat() == flat


TEXT, LIST, MAP, NEGATIVE, HALF = "abc", [1], {"a": "b"}, -1, 0.5
BEHIND = 2  # an epoch that the run has not reached
NAN, INF = "NaN", "Infinity"
WRONG = {
    ("optimizer",): [TEXT, MAP, HALF, [HALF]],
    ("optimizer", 0): [TEXT, LIST, None, {}],
    ("optimizer", 0, "parameters"): [TEXT, None, [HALF], [None]],
    ("optimizer", 0, "lr"): [TEXT, LIST, None, NEGATIVE, NAN, INF],
    ("schedules",): [TEXT, LIST, None, MAP],
    ("schedules", "lr"): [TEXT, LIST, None, MAP],
    ("means",): [TEXT, LIST, None, MAP],
    ("means", "loss"): [TEXT, None, HALF, [], [1.0], [1.0, 2, 3]],
    ("means", "loss", 0): [TEXT, LIST, None],
    ("means", "loss", 1): [TEXT, LIST, None, NEGATIVE, 0, HALF, NAN],
    ("best",): [TEXT, LIST, None, {}],
    ("best", "epoch"): [TEXT, LIST, None, NEGATIVE, HALF, INF, BEHIND, 10**40],
    ("best", "values"): [TEXT, LIST, None, MAP],
    ("best", "values", "loss"): [TEXT, LIST, None],
    ("kept",): [TEXT, None, MAP, [0, BEHIND], [0] * 100_001],
    ("kept", 0): [TEXT, None, NEGATIVE, HALF, 10**40],
    ("metric_lines",): [TEXT, LIST, None, NEGATIVE, HALF, 10**18],
    ("history_lines",): [TEXT, LIST, None, NEGATIVE, HALF, 10**18],
    ("seconds",): [TEXT, LIST, None, NEGATIVE, NAN, INF, 1e308],
    ("config",): [LIST, MAP, None, HALF],
    ("trouble",): [TEXT, LIST, None, MAP],
    ("trouble", "skipped"): [TEXT, LIST, None, NEGATIVE, HALF],
    ("trouble", "left_out"): [TEXT, None, MAP, [NEGATIVE], [0] * 100_001],
    ("trouble", "wrong"): [TEXT, LIST, NEGATIVE, HALF],
    ("trouble", "rewinds"): [TEXT, LIST, None, NEGATIVE, HALF],
}
EVERY = [
    pytest.param(keys, value, id=f"{'.'.join(map(str, keys))}={json.dumps(value)[:30]}")
    for keys, values in WRONG.items()
    for value in values
]


@pytest.mark.parametrize(("keys", "value"), EVERY)
def test_a_field_of_another_kind_is_refused_by_name(tmp_path, keys, value):
    path = save(tmp_path, 1, schedules={"lr": {"best": 0.5}})
    change_state(path, *keys, value=value)
    named = r"state\.json is damaged: " + r"\.".join(map(str, keys))
    with pytest.raises(DataError, match=named) as error:
        checkpoint.load(path)
    assert "\n" not in str(error.value)


def test_every_field_is_tried():
    assert {keys[0] for keys in WRONG} == Progress.model_fields.keys()


def test_a_field_too_many_or_too_few_is_refused_by_name(tmp_path):
    path = save(tmp_path, 1)
    change_state(path, "more", value=3)
    with pytest.raises(DataError, match=r"state\.json is damaged: more: "):
        checkpoint.load(path)
    state = json.loads(progress_of().to_json())
    for key in state.keys() - {"trouble"}:  # of which earlier versions did not tell
        lacking = json.dumps({name: state[name] for name in state if name != key})
        with pytest.raises(DataError, match=f"^here is damaged: {key}: Field required$"):
            Progress.from_json(lacking.encode(), "here")


@pytest.mark.parametrize("text", [b"", b"no", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_what_is_no_map_is_refused(text):
    with pytest.raises(DataError, match=r"^here is damaged: "):
        Progress.from_json(text, "here")
