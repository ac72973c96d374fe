"""Pictures in folders: layouts, sizes, colours, order; damaged files; nothing is read too early."""

import os
import pickle
import warnings

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from snnrun.data import images, load_dataset
from snnrun.data.sets import image_folder
from snnrun.data.sets.image_folder import ImageFolderSettings
from snnrun.errors import DataError

RANDOM = np.random.default_rng(0)


def draw(path, size=(6, 8), colours=3):
    """Save a picture of noise; return its bytes as Pillow reads them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (*size, 3) if colours == 3 else size
    Image.fromarray(RANDOM.integers(256, size=shape, dtype=np.uint8)).save(path)
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.fixture
def pets(tmp_path, monkeypatch):
    """One folder of classes: three cats, four dogs, and what is no picture."""
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    root = tmp_path / "pets"
    ends = ["png", "jpg", "BMP", "webp"]
    for name, count in (("dog", 4), ("cat", 3)):
        for number in range(count):
            draw(root / name / f"{number}.{ends[number]}")
    draw(root / "dog" / "young" / "0.png")
    (root / "dog" / "readme.txt").write_text("dogs")
    (root / "dog" / ".hidden.png").write_text("no picture")
    (root / ".cache").mkdir()
    (root / "notes.txt").write_text("pets")
    return root


@pytest.fixture
def split_pets(tmp_path, monkeypatch):
    """Folders of splits."""
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    root = tmp_path / "pets"
    for split, count in (("train", 3), ("val", 2), ("test", 1)):
        for name in ("dog", "cat", "train"):
            for number in range(count):
                draw(root / split / name / f"{number}.png")
    return root


def load(**said):
    settings = ImageFolderSettings(**{"folder": "pets", "size": (6, 8), **said})
    return settings, load_dataset(settings)


def test_classes_and_pictures_are_sorted_by_name(pets):
    settings, data = load(validation="test", test=0.34)
    assert settings.classes == ("cat", "dog")
    names = data.train.whole.names
    assert names == ["cat/0.png", "cat/1.jpg", "cat/2.BMP", "dog/0.png", "dog/1.jpg", "dog/2.BMP",
                     "dog/3.webp", "dog/young/0.png"]  # fmt: skip
    assert data.train.whole.targets().tolist() == [0] * 3 + [1] * 5
    assert data.train.numbers.tolist() == [0, 1, 3, 4, 5]
    values, labels = data.train.read(np.array([1, 2]))
    expected = [np.asarray(Image.open(pets / name).convert("RGB")) for name in (names[1], names[3])]
    np.testing.assert_array_equal(
        values, np.stack(expected).transpose(0, 3, 1, 2) / np.float32(255)
    )
    assert labels.tolist() == [0, 1]


def test_splits_may_have_folders(split_pets):
    settings, data = load()
    assert (settings.validation, settings.test) == ("folder", "folder")
    assert settings.classes == ("cat", "dog", "train")
    assert [len(split) for _, split in data.splits()] == [9, 6, 3]
    _, data = load(validation=1 / 3, test="folder")
    assert [len(split) for _, split in data.splits()] == [6, 3, 3]


def test_a_class_that_is_a_link_to_itself(pets):
    """It was an OSError; left out, the other classes would have other numbers."""
    (pets / "cow").symlink_to("cow")
    with pytest.raises(ValidationError, match="cow: cannot be read: Too many levels of symbolic"):
        ImageFolderSettings(folder="pets", size=8, validation="test", test=0.3)


def test_a_class_called_train_is_no_split(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    for name in ("car", "train"):
        for number in range(2):
            draw(tmp_path / "vehicles" / name / f"{number}.png")
    settings, data = load(folder="vehicles", validation="test", test=0.5)
    assert settings.classes == ("car", "train")
    assert len(data.train) == 2


@pytest.mark.parametrize("colours", ["rgb", "grey"])
def test_colours_or_brightness(pets, colours):
    settings, data = load(colours=colours, validation="test", test=0.5)
    values, _ = data.train.read(np.array([0]))
    image = Image.open(pets / "cat" / "0.png").convert("L" if colours == "grey" else "RGB")
    expected = np.atleast_3d(np.asarray(image)).transpose(2, 0, 1) / np.float32(255)
    assert settings.input_shape == expected.shape == ((1 if colours == "grey" else 3), 6, 8)
    np.testing.assert_array_equal(values[0], expected)


def test_the_middle_of_the_shorter_side_by_hand(tmp_path):
    """Of 2 x 6 pixels the two columns on each side go."""
    row = [10, 20, 30, 40, 50, 60]
    Image.fromarray(np.array([row, row], np.uint8)).save(tmp_path / "a.png")
    read = images.read_image(tmp_path / "a.png", (2, 2), "crop", "grey")
    assert read.tolist() == [[[30, 40], [30, 40]]]
    read = images.read_image(tmp_path / "a.png", (2, 3), "stretch", "grey")
    expected = Image.open(tmp_path / "a.png").resize((3, 2), Image.Resampling.BILINEAR)
    assert read[0].tolist() == np.asarray(expected).tolist()
    assert read[0, 0].tolist() == sorted(read[0, 0].tolist()) != row[::2]


def test_a_crop_keeps_the_proportions(tmp_path):
    """A disc stays round: shrunk, its width is its height."""
    y, x = np.mgrid[-20:20, -50:50] + 0.5
    Image.fromarray(np.where(x**2 + y**2 < 15**2, 255, 0).astype(np.uint8)).save(tmp_path / "a.png")
    read = images.read_image(tmp_path / "a.png", (20, 20), "crop", "grey")[0]
    assert abs((read.max(0) > 127).sum() - (read.max(1) > 127).sum()) <= 1
    assert 13 <= (read.max(0) > 127).sum() <= 16


def test_pixels_of_16_bits_become_bytes(tmp_path):
    """Pillow cuts all above 255."""
    Image.fromarray(np.array([[0, 255, 256, 65535]], np.uint16)).save(tmp_path / "a.png")
    read = images.read_image(tmp_path / "a.png", (1, 4), "crop", "grey")
    assert read.tolist() == [[[0, 0, 1, 255]]]
    Image.fromarray(np.array([[0.0, 0.5]], np.float32)).save(tmp_path / "b.tif")
    with pytest.raises(DataError, match=r"b.tif: .* pixels have 32 bits; expected 8 or 16"):
        images.read_image(tmp_path / "b.tif", (1, 2), "crop", "grey")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: b"", "cannot identify image file it"),
        (lambda whole: whole[:60], "truncated|Truncated|end of|incomplete"),
        (lambda whole: b"GIF89a" + whole, "."),
    ],
)
def test_a_damaged_picture_is_named_when_it_is_read(pets, damage, message):
    path = pets / "cat" / "0.png"
    path.write_bytes(damage(path.read_bytes()))
    _, data = load(validation="test", test=0.5)
    data.train.read(np.array([1]))
    with (
        warnings.catch_warnings(),
        pytest.raises(DataError, match=f"cat/0.png: cannot be read as a picture: .*({message})"),
    ):
        data.train.read(np.array([0]))


def test_folders_are_looked_through_once_and_pictures_are_read_when_wanted(pets, monkeypatch):
    listed, read = [], []
    pictures, read_image = image_folder.pictures, image_folder.read_image
    monkeypatch.setattr(
        image_folder, "pictures", lambda *place: listed.append(place[1]) or pictures(*place)
    )
    monkeypatch.setattr(
        image_folder,
        "read_image",
        lambda path, *how: read.append(path) or read_image(path, *how),
    )
    _, data = load(validation=0.25, test=0.25)
    assert [len(split) for _, split in data.splits()] == [4, 2, 2]
    assert listed == ["cat", "dog"]
    assert read == []
    data.train.read(np.array([1]))
    assert read == [pets / "dog" / "0.png"]


def test_it_goes_to_another_process(pets):
    _, data = load(validation="test", test=0.5)
    again = pickle.loads(pickle.dumps(data.train))
    np.testing.assert_array_equal(again.read(np.arange(2))[0], data.train.read(np.arange(2))[0])


def test_the_digest_tells_changes(pets):
    digests = [load(validation="test", test=0.5)[1].train.digest()]
    digests.append(load(validation="test", test=0.5)[1].train.digest())
    assert digests[0] == digests[1]
    os.utime(pets / "cat" / "0.png", ns=(1, 1))
    digests.append(load(validation="test", test=0.5)[1].train.digest())
    (pets / "dog" / "0.png").rename(pets / "dog" / "00.png")
    digests.append(load(validation="test", test=0.5)[1].train.digest())
    draw(pets / "dog" / "1.jpg", size=(60, 8))
    os.utime(pets / "dog" / "1.jpg", ns=(1, 1))
    digests.append(load(validation="test", test=0.5)[1].train.digest())
    digests.append(load(validation="test", test=0.5, fit="stretch")[1].train.digest())
    assert len(set(digests[1:])) == 5


def test_what_was_found_is_part_of_the_config(split_pets):
    settings, _ = load()
    split_pets.rename(split_pets.parent / "elsewhere")
    assert ImageFolderSettings(**settings.model_dump()) == settings


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"folder": "pest"}, "folder: pest: there is no .*pest"),
        ({"folder": "pets/notes.txt"}, "folder: .*notes.txt: is no folder"),
        ({"folder": "pets/dog/young"}, "folder: .*young: has no folders, one for each class"),
        ({}, "validation: .*pets has no validation/ or val/ or valid/; expected a share"),
        ({"validation": 0.2}, "test: .*pets has no test/; expected a share"),
        ({"size": 0, "test": 0.1}, "greater than or equal to 1"),
    ],
)
def test_mistakes_are_told_at_their_key(pets, said, message):
    with pytest.raises(ValidationError, match=message):
        load(**said)


def test_classes_are_those_of_the_training_folder(split_pets):
    (split_pets / "test" / "bird").mkdir()
    draw(split_pets / "test" / "bird" / "0.png")
    with pytest.raises(DataError, match="test: has classes that are not in names: bird"):
        load()[1].split("test")


def test_a_class_without_pictures(split_pets):
    for path in (split_pets / "test" / "dog").iterdir():
        path.unlink()
    assert load()[1].test.targets().tolist() == [0, 2]
    for path in (split_pets / "train" / "dog").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="train: has no pictures of dog"):
        load()[1].split("train")
