"""Changes of torchvision: checked without it, seeded by sample, as it makes them."""

import subprocess
import sys

import pytest
import torch
from pydantic import ValidationError

from snnrun.data.augmentations import AUGMENTATIONS
from snnrun.data.augmentations.transforms import TRANSFORMS
from snnrun.data.augmentations.transforms.colours import ColourSettings
from snnrun.data.torchvision_door import torchvision
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from tests.batches import random_of
from tests.data.pictures import built

SHAPE = (3, 24, 26)
IMAGES = torch.rand(8, *SHAPE, generator=torch.Generator().manual_seed(0))
#: Where the default leaves most images as they are.
OFTEN = {"RandomGrayscale": {"p": 0.5}}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_it_is_what_torchvision_makes_of_each_image_under_its_seed(name):
    change, drawn = built(name, **OFTEN.get(name, {})), random_of(8)
    changed = change(IMAGES, drawn)
    for image, seed, own in zip(IMAGES, drawn.seeds("torchvision"), changed, strict=True):
        torch.manual_seed(seed)
        assert torch.equal(change.change(image), own)
    assert not torch.equal(changed, IMAGES)
    assert 0 <= changed.min() <= changed.max() <= 1
    assert changed.dtype == torch.float32


@pytest.mark.parametrize("name", TRANSFORMS)
def test_where_nothing_is_learned_nothing_is_random(name):
    change = built(name)
    assert torch.equal(change.still(IMAGES), IMAGES)


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("sides", [(24, 26), (2, 3)])
def test_what_the_settings_take_torchvision_takes(name, channels, sides):
    shape, settings = (channels, *sides), AUGMENTATIONS[name].settings()
    if (channels == 2 and isinstance(settings, ColourSettings)) or (
        sides == (2, 3) and name == "ElasticTransform"
    ):
        with pytest.raises(ValueError, match=f"{name} needs images of"):
            settings.output_shape(shape)
        return
    promised = settings.output_shape(shape)
    images = torch.rand(4, *shape, dtype=torch.float64)
    for epoch in range(5):
        changed = built(name)(images, random_of(4, epoch=epoch))
        assert changed.shape == (4, *promised)
        assert changed.dtype == torch.float64


def test_a_crop_comes_to_its_size_and_the_whole_where_nothing_is_learned():
    change = built("RandomResizedCrop", size=(8, 6))
    assert change(IMAGES, random_of(8)).shape == (8, 3, 8, 6)
    torchvision()
    from torchvision.transforms.v2.functional import resize

    assert torch.equal(change.still(IMAGES), resize(IMAGES, [8, 6], antialias=True))
    assert AUGMENTATIONS["RandomResizedCrop"].settings(size=5).output_shape(SHAPE) == (3, 5, 5)


def test_the_middle_may_be_shown_where_nothing_is_learned():
    change = built("RandomResizedCrop", size=(8, 6), evaluation="middle")
    assert torch.equal(change.still(IMAGES), IMAGES[:, :, 8:16, 10:16])
    settings = AUGMENTATIONS["RandomResizedCrop"].settings(size=25, evaluation="middle")
    with pytest.raises(ValueError, match="the middle of 25 x 25 pixels needs images of as many, n"):
        settings.output_shape(SHAPE)
    whole = AUGMENTATIONS["RandomResizedCrop"].settings(size=25)
    assert whole.output_shape(SHAPE) == (3, 25, 25)


def test_rotation_stays_in_its_range():
    """A quarter turn, told exactly."""
    change = built("RandomRotation", degrees=(90, 90))
    square = IMAGES[:, :, :, 1:25]
    turned = change(square, random_of(8))
    torch.testing.assert_close(turned, square.rot90(1, (2, 3)))


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("RandomRotation", {"degrees": -3}, "greater than or equal to 0"),
        ("RandomRotation", {"degrees": (3, -3)}, r"must ascend, got \[3.0, -3.0\]"),
        ("RandomAffine", {"translate": (0.1, 1.5)}, "less than or equal to 1"),
        ("RandomAffine", {"scale": (0, 1)}, "greater than 0"),
        ("GaussianBlur", {"kernel_size": 4}, "must be odd, got 4"),
        ("RandAugment", {"magnitude": 31}, "less than num_magnitude_bins = 31, got 31"),
        ("RandomErasing", {"q": 3}, "Extra inputs"),
        ("RandomPosterize", {"bits": 9}, "less than or equal to 8"),
        ("AutoAugment", {"policy": "mnist"}, "'imagenet', 'cifar10' or 'svhn'"),
    ],
)
def test_arguments_are_checked_with_the_config(name, settings, message):
    with pytest.raises(ValidationError, match=message):
        AUGMENTATIONS[name].settings(**settings)


