"""State dicts of snetx's and SpikingJelly's networks, under our names and back."""

import json

import pytest
import torch

from snnrun.compat.networks import give, names, take
from snnrun.data.torchvision_door import torchvision
from snnrun.errors import ConfigError, DataError
from snnrun.models import MODELS
from snnrun.models.feedforward.layers import shapes
from tests.golden import FOLDER, golden

HIDDEN = {"pool": "max", "hidden": (9, 8)}
CASES = {
    "vgg": ("vgg", {"depth": 11, "width": 2}, "snetx"),
    "vgg without norm": ("vgg", {"depth": 13, "width": 2, "norm": None}, "snetx"),
    "vgg, classifier": ("vgg", {"depth": 16, "width": 2, **HIDDEN}, "spikingjelly"),
    "sew": ("sew_resnet", {"width": 4}, "snetx"),
    "sew 50": ("sew_resnet", {"width": 4, "size": 50}, "spikingjelly"),
    "ms A": ("ms_resnet", {"width": 4, "order": "A"}, "snetx"),
    "ms C": ("ms_resnet", {"width": 4, "order": "C"}, "snetx"),
    "ms C 50": ("ms_resnet", {"width": 4, "order": "C", "size": 50}, "spikingjelly"),
}


def settings_of(name, **settings):
    return MODELS[name].settings(**settings)


def state_of(settings, shape=(2, 32, 32)):
    build = MODELS.entry_of(settings).load()
    return build(settings, shape, 3, torch.Generator().manual_seed(3)).state_dict()


@pytest.mark.parametrize("case", CASES)
def test_every_tensor_has_one_name_there_and_comes_back(case):
    name, chosen, library = CASES[case]
    settings = settings_of(name, **chosen)
    ours = state_of(settings)
    known = names(settings, library)
    assert known.keys() == ours.keys()
    assert len(set(known.values())) == len(known)
    back = take(give(ours, settings, library), settings, library)
    assert back.keys() == ours.keys()
    assert all(back[key] is value for key, value in ours.items())


@pytest.mark.parametrize("model", ["sew_resnet", "ms_resnet"])
@pytest.mark.parametrize("size", [18, 50])
def test_names_of_spikingjelly_are_those_of_torchvision(model, size):
    order = {"order": "C"} if model == "ms_resnet" else {}
    settings = settings_of(model, size=size, stem="classic", **order)
    with torch.device("meta"):
        theirs = getattr(torchvision().models, f"resnet{size}")(num_classes=3).state_dict()
    assert {*names(settings, "spikingjelly").values()} == {
        name for name in theirs if not name.endswith("num_batches_tracked")
    }
    taken = take(theirs, settings, "spikingjelly")
    ours = state_of(settings, (3, 32, 32))
    assert {n: t.shape for n, t in taken.items()} == {n: t.shape for n, t in ours.items()}
    assert give(taken, settings, "spikingjelly").keys() == theirs.keys()


@pytest.mark.parametrize("depth", [11, 13, 16, 19])
@pytest.mark.parametrize("norm", [None, {"name": "batch_norm"}])
def test_vgg_of_spikingjelly(depth, norm):
    """Names and shapes of its spiking_vgg, with 1000 classes."""
    path = FOLDER / "stbp" / "spikingjelly_vgg.json"
    theirs = json.loads(path.read_text())[f"vgg{depth}{'_bn' if norm else ''}"]
    settings = settings_of("vgg", depth=depth, norm=norm, pool="max", hidden=(4096, 4096))
    with torch.device("meta"):
        given = {name: torch.empty(shape) for name, shape in theirs.items()}
    taken = take(given, settings, "spikingjelly")
    shape, wanted = (3, 32, 32), {}
    for (key, _, _), (name, layer, before, _) in zip(
        settings.describe(shape, 1000), shapes(settings.stack(), shape, "layers"), strict=False
    ):
        assert key == name
        if hasattr(layer, "weight_shape"):
            wanted[f"{name}.weight"] = layer.weight_shape(before)
    assert {name: tuple(taken[name].shape) for name in wanted} == wanted
    total = sum(each.numel() for name, each in taken.items() if "running" not in name)
    assert total == sum(number for *_, number in settings.describe(shape, 1000))
    assert give(taken, settings, "spikingjelly").keys() == theirs.keys()


