"""A run whose numbers went wrong is trained again, and the tensor is named."""

import math

import pytest

import snnrun
from snnrun.core.position import Position
from snnrun.errors import ConfigError, DataError, DivergedError, DivergenceWarning
from snnrun.runs import checkpoint
from snnrun.runs.diverged import Diverged
from snnrun.runs.folder import RunDir
from snnrun.training.replaying import told
from tests import tiny
from tests.cli.running import run as command
from tests.training import spoilt
from tests.training.stopped import files_of


@pytest.fixture(autouse=True)
def plugged(monkeypatch):
    spoilt.plug(monkeypatch)


def diverged(folder, *updates, **train):
    """A run that ended because its numbers went wrong."""
    with pytest.raises(DivergedError):
        spoilt.trained(folder, spoilt.experiment(*updates, **train))
    return RunDir(max(folder.glob("spoilt_*")))


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize(
    ("how", "tensor"),
    [
        ("loss", "the loss"),
        ("gradient", "the gradient of model.norm.weight"),
        ("weights", "model.weights"),
        ("buffer", "model.norm.running_mean"),
    ],
)
def test_the_first_tensor_that_went_wrong_is_named(tmp_path, how, tensor, accumulate):
    """The run itself noticed it later: at the next loss, or at the end of the epoch."""
    update = 6 if accumulate == 1 else 4
    run = diverged(tmp_path, update, how=how, accumulate=accumulate)
    before = files_of(run)
    found = snnrun.replay(run)
    assert found.diverged
    saved = checkpoint.saved(run.checkpoints)[-1]
    assert (found.start, found.tensor) == (saved, tensor)
    if how == "loss" or accumulate == 1:
        assert found.at == Position(1, 1 if accumulate == 1 else 2)
    assert found.seed == 7
    assert files_of(run) == before


def test_samples_and_sizes_are_those_of_the_batch(tmp_path):
    run = diverged(tmp_path, 6, how="gradient")
    found = snnrun.replay(run)
    wrong = run.experiment().learning.wrong
    assert len(found.samples) == 50
    assert found.samples[0] == wrong[0][1]
    sizes = {each.name: each for each in found.sizes}
    assert [each.name for each in found.sizes] == [
        "model.fixed", "model.weights", "model.norm.weight", "model.norm.bias",
        "the gradient of model.weights", "the gradient of model.norm.weight",
        "the gradient of model.norm.bias", "spike times of layer_0",
    ]  # fmt: skip
    gradient = sizes["the gradient of model.norm.weight"]
    assert (gradient.bad, gradient.numbers) == (1, 4)
    assert all(each.bad == 0 for each in found.sizes if each is not gradient)
    assert all(0 < each.largest < 100 for each in found.sizes)
    table = told(found).splitlines()[2:]
    assert len(table) == 9
    assert len(set(map(len, table))) == 1  # numbers stand below each other, and their heads


@pytest.mark.parametrize("kind", ["skip", "rewind"])
def test_a_run_that_went_on_is_replayed_where_it_went_wrong_last(tmp_path, kind):
    config = spoilt.experiment(6, 8, how="gradient", on_nan=kind)
    with pytest.warns(DivergenceWarning):
        run = spoilt.trained(tmp_path, config)
    found = snnrun.replay(run)
    assert found.tensor == "the gradient of model.norm.weight"
    assert found.at == Position(1, {"skip": 1, "rewind": 3}[kind])


def test_a_run_that_does_not_go_wrong_again_says_so(tmp_path):
    """Its plug-in was mended since, or chance had its part in it."""
    run = diverged(tmp_path, 6)
    run.write_experiment(spoilt.experiment())
    found = snnrun.replay(run)
    assert not found.diverged
    assert found.at == Position(1, 2)
    code, out, _ = command("replay", str(run.path))
    assert (code, out) == (0, "from epoch 1 to epoch 1, batch 2, all numbers stayed finite\n")


def test_the_command_shows_a_table_and_ends_as_the_run_did(tmp_path):
    run = diverged(tmp_path, 6, how="gradient")
    code, out, err = command("replay", str(run.path))
    assert code == 4
    assert err.endswith(
        "snnrun: the gradient of model.norm.weight holds values that are not finite in epoch 1, "
        "batch 1, seed 7\n"
    )
    lines = out.splitlines()
    assert lines[0].startswith("Trained again from epoch 1. Training samples of the batch: ")
    assert lines[0].endswith(" and 34 more")
    assert lines[2].split() == ["largest", "|.|", "not", "finite"]
    (line,) = (line for line in lines if line.startswith("the gradient of model.norm.weight "))
    assert line.endswith(" 1 of 4")
    assert command("replay", str(run.path), "--quiet")[:2] == (4, "")


def test_a_run_that_never_went_wrong_is_told(tmp_path):
    run = snnrun.train(tiny.experiment(tmp_path), results=tmp_path)
    with pytest.raises(DataError, match=r"holds no diverged\.json: its numbers never went wrong"):
        snnrun.replay(run)
    code, _, err = command("replay", str(run.path))
    assert code == 3
    assert err.startswith(f"snnrun: {run.path} holds no")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"what": 3}', '{"epoch": -1}', "\x00", "[" * 9999]
)
def test_a_damaged_record_is_named(tmp_path, text):
    run = diverged(tmp_path, 6)
    (run.path / "diverged.json").write_text(text)
    with pytest.raises(DataError, match=r"diverged\.json is damaged: "):
        snnrun.replay(run)


def test_numbers_of_a_run_with_the_largest_seed_may_go_wrong():
    assert Diverged(what="the loss", epoch=0, batch=0, seed=2**64 - 1).seed == 2**64 - 1


def test_the_record_of_another_run_is_refused(tmp_path):
    """It was taken for that of the run in whose folder it lay."""
    run = diverged(tmp_path, 6)
    text, record = run.config.read_text(), run.read_json("diverged.json")
    run.write_json("diverged.json", record | {"config": text.replace("seed: 7", "seed: 8")})
    with pytest.raises(ConfigError, match="seed: is 7, but the run began with 8"):
        snnrun.replay(run)
    run.write_json("diverged.json", record | {"config": "]"})
    with pytest.raises(DataError, match=r"diverged\.json is damaged: the config that it tells"):
        snnrun.replay(run)


def test_a_network_that_is_too_busy_for_its_numbers_is_told_by_layer(tmp_path):
    """A real one: a learning rate that no float survives."""
    config = snnrun.load_config(
        "configs/stbp_digits.yaml",
        ["train.optimizer.lr=1e38", "train.live_plot=false", "train.tensorboard=false"],
    )
    with pytest.raises(
        DivergedError, match=r"model\.layers\.0\.weights .*the loss is nan in epoch 0, batch 1"
    ):
        snnrun.train(config, results=tmp_path)
    (run,) = (path for path in tmp_path.iterdir())
    found = snnrun.replay(run)
    assert (found.tensor, found.at) == ("model.layers.0.weights", Position(0))
    sizes = {each.name: each.largest for each in found.sizes}
    assert 0 < sizes["membranes of layer_0"] < math.inf
