"""Updates whose numbers go wrong: the run stops, skips them, or is rewound and leaves them out."""

import json
import math
import re
import warnings

import pytest

import snnrun
from snnrun.core.position import Horizon, Position
from snnrun.errors import ConfigError, DivergedError, DivergenceWarning, Interrupted
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.runs.progress import Trouble
from snnrun.training.recovery import MOST_REWOUND, Recovery
from tests import tiny
from tests.training import spoilt
from tests.training.stopped import StopAfter


@pytest.fixture(autouse=True)
def plugged(monkeypatch):
    spoilt.plug(monkeypatch)


def same(one, other, last="epoch_0003"):
    """Whether two runs ended with the same bits, the optimiser's too, and logged the same."""
    files = ("weights.safetensors", "optimizer.safetensors")
    pairs = [
        [(run.checkpoints / last / name).read_bytes() for run in (one, other)] for name in files
    ]
    numbers = [json.dumps(tiny.numbers(run)) for run in (one, other)]
    return all(a == b for a, b in [*pairs, numbers])


def finished(folder, config, *watchers):
    """A run that warns of what goes wrong, and ends."""
    with pytest.warns(DivergenceWarning):
        return spoilt.trained(folder, config, *watchers)


# ---- stop ----


def test_where_a_run_stops_the_message_says_what_where_and_what_to_do(tmp_path):
    config = spoilt.experiment(7, how="weights")
    with pytest.raises(DivergedError) as caught:
        spoilt.trained(tmp_path, config)
    (run,) = tmp_path.glob("spoilt_*")
    assert str(caught.value) == (
        "model.weights holds values that are not finite, and the loss is nan in epoch 1, batch 3; "
        f"try a smaller learning rate or train.on_nan: rewind, or look closer: snnrun replay {run}"
        ". Seed: 7. Saved: epoch 0, epoch 1"
    )
    assert RunDir(run).read_json("diverged.json") == {
        "what": "model.weights holds values that are not finite, and the loss is nan",
        "epoch": 1, "batch": 3, "seed": 7, "left_out": [], "processes": 1,
        "config": config.dump_yaml(),
    }  # fmt: skip


