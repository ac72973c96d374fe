"""Result folders of the original code: imported, evaluated, continued."""

import json
import math
import shutil

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

import snnrun
from snnrun import api
from snnrun.cli.verbs import app
from snnrun.compat import open_run
from snnrun.compat.fastanddeep import restoring
from snnrun.compat.fastanddeep.curves import metrics
from snnrun.compat.fastanddeep.folders import Saved, is_result_dir
from snnrun.compat.fastanddeep.networks import read_network
from snnrun.core.position import Position
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.experiment import load_config
from snnrun.runs import checkpoint
from tests.compat.foreign import rates_apart, save_curves, save_run
from tests.compat.originals import FIRST, SECOND, changed

BOTH = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream"])
GENERATIONS = pytest.mark.parametrize("plain", [FIRST, SECOND], ids=["first", "second"])


pytestmark = pytest.mark.usefixtures("elsewhere")


def ours(tensors: dict) -> list:
    """Our parameters in the order of their layers: delays in front of the weights of a layer."""
    names = [name for name in sorted(tensors) if name.startswith("model.")]
    return [tensors[name].numpy() for name in names if "threshold" not in name]


def kept(saved: checkpoint.Checkpoint) -> dict[str, dict[str, torch.Tensor]]:
    """What the optimiser keeps, by parameter."""
    found = {}
    for name, tensor in saved.optimizer.items():
        parameter, _, what = name.rpartition("/")
        found.setdefault(parameter, {})[what] = tensor
    return found


@BOTH
@GENERATIONS
def test_every_epoch_is_imported(tmp_path, plain, zipped):
    saved = save_run(tmp_path / "theirs", plain, zipped)
    run, epoch = open_run("theirs")
    assert epoch is None
    assert checkpoint.saved(run.checkpoints) == [Position(0), Position(2), Position(6)]
    assert (run.checkpoints / "last").read_text() == "epoch_0006\n"
    assert run.experiment().model == load_config("theirs/config.yaml").model
    assert run.experiment().train.savepoints == (2, 6)
    for position in checkpoint.saved(run.checkpoints):
        found = ours(checkpoint.load(run.checkpoints / position.name).tensors)
        for array, parameter in zip(found, saved[position.epoch], strict=True):
            np.testing.assert_array_equal(array, parameter.detach())


@GENERATIONS
def test_the_optimiser_goes_on_where_it_stood(tmp_path, plain):
    saved = save_run(tmp_path / "theirs", plain, True)
    run, _ = open_run("theirs")
    imported = checkpoint.open_epoch(run.checkpoints, 2)
    known = {tuple(each["exp_avg"].shape): each for each in saved[-2]}
    for each in kept(imported).values():
        theirs = known.pop(tuple(each["exp_avg"].shape))
        assert each["step"] == 3
        assert torch.equal(each["exp_avg"], theirs["exp_avg"])
        assert torch.equal(each["exp_avg_sq"], theirs["exp_avg_sq"])
    assert not known
    rates = sorted(group.lr for group in imported.progress.optimizer)
    apart = rates_apart(plain)
    assert rates == pytest.approx(sorted({0.01 + apart * i for i in range(len(saved[2]))}))


@GENERATIONS
def test_the_schedule_goes_on_where_it_stood(tmp_path, plain):
    save_run(tmp_path / "theirs", plain, True)
    run = snnrun.resume("theirs", 2, epochs=6)
    epochs, found = run.curve("train", "learning_rate")
    assert epochs == [1, 2, 3, 4, 5, 6]
    later = (0.01 / 2, 0.01 / 4) if plain is SECOND else (0.005, 0.005 * 0.95)
    assert found[2:] == pytest.approx([rate for rate in later for _ in range(2)])