def test_a_vgg_of_spikingjelly_gives_its_outputs():
    arrays = golden("stbp/spikingjelly_vgg_small")
    settings = settings_of(
        "vgg", width=1, pool="max", hidden=(6, 5), neuron={"decay_input": True, "threshold": 0.2}
    )
    build = MODELS.entry_of(settings).load()
    model = build(settings, (3, 32, 32), 3, torch.Generator()).float().eval()
    state = {k[6:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("state/")}
    model.load_state_dict(take(state, settings, "spikingjelly"))
    with torch.no_grad():
        record = model(torch.from_numpy(arrays["x"]).float() / 4)
    assert all(spikes.any() for spikes in record.spikes)
    torch.testing.assert_close(record.outputs, torch.from_numpy(arrays["y"]))


#: As snetx wrote them, from the modules that its classes register.
SNETX = {
    "sew": {
        "layers.0.weight": "feature.0.model.weight",
        "layers.1.running_var": "feature.1.running_var",
        "layers.3.body.0.weight": "layer1.0.conv1.0.model.weight",
        "layers.3.body.4.bias": "layer1.0.conv2.1.bias",
        "layers.5.shortcut.0.weight": "layer2.0.downsample.0.0.model.weight",
        "layers.5.shortcut.1.weight": "layer2.0.downsample.0.1.weight",
        "readout.0.bias": "fc.bias",
    },
    "ms A": {
        "layers.2.body.1.weight": "layer1.0.conv1.0.model.weight",
        "layers.4.shortcut.1.weight": "layer2.0.downsample.1.0.model.weight",
        "layers.4.shortcut.2.bias": "layer2.0.downsample.1.1.bias",
    },
    "ms C": {"layers.7.shortcut.0.weight": "layer2.0.downsample.0.model.weight"},
    "vgg": {
        "layers.0.weight": "features.0.model.weight",
        "layers.5.running_mean": "features.5.running_mean",
        "readout.0.weight": "classifier.1.weight",
    },
}


@pytest.mark.parametrize("case", SNETX)
def test_names_of_snetx(case):
    name, chosen, _ = CASES[case]
    found = names(settings_of(name, **chosen), "snetx")
    assert {key: found[key] for key in SNETX[case]} == SNETX[case]


def test_what_does_not_fit_is_named():
    settings = settings_of("sew_resnet", width=4)
    theirs = give(state_of(settings), settings, "snetx")
    lost = {name: value for name, value in theirs.items() if name != "layer3.1.conv2.1.weight"}
    with pytest.raises(DataError, match=r"of snetx lacks layer3\.1\.conv2\.1\.weight"):
        take(lost, settings, "snetx")
    with pytest.raises(DataError, match=r"of snetx has an unknown layer9\.weight"):
        take(theirs | {"layer9.weight": torch.zeros(1)}, settings, "snetx")
    for name, chosen, library, message in (
        ("ms_resnet", {"order": "B"}, "snetx", "no ms_resnet of order B that runs"),
        ("ms_resnet", {"order": "A"}, "spikingjelly", "no ms_resnet of order A"),
        ("vgg", {}, "spikingjelly", r"has pool: max, and two hidden layers; got avg, \[\]"),
        ("vgg", HIDDEN, "snetx", r"has pool: avg, and no hidden layers; got max, \[9, 8\]"),
        ("vgg", {"hidden": (9,), "pool": "max"}, "spikingjelly", r"got max, \[9\]"),
        ("vgg", {"norm": {"name": "tebn", "steps": 4}}, "snetx", "tebn is kept in another way"),
    ):
        with pytest.raises(ConfigError, match=message):
            names(settings_of(name, **chosen), library)