# ---- skip ----


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("how", ["loss", "gradient", "square"])
@pytest.mark.parametrize("kind", ["skip", "rewind"])
def test_what_went_wrong_leaves_no_trace(tmp_path, kind, how, accumulate):
    """Weights, running means and the optimiser are those of a run that never saw the update."""
    train = {"on_nan": kind, "accumulate": accumulate}
    run = finished(tmp_path, spoilt.experiment(4, how=how, **train))
    other = spoilt.trained(tmp_path, spoilt.experiment(**train), left_out=(4,))
    assert same(run, other)
    updates = math.ceil(5 / accumulate)
    shares = run.curve("train", "skipped")[1]
    assert shares == [(epoch == 4 // updates) / updates for epoch in range(3)]


def test_a_run_without_trouble_is_the_same_whatever_is_done_about_it(tmp_path):
    runs = [
        spoilt.trained(tmp_path, spoilt.experiment(on_nan=kind))
        for kind in ("stop", "skip", "rewind")
    ]
    weights = [tiny.weights(run, "epoch_0003") for run in runs]
    assert weights[0] == weights[1] == weights[2]
    assert all(run.curve("train", "skipped")[1] == [0, 0, 0] for run in runs[1:])
    assert runs[0].curve("train", "skipped")[1] == []


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("kind", ["skip", "rewind"])
@pytest.mark.parametrize("batches", [3, 6, 8])
def test_a_run_that_is_stopped_about_there_goes_on_bit_for_bit(tmp_path, kind, batches, accumulate):
    train = {"on_nan": kind, "accumulate": accumulate}
    config = spoilt.experiment(2, 3, how="gradient", **train)
    whole = finished(tmp_path, config)
    part = continued(tmp_path, config, batches)
    assert same(whole, part)


def continued(folder, config, batches):
    """A run that is stopped after some batches and goes on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        with pytest.raises(Interrupted):
            spoilt.trained(folder, config, StopAfter(batches))
        return snnrun.resume(max(folder.glob("spoilt_*")))


def test_an_epoch_that_is_skipped_whole_ends_the_run(tmp_path):
    config = spoilt.experiment(2, 3, 4, 5, 6, how="gradient", on_nan="skip")
    message = (
        "^the gradient of model.norm.weight holds values that are not finite, in 5 updates in a "
        "row, in epoch 1, batch 1; "
    )
    with pytest.raises(DivergedError, match=message), pytest.warns(DivergenceWarning) as told:
        spoilt.trained(tmp_path, config)
    assert len(told) == 1
    assert str(told[0].message) == (
        "the gradient of model.norm.weight holds values that are not finite in epoch 0, batch 2, "
        "so this update is skipped, as others may be; the log tells their share as 'skipped'"
    )


def test_what_no_optimiser_can_square_is_named(tmp_path):
    """The optimiser held inf after it, and the run ended with the epoch."""
    config = spoilt.experiment(2, how="square", on_nan="skip")
    message = "^the gradient of model.norm.weight holds values whose squares are not finite in "
    with pytest.warns(DivergenceWarning, match=message):
        run = spoilt.trained(tmp_path, config)
    assert run.curve("train", "skipped")[1] == [0.2, 0, 0]


def test_four_skipped_updates_in_a_row_are_borne_over_a_stop(tmp_path):
    config = spoilt.experiment(2, 3, 4, 5, 6, how="gradient", on_nan="skip")
    with pytest.raises(Interrupted), pytest.warns(DivergenceWarning):
        spoilt.trained(tmp_path, config, StopAfter(4))
    (run,) = tmp_path.glob("spoilt_*")
    with pytest.raises(DivergedError, match="5 updates in a row"), pytest.warns(DivergenceWarning):
        snnrun.resume(run)


def test_weights_that_went_wrong_are_not_skipped(tmp_path):
    config = spoilt.experiment(2, how="weights", on_nan="skip")
    with pytest.raises(DivergedError, match=r"^model\.weights holds .* in epoch 0, batch 3; "):
        spoilt.trained(tmp_path, config)


def test_a_rule_that_changes_weights_itself_has_no_update_to_skip():
    from snnrun.experiment import load_config

    path = "configs/diehl_cook_digits.yaml"
    assert load_config(path, ["train.on_nan=rewind"]).train.on_nan == "rewind"
    with pytest.raises(ConfigError, match=r"train\.on_nan: skip drops gradients, and the learning"):
        load_config(path, ["train.on_nan=skip"])


# ---- rewind ----


@pytest.mark.parametrize("how", ["weights", "buffer"])
def test_weights_that_went_wrong_are_rewound(tmp_path, how):
    run = finished(tmp_path, spoilt.experiment(7, how=how, on_nan="rewind"))
    other = spoilt.trained(tmp_path, spoilt.experiment(on_nan="rewind"), left_out=(7,))
    assert same(run, other)


def test_where_it_goes_wrong_again_more_and_more_is_left_out(tmp_path):
    """Update 19; then 20 and 18; then 21 and three before it."""
    train = {"on_nan": "rewind", "batch_size": 25}
    config = spoilt.experiment(19, 20, 21, how="weights", **train)
    with pytest.warns(DivergenceWarning) as told:
        run = spoilt.trained(tmp_path, config)
    assert [re.search(r"; back .*", str(each.message))[0] for each in told] == [
        "; back to epoch 0, to train on without one update",
        "; back to epoch 0, to train on without 2 updates",
        "; back to epoch 0, to train on without 4 updates",
    ]
    saved = checkpoint.open_epoch(run.checkpoints).to_continue()
    assert saved.trouble == Trouble(left_out=(15, 16, 17, 18, 19, 20, 21), wrong=21, rewinds=3)


def test_a_run_that_was_rewound_and_killed_goes_on_bit_for_bit(tmp_path):
    """It begins with what the newest checkpoint knows, which may be older than the trouble."""
    config = spoilt.experiment(8, 10, how="gradient", on_nan="rewind", epochs=4)
    whole = finished(tmp_path, config)
    for batches in (6, 9, 12, 14, 16, 18):
        part = continued(tmp_path, config, batches)
        assert same(whole, part, "epoch_0004"), batches


def test_a_run_that_stopped_goes_on_once_it_may_be_rewound(tmp_path):
    with pytest.raises(DivergedError):
        spoilt.trained(tmp_path, spoilt.experiment(6, how="weights"))
    (stopped,) = map(RunDir, tmp_path.glob("spoilt_*"))
    stopped.write_experiment(spoilt.experiment(6, how="weights", on_nan="rewind"))
    with pytest.warns(DivergenceWarning):
        snnrun.resume(stopped)
    other = spoilt.trained(tmp_path, spoilt.experiment(on_nan="rewind"), left_out=(6,))
    assert tiny.weights(stopped, "epoch_0003") == tiny.weights(other, "epoch_0003")


def test_a_run_of_which_nothing_would_be_left_stops(tmp_path):
    config = spoilt.experiment(0, 1, how="loss", on_nan="rewind")
    with (
        pytest.raises(
            DivergedError, match=r"^the loss is nan in epoch 0, batch 1; .*Saved: epoch 0"
        ),
        pytest.warns(DivergenceWarning, match="back to epoch 0, to train on without one update"),
    ):
        spoilt.trained(tmp_path, config)


def test_rewinding_ends_after_so_many_times():
    recovery = Recovery("rewind", Horizon(9, 1000, 1000), 1)
    widths = []
    for time in range(MOST_REWOUND + 1):
        recovery.begin(Position(3, 100 + time))
        found = recovery.rewound()
        if found is None:
            break
        widths.append(len(found.left_out) - sum(widths))
        recovery.trouble = found
    assert widths == [1, 2, 4, 8, 16, 32, 64, 128]
    recovery.begin(Position(5, 0))  # more than an epoch later
    assert recovery.rewound().rewinds == 1