def test_an_import_is_found_again(tmp_path):
    save_run(tmp_path / "theirs", SECOND, True)
    first, _ = open_run("theirs")
    again, epoch = open_run(tmp_path / "theirs" / "epoch_2")
    assert again.path == first.path
    assert epoch == 2
    source = first.read_json("source.json")
    assert source["folder"] == str(tmp_path / "theirs")
    assert set(source["sha256"]) >= {"config.yaml", "epoch_6/yin_yang_network.pt"}
    save_curves(tmp_path / "theirs" / "epoch_6", 5)
    assert open_run("theirs")[0].path != first.path
    assert open_run(first) == (first, None)
    assert open_run(first.path, 2)[1] == 2


def test_curves_become_metrics(tmp_path):
    save_run(tmp_path / "theirs", SECOND, True)
    run, _ = open_run("theirs")
    epochs, accuracies = run.curve("validation", "accuracy")
    assert epochs == list(range(7))
    assert accuracies == pytest.approx(np.linspace(0.25, 0.85, 7))
    assert run.curve("train", "loss")[0] == [2, 3, 4, 5, 6]  # nan is no number
    assert run.curve("train", "bumped") == ([1, 2, 3, 4, 5, 6], [0.0] * 6)
    assert run.curve("train", "learning_rate")[1] == pytest.approx(
        [0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025]
    )
    assert run.logged()[-1]["step"] == 6 * 167
    assert run.status()["best"] == {"epoch": 6, "accuracy": 0.85, "loss": 0.9}
    progress = checkpoint.open_epoch(run.checkpoints, 2).progress
    rows = [json.loads(line) for line in run.metric_lines()[: progress.metric_lines]]
    assert max(row["epoch"] for row in rows) == 2
    assert progress.best.epoch == 2


@pytest.mark.parametrize(("repeat", "expected"), [([3], True), ([0, 4], True), ([], False)])
def test_a_continued_run_repeats_epochs(tmp_path, repeat, expected):
    """`continue` of the original validates once more; where nothing repeats, nothing is told."""
    save_curves(tmp_path, 5)
    for name in ("losses", "accuracies"):
        path = tmp_path / f"yin_yang_val_{name}.npy"
        values = np.load(path)
        longer = np.insert(values, repeat, values[repeat]) if repeat else np.append(values, 0.7)
        np.save(path, longer)
    rows = metrics(Saved(tmp_path, "yin_yang"), [0.1] * 5, 1)
    found = [row["value"] for row in rows if row["split"] == "validation" and row["name"] == "loss"]
    assert found == pytest.approx(np.linspace(2.1, 0.9, 6) if expected else [])


@GENERATIONS
def test_continue_and_evaluate(tmp_path, plain):
    save_run(tmp_path / "theirs", plain, True)
    short = ["theirs", 2]
    before = snnrun.inference(*short)
    assert before.epoch == 2
    run = snnrun.resume(*short, [3])
    assert (run.status()["state"], run.status()["epoch"]) == ("finished", 3)
    assert run.curve("train", "loss")[0] == [2, 3]
    assert checkpoint.saved(run.checkpoints)[-1] == Position(3)
    assert snnrun.inference("theirs/epoch_2").loss == before.loss
    assert snnrun.load("theirs", 3).model.layers[0].weights.shape == (6, 7)


@pytest.mark.parametrize(("start", "end"), [(6, 8), (2, 3), (2, 6)])
def test_their_folder_stays_what_it_is_when_training_goes_on(tmp_path, start, end):
    """Its last epoch is theirs, neither what was trained from it here nor what that replaced."""
    save_run(tmp_path / "theirs", SECOND, True)
    before = snnrun.inference("theirs")
    run = snnrun.resume("theirs", start, [end])
    for folder in ("theirs", "theirs/epoch_6"):
        after = snnrun.inference(folder)
        assert (after.epoch, after.loss) == (before.epoch, before.loss) == (6, before.loss)
    assert snnrun.inference(run).epoch == end
    if end not in (2, 6):
        assert snnrun.inference("theirs", end).run.path == run.path
    with pytest.raises(DataError, match="has no epoch 5"):
        snnrun.inference("theirs", 5)
    assert len(list((tmp_path / "experiment_results").iterdir())) == (1 if start == 6 else 2)