def test_what_torchvision_refuses_is_a_mistake_in_the_config(monkeypatch):
    settings = AUGMENTATIONS["RandomRotation"].settings()
    monkeypatch.setattr(type(settings), "arguments", lambda self: {"degrees": "wide"})
    with pytest.raises(ConfigError, match="torchvision refuses RandomRotation: degrees should be"):
        AUGMENTATIONS.entry_of(settings).load()(settings)


CONFIG = """
data: {name: digits}
encoder: {name: rate}
model: {name: lif, layers: [{size: 4}]}
learning: {name: random_feedback}
train:
  epochs: 1
  batch_size: 4
  augment: [{name: RandomResizedCrop, size: [7, 6]}, {name: RandomRotation, degrees: 15}]
"""


def test_the_shape_behind_all_changes_is_known_without_torch(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    code = (
        "import sys; from snnrun.experiment import load_config; "
        f"print(load_config({str(path)!r}).input_size, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["42", "False"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.augment.1.degrees=-1", r"train.augment.1.degrees: must be 0 or more.*got -1"),
        ("train.augment.1.degres=3", "train.augment.1.degres: unknown key; did you mean 'degrees'"),
        ("train.augment.1.name=RandomRotatoin", "did you mean 'RandomRotation'"),
        ("train.augment=[{name: ElasticTransform}]",
         "train.augment.0: ElasticTransform needs images of more than 20 x 20 pixels, not 8 x 8"),
    ],
)  # fmt: skip
def test_mistakes_are_told_at_their_key(tmp_path, override, message):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    with pytest.raises(ConfigError, match=message):
        load_config(path, [override])


def test_colours_need_the_unit_interval(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    data = (
        "data={name: arrays, train: {values: x.npy, targets: y.npy}, test: 0.2, shape: [3, 8, 8], "
        "targets_are: classes, names: [a, b], values_are: any}"
    )
    encoder = "encoder={name: given}"
    for augment in ("RandomEqualize", "jitter"):
        with pytest.raises(ConfigError, match=r"augment.0: changes values in \[0, 1\], but the da"):
            load_config(path, [data, encoder, f"train.augment=[{{name: {augment}}}]"])


def test_values_behind_a_normalisation_are_any(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    half = "{name: normalize, mean: [0.5], std: [0.5]}"
    with pytest.raises(
        ConfigError, match=r"encoder: encodes values in .*train.augment gives any v"
    ):
        load_config(path, [f"train.augment=[{half}]", "encoder={name: poisson, steps: 3}"])
    with pytest.raises(
        ConfigError, match=r"augment.1: changes .*but the changes before it give an"
    ):
        load_config(path, [f"train.augment=[{half}, {{name: jitter}}]"])
    with pytest.raises(
        ConfigError, match=r"augment.0: mean of 3 channels; expected 1, as the imag"
    ):
        load_config(path, ["train.augment=[{name: normalize, of: cifar10}]"])


EVENTS = "data={name: n_mnist, size: 17}", "encoder={name: given}"


def test_changes_of_samples_with_time(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    changes = "{name: flip}, {name: crop, pixels: 2}, {name: cutout}, {name: RandomRotation}"
    assert load_config(path, [*EVENTS, f"train.augment=[{changes}]"]).input_size == 2 * 13 * 13
    wrong = f"train.augment=[{changes}, {{name: GaussianBlur}}]"
    message = "augment.4: changes samples without time, and these have steps; .*: shift, crop, flip"
    with pytest.raises(ConfigError, match=message):
        load_config(path, [*EVENTS, wrong])
    spikes = ["data={name: shd}", "encoder={name: given}", "train.augment=[{name: flip}]"]
    with pytest.raises(ConfigError, match=r"augment.0: changes images .*shape \[700\]"):
        load_config(path, spikes)
