"""Runs as .nir files and back, by the commands; and what is refused, and how."""

import builtins
import json

import h5py
import numpy as np
import pytest
import torch

from snnrun.compat.nir.constants import DT
from snnrun.compat.nir.importing import import_file
from snnrun.compat.nir.package import nir
from snnrun.experiment import load_config
from snnrun.runs.folder import RunDir
from tests.cli.running import run as command
from tests.compat.nir_nets import unpacked
from tests.compat.test_exports import saved

CONFIG = """
seed: 3
data: {name: digits}
encoder: {name: rate, steps: 4}
model:
  name: feedforward
  neuron: {tau: 2.0, threshold: 0.2}
  layers: [{name: conv, channels: 3}, {name: batch_norm}, {name: lif}, {name: avg_pool}]
learning: {name: surrogate, loss: {name: tet}}
train: {epochs: 7, batch_size: 50, eval_batch_size: 100, live_plot: false, tensorboard: false}
"""


def run_of(folder, text=CONFIG, *overrides):
    """A run that left a network behind."""
    path = folder / "config.yaml"
    path.write_text(text)
    return saved(load_config(path, overrides), folder / "runs")[0]


def test_a_run_comes_back_and_infers_the_same(tmp_path):
    run, file, back = run_of(tmp_path), tmp_path / "out" / "net.nir", tmp_path / "back"
    assert command("export", run.path, "--format", "nir", "--out", file) == (0, f"{file}\n", "")
    code, out, err = command("import", file, "train.workers=1", "--results", back, "--name", "n")
    (made,) = back.iterdir()
    assert (code, out, err) == (0, f"{made}; next: snnrun inference {made}\n", "")
    assert made.name.startswith("n_")
    imported = RunDir.open(made)
    experiment = imported.experiment()
    assert (experiment.seed, experiment.encoder.steps, experiment.train.workers) == (3, 4, 1)
    assert experiment.learning == run.experiment().learning
    assert imported.status() == {"state": "shared", "epoch": 1}
    assert imported.read_json("source.json")["dt"] == DT
    assert not (made / "metrics.jsonl").exists()
    results = [command("inference", each)[1] for each in (run.path, made)]
    assert results[0].splitlines()[:2] == results[1].splitlines()[:2]


def test_the_file_is_called_after_the_run(tmp_path):
    run = run_of(tmp_path)
    name = f"{run.path.name}.nir"
    code, out, _ = command("export", run.path, "--format", "nir")
    assert (code, out) == (0, f"{run.path / 'exports' / 'nir' / name}\n")
    assert "nir" in command("export", "--help")[1]


def test_a_file_of_another_library_takes_the_data_that_are_named(tmp_path):
    graph = dense(64, 10)
    path = tmp_path / "net.nir"
    nir().write(path, graph)
    run = import_file(path, ["data=digits", "encoder=poisson", "encoder.steps=3"], results=tmp_path)
    experiment = run.experiment()
    assert (experiment.encoder.steps, type(experiment.encoder).__name__) == (3, "PoissonSettings")
    assert run.read_json("source.json")["written_by"] == "nir"
    assert command("inference", run.path)[0] == 0


def dense(inputs, outputs, **changes):
    """Weights, neurons, weights."""
    n = nir()
    weights = np.random.default_rng(2).normal(size=(5, inputs)).astype(np.float32)
    ones = np.ones(5)
    given = {"tau": 2 * DT * ones, "r": 2 * ones, "v_leak": 0 * ones, "v_threshold": ones}
    behind = np.random.default_rng(3).normal(size=(outputs, 5)).astype(np.float32)
    return n.NIRGraph.from_list(n.Linear(weights), n.LIF(**(given | changes)), n.Linear(behind))


def broken(folder, **changes):
    path = folder / "net.nir"
    nir().write(path, dense(64, 10, **changes))
    return path