def test_training_goes_on_where_it_went_on(tmp_path):
    save_run(tmp_path / "theirs", SECOND, True)
    first = snnrun.resume("theirs", 6, [7])
    again = snnrun.resume("theirs", epochs=8)
    assert (again.path, again.status()["epoch"]) == (first.path, 8)


def test_figures_of_one_epoch_at_a_time(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "snnrun.evaluation.figures.draw_all", lambda *given, **_: drawn.append(given) or []
    )
    save_run(tmp_path / "theirs", FIRST, True)
    run, _ = open_run("theirs")
    api.evaluate(["theirs/epoch_2", run.path], 2)
    ((pairs, out),) = drawn
    assert ([(each.path, epoch) for each, epoch in pairs], out) == ([(run.path, 2)] * 2, None)
    with pytest.raises(ConfigError, match="name different epochs"):
        api.evaluate(["theirs/epoch_2", "theirs/epoch_6"])


def test_mismatch_of_thresholds_is_taken_over(tmp_path):
    noisy = changed(SECOND, default_neuron_params__threshold_noise_fp_std=0.1)
    save_run(tmp_path / "theirs", noisy, True)
    run, _ = open_run("theirs")
    layers = read_network(tmp_path / "theirs" / "epoch_6" / "yin_yang_network.pt")
    tensors = checkpoint.open_epoch(run.checkpoints).tensors
    for index, layer in enumerate(each for each in layers if each.kind == "neurons"):
        found = tensors[f"model.layers.{index}.threshold_offsets"]
        np.testing.assert_array_equal(found, layer.offsets)


def test_a_flat_folder_is_the_last_epoch(tmp_path):
    save_run(tmp_path / "theirs", FIRST, False, (6,))
    folder = tmp_path / "theirs" / "epoch_6"
    for file in folder.iterdir():
        shutil.copy(file, tmp_path / "theirs")
    shutil.rmtree(folder)
    run, _ = open_run("theirs")
    assert checkpoint.saved(run.checkpoints) == [Position(0), Position(6)]
    assert checkpoint.open_epoch(run.checkpoints).optimizer


def test_without_an_optimiser_it_starts_anew(tmp_path):
    save_run(tmp_path / "theirs", FIRST, True)
    (tmp_path / "theirs" / "epoch_2" / "yin_yang_optim_state.yaml").unlink()
    spoilt = tmp_path / "theirs" / "epoch_6" / "yin_yang_optim_state.yaml"
    spoilt.write_text("- !!python/object/apply:os.system [touch mark]")
    run, _ = open_run("theirs")
    random, absent, refused = run.read_json("source.json")["notes"]
    assert random.startswith("random states")
    assert absent.endswith("epoch_2 has no state of the optimiser, which starts anew")
    assert "os.system'; nothing was run; the optimiser starts anew" in refused
    assert checkpoint.open_epoch(run.checkpoints, 6).optimizer == {}
    later = snnrun.resume(run, epochs=7).curve("train", "learning_rate")
    assert (later[0][-1], later[1][-1]) == (7, pytest.approx(0.005 * 0.95))
    assert not (tmp_path / "mark").exists()


def test_momentum_goes_on(tmp_path):
    plain = changed(FIRST, training_params__optimizer="sgd", training_params__momentum=0.5)
    saved = save_run(tmp_path / "theirs", plain, True)
    optimizer = torch.optim.SGD(saved[6], 0.01, momentum=0.5)
    for parameter in saved[6]:
        parameter.grad = torch.full_like(parameter, 0.3)
    optimizer.step()
    path = tmp_path / "theirs" / "epoch_6" / "yin_yang_optim_state.yaml"
    path.write_text(yaml.dump([optimizer.state_dict(), {}]))
    run, _ = open_run("theirs")
    found = kept(checkpoint.open_epoch(run.checkpoints, 6)).values()
    assert [each["momentum_buffer"].unique().item() for each in found] == [0.3, 0.3]
    notes = run.read_json("source.json")["notes"]
    assert notes[1].startswith("epoch 2: no momentum_buffer of a parameter")


