"""Networks through .nir files: those of other libraries, and ours there and back."""

import numpy as np
import pytest
import torch

from snnrun.compat.nir.chain import chain
from snnrun.compat.nir.constants import DT, Cell, Writer, cell_of, settings_of
from snnrun.compat.nir.files import read
from snnrun.compat.nir.recurrent import tau_of
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.lif.net import decay
from tests.compat.nir_nets import model_in, model_of, network_in, outputs, unpacked, write

SHAPES = {"conv": (2, 8, 8)}
FILES = {
    "snntorch_leaky": ("snntorch", {}),
    "snntorch_leaky_zero": ("snntorch", {"reset": "set", "delayed": False}),
    "snntorch_synaptic": ("snntorch", {}),
    "snntorch_conv": ("snntorch", {}),
    "snntorch_rleaky": ("nir", {}),
    "norse_box": ("norse", {}),
    "sinabs_conv": ("sinabs", {}),
    "sinabs_mlp": ("sinabs", {}),
    "spikingjelly_conv": ("spikingjelly", {}),
    "spikingjelly_mlp": ("spikingjelly", {}),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_libraries_give_their_outputs(name, tmp_path):
    writer, changes = FILES[name]
    path, x, y = unpacked(name, tmp_path)
    model = model_in(path, tuple(x.shape[2:]), y.shape[2], writer, **changes)
    assert np.abs(y).max() > 0.5
    np.testing.assert_allclose(outputs(model, x), y, atol=1e-6)


def test_a_file_whose_output_is_an_image(tmp_path):
    """Norse's convolutions end in neurons of an image; its spikes are those of ours."""
    path, x, y = unpacked("norse_conv", tmp_path)
    network = network_in(path, "norse")
    layers = [*network.model["layers"], {"name": "flatten"}]
    shape, classes = tuple(x.shape[2:]), y[0, 0].size
    model = model_of(**{**network.model, "layers": layers}, shape=shape, classes=classes)
    model.load_state_dict({k: torch.from_numpy(v) for k, v in network.tensors.items()})
    assert y.any()
    np.testing.assert_array_equal(outputs(model, x), y.reshape(*y.shape[:2], -1))


#: Neurons that NIR can say, in some way.
NEURONS = {
    "set": {"tau": 2.5},
    "decay of a tenth": {"decay": 0.1},
    "input that decays": {"tau": 1.6, "decay_input": True, "threshold": 0.2},
    "levels": {"decay": 0.7, "v_reset": -0.2, "rest": 0.1},
    "current": {"decay": 0.6, "current_decay": 0.3},
    "current that stays": {"decay": 0.6, "current_decay": 1.0, "threshold": 1.5},
    "no leak": {"decay": 1.0},
    "no leak, current": {"decay": 1.0, "current_decay": 0.4},
    "no memory": {"decay": 0.0},
    "subtract": {"decay": 0.7, "reset": "subtract"},
    "subtract, current": {"decay": 0.7, "reset": "subtract", "current_decay": 0.2, "rest": 0.05},
    "subtract, no leak": {"decay": 1.0, "reset": "subtract", "decay_input": False},
    "subtract later": {"decay": 0.7, "reset": "subtract", "delayed": True, "strict": True},
    "no reset": {"decay": 0.7, "reset": "none"},
    "learned": {"tau": 3.0, "learn_tau": True, "learn_threshold": True},
    "surrogate": {"decay": 0.7, "surrogate": {"name": "superspike", "sharpness": 3.0}},
}


@pytest.mark.parametrize("case", NEURONS)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_neurons_come_back(case, kind, tmp_path):
    """With what the file says beside its nodes, to the bit; from the nodes alone, too."""
    layers = [{"name": "linear", "size": 9}, {"name": "lif"}, {"name": "linear", "size": 4}]
    neuron = {"threshold": 0.3} | NEURONS[case]
    dtype = torch.float32 if kind is np.float32 else torch.float64
    model = model_of("feedforward", (6,), 4, dtype=dtype, neuron=neuron, layers=layers)
    if model.layers[1].leak is not None:
        model.layers[1].leak.data += 0.1
        model.layers[1].threshold.data -= 0.02
    x = 2 * torch.randn(12, 5, 6, generator=torch.Generator().manual_seed(5), dtype=dtype)
    path = tmp_path / "net.nir"
    assert write(model, (6,), path) == []
    back = model_in(path, (6,), 4, kind=kind)
    assert torch.equal(outputs(back, x), outputs(model, x))
    known = model.layers[1].neuron
    if "learn_tau" not in neuron:
        assert back.layers[1].neuron == known
    spikes = model(x[..., None, None]).spikes[0]
    assert 0.03 < spikes.mean() < 0.9
    without = graph_without_remarks(path)
    np.testing.assert_allclose(
        outputs(model_in(without, (6,), 4, kind=kind), x), outputs(model, x), atol=1e-6
    )


def graph_without_remarks(path):
    """The same file as another program would have written it."""
    import h5py

    other = path.with_name("bare.nir")
    other.write_bytes(path.read_bytes())
    with h5py.File(other, "r+") as file:
        found = []
        file.visit(lambda name: found.append(name) if name.endswith("/metadata") else None)
        for name in found:
            del file[name]
    return other


def test_a_changed_constant_counts_more_than_what_was_said(tmp_path):
    import h5py

    layers = [{"name": "linear", "size": 9}, {"name": "lif"}, {"name": "linear", "size": 4}]
    path = tmp_path / "net.nir"
    write(model_of("feedforward", (6,), 4, layers=layers, neuron={"tau": 4.0}), (6,), path)
    assert network_in(path).model["neuron"] == {"tau": 4.0}
    with h5py.File(path, "r+") as file:
        file["node/nodes/lif_0/tau"][...] = 4.001 * DT
    assert network_in(path).model["neuron"]["decay"] == pytest.approx(1 - 1 / 4.001)
    with h5py.File(path, "r+") as file:
        file["node/nodes/lif_0/tau"][...] = 2 * DT
        file["node/nodes/lif_0/r"][...] = 2.0
    assert network_in(path).model["neuron"]["decay"] == 0.5


#: Everything that a feed-forward network may hold and NIR can say.
LAYERS = [
    {"name": "conv", "channels": 6, "kernel": 3, "padding": [1, 0], "groups": 2},
    {"name": "batch_norm"},
    {"name": "lif", "reset": "subtract"},
    {"name": "avg_pool", "kernel": [2, 1]},
    {"name": "batch_norm"},
    {"name": "conv", "channels": 4, "kernel": 2, "stride": 2, "dilation": [1, 2], "bias": False},
    {"name": "batch_norm"},
    {"name": "lif"},
    {"name": "adaptive_avg_pool", "size": [2, 1]},
    {"name": "dropout"},
    {"name": "linear", "size": 7, "bias": False},
    {"name": "batch_norm"},
    {"name": "lif", "current_decay": 0.4},
    {"name": "batch_norm"},
    {"name": "linear", "size": 4},
    {"name": "leaky", "decay": 0.8},
]


def test_every_layer_comes_back(tmp_path):
    """In float64, since weights with their norms in them are rounded anew."""
    shape, neuron = (4, 8, 9), {"tau": 2.0, "threshold": 0.3}
    model = model_of("feedforward", shape, 4, dtype=torch.float64, neuron=neuron, layers=LAYERS)
    x = torch.rand(9, 5, *shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    notes = write(model, shape, tmp_path / "net.nir")
    assert notes == [
        "layers.1 (batch_norm) is part of the weights of layers.0",
        "layers.6 (batch_norm) is part of the weights of layers.5",
        "layers.11 (batch_norm) is part of the weights of layers.10",
    ]
    back = model_in(tmp_path / "net.nir", shape, 4, kind=np.float64)
    record = model(x)
    assert all(0.02 < spikes.mean() < 0.98 for spikes in record.spikes)
    np.testing.assert_allclose(outputs(back, x), record.outputs.detach(), rtol=1e-9, atol=1e-12)
    again = tmp_path / "again.nir"
    assert write(back, shape, again) == []
    assert [each.kind for each in chain(read(again))[1]] == [
        each.kind for each in chain(read(tmp_path / "net.nir"))[1]
    ]


LIF = {"tau_mem": 6.0, "tau_syn": 2.0, "threshold": 0.6}
LIF_NETS = {
    "spikes": {"layers": [{"size": 9}], "readout": {"name": "spikes", "threshold": 0.4}},
    "linear": {"layers": [{"size": 9, "reset": "zero"}], "readout": {"name": "linear"}},
    "leaky": {"layers": [{"size": 9}, {"size": 7}], "readout": {"name": "leaky", "tau": 3.0}},
    "recurrent": {
        "layers": [{"size": 9, "recurrent": True}, {"size": 7, "reset": "zero"}],
        "readout": {"name": "leaky", "tau": 3.0},
    },
    "recurrent, no current": {
        "tau_syn": 0.0,
        "threshold": 0.5,
        "layers": [{"size": 9, "recurrent": True, "reset": "zero", "tau_mem": 20.0}],
        "readout": {"name": "linear"},
    },
    "recurrent, current, zero": {
        "layers": [{"size": 9, "recurrent": True, "reset": "zero"}],
        "readout": {"name": "spikes"},
    },
}


@pytest.mark.parametrize("case", LIF_NETS)
def test_lif_networks_come_back(case, tmp_path):
    model = model_of("lif", (6,), 4, **(LIF | LIF_NETS[case]))
    x = torch.rand(12, 5, 6, generator=torch.Generator().manual_seed(5))
    write(model, (6,), tmp_path / "net.nir")
    back = model_in(tmp_path / "net.nir", (6,), 4)
    assert case.startswith("recurrent") == (type(back) is type(model))
    assert 0.02 < model(x).spikes[0].mean() < 0.9
    torch.testing.assert_close(outputs(back, x), outputs(model, x), rtol=1e-5, atol=1e-5)
    if case.startswith("recurrent"):
        assert torch.equal(outputs(back, x), outputs(model, x))
        write(back, (6,), tmp_path / "again.nir")
        first, second = (read(tmp_path / name) for name in ("net.nir", "again.nir"))
        assert {*first.nodes} == {*second.nodes}


@pytest.mark.parametrize("name", ["feedforward", "lif"])
def test_weights_of_few_bits_are_written_as_they_act(name, tmp_path):
    own = LIF_NETS["recurrent"] if name == "lif" else {"layers": [{"name": "linear", "size": 4}]}
    model = model_of(name, (6,), 4, bits=3, **own)
    write(model, (6,), tmp_path / "net.nir")
    back = model_in(tmp_path / "net.nir", (6,), 4)
    for weights in back.parameters():
        if weights.dim() == 2:
            assert 1 < len(weights.unique()) <= 7
    x = torch.rand(12, 5, 6, generator=torch.Generator().manual_seed(5))
    torch.testing.assert_close(outputs(back, x), outputs(model, x), rtol=1e-5, atol=1e-5)


def test_a_scale_goes_into_the_weights_before_it_or_behind(tmp_path):
    """By hand: 2 (W x) and a pool that sums 4 values, in front of the weights that get them."""
    from snnrun.compat.nir.package import nir

    n = nir()
    weight, ones = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones(2)
    level = n.LIF(tau=2 * DT * ones, r=2 * ones, v_leak=0 * ones, v_threshold=ones)
    graph = n.NIRGraph.from_list(
        n.Affine(weight, ones), n.Scale(np.array([2.0, 10.0])), level, n.Scale(5 * ones),
        n.Linear(weight),
    )  # fmt: skip
    n.write(tmp_path / "net.nir", graph)
    network = network_in(tmp_path / "net.nir")
    assert [each["name"] for each in network.model["layers"]] == ["linear", "lif", "linear"]
    assert network.tensors["layers.0.weight"].tolist() == [[2, 4], [30, 40]]
    assert network.tensors["layers.0.bias"].tolist() == [2, 10]
    assert network.tensors["layers.2.weight"].tolist() == [[5, 10], [15, 20]]


def test_weights_of_whole_numbers_are_scaled(tmp_path):
    """They were rounded to whole numbers again behind a Scale of 1/2."""
    from snnrun.compat.nir.package import nir

    n = nir()
    graph = n.NIRGraph.from_list(n.Linear(np.array([[1, 2], [3, 4]])), n.Scale(np.full(2, 0.5)))
    n.write(tmp_path / "net.nir", graph)
    found = network_in(tmp_path / "net.nir").tensors["layers.0.weight"]
    assert found.tolist() == [[0.5, 1.0], [1.5, 2.0]]


@pytest.mark.parametrize("writer", ["nir", "snntorch", "sinabs", "spikingjelly"])
def test_a_membrane_at_its_threshold(writer, tmp_path):
    """A neuron without a leak gets its threshold: two of the libraries have it spike."""
    from snnrun.compat.nir.package import nir

    n, ones, dt = nir(), np.ones(1), {"sinabs": 1.0}.get(writer, DT)
    neurons = n.IF(r=ones / dt, v_threshold=ones)
    n.write(tmp_path / "net.nir", n.NIRGraph.from_list(n.Linear(np.ones((1, 1))), neurons))
    model = model_in(tmp_path / "net.nir", (1,), 1, writer)
    assert outputs(model, torch.ones(1, 1, 1)).item() == (writer in ("sinabs", "spikingjelly"))


def test_a_convolution_of_rows(tmp_path):
    """Conv1d is a convolution of images with one row; torch's gives the same."""
    from snnrun.compat.nir.package import nir

    n = nir()
    torch.manual_seed(0)
    theirs = torch.nn.Sequential(
        torch.nn.Conv1d(2, 3, 3, stride=2, padding=1), torch.nn.Flatten(), torch.nn.Linear(12, 4)
    )
    conv, linear = (
        {key: each.detach().numpy() for key, each in theirs[i].named_parameters()} for i in (0, 2)
    )
    graph = n.NIRGraph.from_list(
        n.Input(np.array([2, 8])),
        n.Conv1d(8, conv["weight"], 2, 1, 1, 1, conv["bias"]),
        n.Flatten(np.array([3, 4]), 0, -1),
        n.Affine(linear["weight"], linear["bias"]),
    )
    n.write(tmp_path / "net.nir", graph)
    x = torch.rand(3, 5, 2, 8)
    expected = theirs(x.flatten(0, 1)).unflatten(0, (3, 5)).detach()
    model = model_in(tmp_path / "net.nir", (2, 1, 8), 4)
    torch.testing.assert_close(outputs(model, x[:, :, :, None]), expected)


def test_constants_by_hand():
    """tau 0.4 ms and R 4 at steps of 0.1 ms: the membrane keeps 3/4, input counts whole."""
    assert Writer().decay(4e-4) == 0.75
    assert Writer(1.0, exact=True).decay(2.0) == pytest.approx(np.exp(-0.5))
    assert Writer(1e-3, squared=True).decay(2e-6) == pytest.approx(0.5)
    assert cell_of(NeuronSettings(tau=4.0, strict=True, threshold=2.0), np.float64) == Cell(
        0.75, threshold=2.0
    )
    still = cell_of(NeuronSettings(decay=1.0, rest=0.5), np.float64)
    assert still.rest == 0  # what does not leak goes nowhere
    assert not cell_of(NeuronSettings(reset="none", delayed=True), np.float64).delayed
    halved = settings_of(Cell(0.5, 2.0, threshold=4.0, v_reset=1.0, rest=0.5))
    assert [halved[key] for key in ("threshold", "v_reset", "rest")] == [2.0, 0.5, 0.25]
    assert settings_of(Cell(0.5, 0.5))["decay_input"]
    assert [decay(tau_of(left)) for left in (0.0, 0.3, 0.9, 1.0)] == [0.0, 0.3, 0.9, 1.0]