REFUSED = {
    "tau differs": (
        {"tau": DT * np.arange(2.0, 7.0)},
        "lif.tau is 0.0002 to 0.0006; expected one number for all neurons of a layer",
    ),
    "tau is short": (
        {"tau": DT / 2 * np.ones(5)},
        "lif.tau is 5e-05 s; expected at least a step, dt = 0.0001 s",
    ),
    "threshold": ({"v_threshold": np.zeros(5)}, "the threshold of lif is 0; expected more than 0"),
    "nan": ({"r": np.full(5, np.nan)}, "lif.r is nan to nan"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_numbers_that_are_none_of_a_layer_here(case, tmp_path):
    changes, message = REFUSED[case]
    path = broken(tmp_path, **changes)
    code, out, err = command("import", path, "data=digits", "--results", tmp_path / "runs")
    assert (code, out) == (3, "")
    assert err.startswith(f"snnrun: {path}: ")
    assert message in err
    assert not (tmp_path / "runs").exists()


def test_nodes_that_there_are_not_here_are_named(tmp_path):
    path = broken(tmp_path)
    with h5py.File(path, "r+") as file:
        for name in ("lif", "linear"):
            del file[f"node/nodes/{name}/type"]
            file[f"node/nodes/{name}/type"] = f"Strange{name}"
    code, _, err = command("import", path, "data=digits", "--results", tmp_path / "runs")
    assert code == 3
    assert "no layer here is lif (Strangelif), linear (Strangelinear); known nodes: Input," in err
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


#: What a file holds where a number, a size or a step is expected.
DAMAGED = [
    ("nodes/linear/weight", "text", "cannot be read as NIR: "),
    ("nodes/lif/tau", [b"a"] * 5, "lif.tau holds text; expected numbers"),
    ("nodes/linear/weight", np.full((5, 64), np.nan), "linear.weight holds nan; expected finite"),
    ("nodes/input/shape", [np.inf], "the shape of the input is [inf]; expected whole numbers"),
    ("nodes/conv2d/groups", 1j, "conv2d.groups holds complex128; expected numbers"),
    ("nodes/conv2d/stride", [0.5, 1.0], "conv2d.stride is [0.5, 1.0]; expected whole numbers"),
    ("nodes/conv2d/weight", 1j * np.ones((2, 1, 3, 3)), "conv2d.weight holds complex128"),
    ("metadata/dt", "text", "metadata.dt is text; expected seconds, more than 0"),
    ("metadata/dt", 0.0, "metadata.dt is 0.0; expected seconds, more than 0"),
]


@pytest.mark.parametrize(("key", "value", "message"), DAMAGED)
def test_what_a_file_holds_in_place_of_numbers(key, value, message, tmp_path):
    n, ones, path = nir(), (1, 1), tmp_path / "net.nir"
    conv = n.Conv2d((8, 8), np.ones((2, 1, 3, 3)), ones, (0, 0), ones, 1, np.zeros(2))
    images = n.NIRGraph.from_list(n.Input(np.array([1, 8, 8])), conv)
    n.write(path, images if "conv2d" in key else dense(64, 10))
    with h5py.File(path, "r+") as file:
        if f"node/{key}" in file:
            del file[f"node/{key}"]
        file[f"node/{key}"] = value
    code, _, err = command("import", path, "data=digits", "--results", tmp_path / "runs")
    assert (code, message in err, err.count("\n")) == (3, True, 1), err
    assert not (tmp_path / "runs").exists()


GRAPHS = {
    "branch": (("linear", "output"), "linear leads to lif and output; a network here is a chain"),
    "sum": (("input", "linear_1"), "input leads to linear and linear_1"),
    "lost": (("linear", "nobody"), "an edge leads from linear to nobody; there is no such node"),
}


@pytest.mark.parametrize("case", GRAPHS)
def test_graphs_that_are_no_chain(case, tmp_path):
    edge, message = GRAPHS[case]
    graph = dense(64, 10)
    graph.edges.append(edge)
    nir().write(tmp_path / "net.nir", graph)
    code, _, err = command("import", tmp_path / "net.nir", "data=digits")
    assert (code, message in err) == (3, True), err


def test_files_that_are_none(tmp_path):
    path = tmp_path / "net.nir"
    for content in (b"", b"\x89HDF\r\n\x1a\nrest", b"text"):
        path.write_bytes(content)
        code, _, err = command("import", path, "data=digits")
        assert (code, "cannot be read as NIR" in err, err.count("\n")) == (3, True, 1)
    with h5py.File(path, "w") as file:
        file["other"] = 1
    assert "cannot be read as NIR" in command("import", path, "data=digits")[2]
    assert command("import", tmp_path / "absent.nir")[0] == 3
    assert "is a folder; expected a .nir file" in command("import", tmp_path)[2]


def test_what_the_command_was_not_told(tmp_path):
    path = broken(tmp_path)
    code, _, err = command("import", path)
    assert (code, "says nothing of data; add data=NAME, such as data=mnist" in err) == (2, True)
    code, _, err = command("import", path, "data=digits", "--written-by", "snntroch")
    assert (code, "did you mean 'snntorch'? known: nir, norse," in err) == (2, True)
    code, _, err = command("import", path, "data=digits", "--dt", "0")
    assert (code, "a step of 0 s; expected more than 0" in err) == (2, True)
    code, _, err = command("import", path, "data=yin_yang", "--results", tmp_path / "runs")
    assert code == 2
    assert "10" in err
    code, _, err = command("import", path, "data=cifar10", "--results", tmp_path / "runs")
    assert (code, "its input is [64], but samples are" in err) == (3, True)
    assert not (tmp_path / "runs").exists()
    code, _, err = command("inference", path)
    assert (code, f"{path} is no run; snnrun import {path} makes one of it" in err) == (3, True)


def test_the_step_of_the_file_its_writer_or_the_command(tmp_path):
    path = broken(tmp_path, tau=4e-4 * np.ones(5))
    for arguments, decay in ((["--dt", "2e-4"], 0.5), ([], 0.75)):
        results = tmp_path / str(decay)
        assert command("import", path, "data=digits", *arguments, "--results", results)[0] == 0
        (made,) = results.iterdir()
        assert RunDir.open(made).experiment().model.neuron.decay == decay


def test_overrides_change_all_neurons(tmp_path):
    path, *_ = unpacked("snntorch_leaky", tmp_path)
    values = np.random.default_rng(0).random((40, 6)).astype(np.float32)
    np.savez(tmp_path / "xy.npz", x=values, y=np.arange(40) % 4)
    pair = f"{{values: {tmp_path}/xy.npz/x, targets: {tmp_path}/xy.npz/y}}"
    data = f"data={{name: arrays, train: {pair}, test: 0.2}}"
    reset = ["model.neuron.reset=set", "model.neuron.delayed=false"]
    run = import_file(path, [data, *reset], written_by="snntorch", results=tmp_path / "runs")
    settings = run.experiment().model
    assert [settings.layers[i].neuron(settings.neuron).reset for i in (1, 3)] == ["set", "set"]


UNSAID = {
    "max_pool": (
        "layers: [{name: conv, channels: 3}, {name: lif}, {name: max_pool}]",
        "max_pool (layers.2)",
    ),
    "residual": ("layers: [{name: residual, body: [{name: lif}]}]", "residual (layers.0)"),
    "tebn": (
        "layers: [{name: conv, channels: 3}, {name: tebn, steps: 4}, {name: lif}]",
        "tebn (layers.1)",
    ),
    "adaptation": (
        "layers: [{name: linear, size: 5}, {name: lif, adaptation: 0.1}]",
        "adaptation of thresholds (layers.1)",
    ),
    "delayed": (
        "layers: [{name: linear, size: 5}, {name: lif, delayed: true}]",
        "delayed reset that sets the membrane (layers.1)",
    ),
    "two": (
        "layers: [{name: conv, channels: 3, kernel: [3, 2]}, {name: lif}, {name: max_pool}]",
        "kernel of [3, 2] whose shapes it can tell (layers.0); no max_pool (layers.2)",
    ),
}


@pytest.mark.parametrize("case", UNSAID)
def test_what_nir_cannot_say_is_named(case, tmp_path):
    layers, message = UNSAID[case]
    text = CONFIG.replace(
        "layers: [{name: conv, channels: 3}, {name: batch_norm}, {name: lif}, {name: avg_pool}]",
        layers,
    )
    run = run_of(tmp_path, text)
    code, out, err = command("export", run.path, "--format", "nir", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err == f"snnrun: NIR has no {message}\n"
    assert not (tmp_path / "out").exists()


def test_a_model_that_no_file_can_hold(tmp_path):
    from tests import tiny

    run, _ = saved(tiny.experiment(tmp_path), tmp_path / "runs")
    code, _, err = command("export", run.path, "--format", "nir")
    assert (code, "cannot hold a network of the model 'first_spike'" in err) == (2, True)


@pytest.mark.parametrize("verb", ["import", "export"])
def test_without_the_package(verb, tmp_path, monkeypatch):
    def absent(name, *rest, real=builtins.__import__):
        if name == "nir":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    run = run_of(tmp_path) if verb == "export" else None
    path = run.path if run else broken(tmp_path)
    monkeypatch.setattr(builtins, "__import__", absent)
    options = ["--format", "nir"] if verb == "export" else ["data=digits"]
    code, _, err = command(verb, path, *options)
    assert code == 3
    assert "is not installed; pip install 'snnrun[nir]'" in err


def test_metadata_name_no_plug_ins_and_damaged_ones_are_passed_over(tmp_path):
    """A file that somebody else wrote cannot make us import modules."""
    path = broken(tmp_path)
    with h5py.File(path, "r+") as file:
        file["node/metadata/config"] = json.dumps({"plugins": ["os"], "data": {"name": "digits"}})
        file["node/nodes/lif/metadata/snnrun"] = "{"
    run = import_file(path, results=tmp_path / "runs")
    assert run.experiment().plugins == ()
    assert torch.is_tensor(next(iter(checkpoint_of(run).values())))


@pytest.mark.parametrize("remark", [np.zeros(0), np.ones(3), 7, "[" * 10_000])
def test_a_remark_on_a_neuron_that_is_none_is_passed_over(remark, tmp_path):
    """An empty array was neither true nor false."""
    path = broken(tmp_path)
    with h5py.File(path, "r+") as file:
        file["node/nodes/lif/metadata/snnrun"] = remark
    assert import_file(path, ["data=digits"], results=tmp_path / "runs").experiment()


@pytest.mark.parametrize(
    "damaged",
    [
        {"config": '{"train": 3}'}, {"config": "[" * 50_000}, {"epoch": "x"}, {"epoch": [1, 2]},
        {"epoch": np.zeros(0)}, {"epoch": 2**62}, {"epoch": -3},
    ],
)  # fmt: skip
def test_damaged_metadata_are_passed_over(damaged, tmp_path):
    path = broken(tmp_path)
    with h5py.File(path, "r+") as file:
        for key, value in damaged.items():
            file[f"node/metadata/{key}"] = value
    run = import_file(path, ["data=digits"], results=tmp_path / "runs")
    assert run.status()["epoch"] == 1


def test_the_epoch_of_the_file(tmp_path):
    path = broken(tmp_path)
    with h5py.File(path, "r+") as file:
        file["node/metadata/epoch"] = 12
    run = import_file(path, ["data=digits"], results=tmp_path / "runs")
    assert run.status()["epoch"] == 12


def test_nothing_is_left_where_writing_fails(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(RunDir, "write_experiment", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_file(broken(tmp_path), ["data=digits"], results=tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def checkpoint_of(run):
    from snnrun.runs import checkpoint

    return checkpoint.open_epoch(run.checkpoints).tensors