def test_an_optimiser_of_another_network_is_not_taken(tmp_path):
    save_run(tmp_path / "theirs", FIRST, True)
    save_run(tmp_path / "other", SECOND, True)
    shutil.copy("other/epoch_6/yin_yang_optim_state.yaml", "theirs/epoch_6")
    run, _ = open_run("theirs")
    note = run.read_json("source.json")["notes"][-1]
    assert note == "epoch 6: 3 parameters for the 2 of the network; the optimiser starts anew"


@pytest.mark.parametrize(
    ("known", "rate"),
    [(7, 0.01), ({"step": 1, "exp_avg": "x", "exp_avg_sq": [1.0, "y"]}, 0.01), ({}, -1e12),
     ({}, float("inf")), ({}, float("nan")), ({}, "fast")],
)  # fmt: skip
def test_what_an_optimiser_cannot_know_is_not_taken(tmp_path, known, rate):
    save_run(tmp_path / "theirs", FIRST, True)
    group = {"lr": rate, "params": [0, 1]}
    text = yaml.safe_dump([{"param_groups": [group], "state": {0: known, 1: known}}])
    (tmp_path / "theirs" / "epoch_6" / "yin_yang_optim_state.yaml").write_text(text)
    run, _ = open_run("theirs")
    notes = run.read_json("source.json")["notes"]
    assert any(note.endswith("the optimiser starts anew") for note in notes)


@pytest.mark.parametrize(
    ("what", "value", "told"),
    [("exp_avg", math.nan, "exp_avg of a parameter holds values that are not finite"),
     ("exp_avg_sq", -1.0, "exp_avg_sq of a parameter holds values below 0"),
     ("step", -3.0, "step of a parameter holds values below 0")],
)  # fmt: skip
def test_numbers_that_no_optimiser_keeps_are_not_taken(tmp_path, monkeypatch, what, value, told):
    """What was imported could not go on."""
    save_run(tmp_path / "theirs", FIRST, True)
    read = restoring.read_optimizer

    def spoilt(path):
        memories = read(path)
        memories[1].values[what] = np.full_like(np.asarray(memories[1].values[what]), value)
        return memories

    monkeypatch.setattr(restoring, "read_optimizer", spoilt)
    run, _ = open_run("theirs")
    notes = run.read_json("source.json")["notes"]
    assert f"epoch 6: {told}; the optimiser starts anew" in notes
    snnrun.resume(run, epochs=7)


def test_a_network_that_does_not_fit_its_config(tmp_path):
    save_run(tmp_path / "theirs", FIRST, True)
    wider = changed(FIRST, network_layout__layer_sizes=[8, 3])
    (tmp_path / "theirs" / "config.yaml").write_text(yaml.safe_dump(wider))
    with pytest.raises(
        DataError,
        match=r"does not fit its config: it holds biases \[0.9, 0.2\], "
        r"neurons \[6, 7\].*makes biases .*neurons \[6, 8\]",
    ):
        open_run("theirs")  # fmt: skip
    assert not list(tmp_path.glob("experiment_results/*/source.json"))


@pytest.mark.parametrize(
    ("files", "message"),
    [({"yin_yang_untrained_network.pt": b""}, "holds no trained network"),
     ({"yin_yang_network.pt": b""}, "tells how long the network was trained"),
     ({"yin_yang_gitsha.txt": b"", "config.yaml": b""}, r"no file \*_network.pt"),
     ({"epoch_3/yin_yang_gitsha.txt": b"", "config.yaml": b""}, r"no file \*_network.pt"),
     ({"epoch_3/yin_yang_network.pt": b""}, "holds no config.yaml")],
)  # fmt: skip
def test_folders_that_lack_something(tmp_path, files, message):
    for name, content in files.items():
        path = tmp_path / "theirs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert is_result_dir(tmp_path / "theirs")
    with pytest.raises(DataError, match=message):
        open_run("theirs")


def test_curves_hold_numbers_only(tmp_path):
    save_run(tmp_path / "theirs", FIRST, True)
    np.save("theirs/epoch_6/yin_yang_val_losses.npy", np.array({"a": 1}), allow_pickle=True)
    with pytest.raises(DataError, match="no array of numbers"):
        open_run("theirs")


def test_labels_that_tell_no_number_of_batches(tmp_path):
    """None of them was a division by zero; the data set is counted instead."""
    save_run(tmp_path / "theirs", FIRST, True, epochs=(2,))
    whole, _ = open_run(tmp_path / "theirs", results=tmp_path / "whole")
    np.save(tmp_path / "theirs/epoch_2/yin_yang_train_labels.npy", np.zeros(0, np.int64))
    run, _ = open_run(tmp_path / "theirs", results=tmp_path / "again")
    assert run.logged() == whole.logged()


def test_our_own_runs_are_not_theirs(tmp_path):
    assert not is_result_dir(tmp_path)
    with pytest.raises(DataError, match="no such run folder: nowhere"):
        open_run("nowhere")


def test_the_commands_take_their_folders(tmp_path):
    save_run(tmp_path / "theirs", SECOND, True)
    accuracy = snnrun.inference("theirs", 2).accuracy
    told = f"After inference, the accuracy is {accuracy:.2%}."
    for words in (["theirs", "2"], ["theirs/epoch_2"]):
        result = CliRunner().invoke(app, ["inference", *words])
        assert (result.exit_code, result.stdout.splitlines()[0]) == (0, told)
    result = CliRunner().invoke(app, ["inference", "theirs", "3"])
    assert result.exit_code == 3
    assert "has no epoch 3. Saved epochs: 0, 2, 6" in result.stderr
    words = ["export", "theirs", "6", "--format", "fastanddeep", "--out", "out"]
    result = CliRunner().invoke(app, words)
    assert result.stdout.splitlines()[0] == "out/config.yaml"
    assert "dataset_params" in yaml.safe_load((tmp_path / "out" / "config.yaml").read_text())


# ---- the originals ----


@pytest.mark.parametrize(
    ("name", "files", "accuracy"),
    [("yinyang_et_300epochs", "", 0.96), ("yin_yang_H30_WA", "epoch_300", 0.975)],
)
def test_the_originals(originals, name, files, accuracy):
    """Spike times differ by the original's epsilon, 1e-6 in each sum of each of two layers."""
    folder = originals / "fastanddeep" / name
    run, _ = open_run(folder)
    found = evaluate_run(run, measures=["output_times"])
    assert (found.epoch, found.accuracy) == (300, accuracy)
    shown = found.of("output_times")
    times = np.load(folder / files / "yin_yang_test_spiketimes.npy")
    np.testing.assert_array_equal(
        shown["labels"], np.load(folder / files / "yin_yang_test_labels.npy")
    )
    np.testing.assert_allclose(shown["times"], times, rtol=0, atol=2e-5)
    spiked = np.isfinite(times)
    assert np.median(np.abs(shown["times"][spiked] - times[spiked])) < 2e-6
    known = np.load(folder / files / "yin_yang_val_accuracies.npy")
    assert run.curve("validation", "accuracy")[1] == pytest.approx(known)
    imported = checkpoint.open_epoch(run.checkpoints)
    assert len(kept(imported)) == len(list(snnrun.load(run).model.parameters()))
    assert imported.progress.optimizer[0].lr == pytest.approx(0.005 * 0.95**15)
