"""Data sets of events: which recordings are in which split, in which order; what is absent."""

import json

import numpy as np
import pytest
from pydantic import ValidationError

import snnrun
from snnrun.core.capabilities import Values
from snnrun.data import DATASETS, load_dataset
from snnrun.data.events.cache import KeptCounts
from snnrun.data.events.counts import FrameSource
from snnrun.data.events.spikes_h5 import SpikeSource
from snnrun.data.sets import cifar10_dvs
from snnrun.data.splitting import cut
from snnrun.errors import DataError
from snnrun.experiment import load_config
from tests.data.recordings import (
    CLASSES,
    packet,
    write_aedat2,
    write_aedat3,
    write_bin,
    write_gestures,
    write_spikes,
)

FRAMED = ["n_mnist", "cifar10_dvs", "dvs128_gesture"]


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    return tmp_path


def load(name, **said):
    settings = DATASETS[name].settings(**said)
    return settings, load_dataset(settings)


def everything(source):
    return source.read(np.arange(len(source)))


def marked(number, side):
    """A recording that tells its number by how many events it has at the left edge."""
    return [(i, 0, 3, 1) for i in range(number + 1)] + [(10_000, side - 1, 5, 0)]


def marks(source):
    return (everything(source)[0][:, :, 1, 3, 0].sum(1) - 1).astype(int).tolist()


# ---- N-MNIST ----


@pytest.fixture
def n_mnist(root):
    """Images 1 to 24 train, their digits go round backwards; ten test."""
    for part, count in (("Train", 24), ("Test", 10)):
        for number in range(count):
            path = root / "N-MNIST" / part / str(9 - number % 10) / f"{number + 1:05d}.bin"
            write_bin(path, marked(number, 34))
    return root / "N-MNIST"


def test_recordings_follow_their_number_and_the_last_sixth_validates(n_mnist):
    settings, data = load("n_mnist", frames=2)
    assert marks(data.train) == list(range(20))
    assert data.train.targets().tolist() == [9 - n % 10 for n in range(20)]
    assert marks(data.validation) == [20, 21, 22, 23]
    assert marks(data.test) == list(range(10))
    assert settings.values is Values.COUNTS
    assert (settings.steps, settings.input_shape) == (2, (2, 34, 34))
    assert [len(split) for _, split in load("n_mnist", validation="test")[1].splits()] == [
        24, 10, 10,
    ]  # fmt: skip


def test_frames_of_a_recording_by_hand(n_mnist):
    """Three events at (0, 3), which became lighter, then one at (33, 5), which became darker."""
    _, data = load("n_mnist", frames=2)
    values, _ = data.train.read(np.array([2]))
    expected = np.zeros((2, 2, 34, 34))
    expected[0, 1, 3, 0], expected[1, 1, 3, 0], expected[1, 0, 5, 33] = 2, 1, 1
    np.testing.assert_array_equal(values[0], expected)
    _, by_time = load("n_mnist", frames=2, by="time", size=17)
    assert (by_time.train.read(np.array([2]))[0][0][:, :, [1, 2], [0, 16]]).tolist() == [
        [[0, 0], [3, 0]], [[0, 1], [0, 0]],
    ]  # fmt: skip


def test_a_digit_without_recordings(n_mnist):
    for path in (n_mnist / "Test" / "3").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"N-MNIST/Test: has no \.bin files in 3; expected some"):
        load("n_mnist")[1].split("test")


# ---- CIFAR10-DVS ----


@pytest.fixture
def cifar(root):
    for name in CLASSES:
        for number in range(20):
            path = root / "CIFAR10-DVS" / name / f"cifar10_{name}_{number}.aedat"
            write_aedat2(path, marked(number, 128))
    return root / "CIFAR10-DVS"


def test_the_last_numbers_of_every_class_test_and_validate(cifar):
    _, data = load("cifar10_dvs")
    assert marks(data.train) == list(range(16)) * 10
    assert data.train.targets().tolist() == [c for c in range(10) for _ in range(16)]
    assert marks(data.validation) == [16, 17] * 10
    assert marks(data.test) == [18, 19] * 10
    _, data = load("cifar10_dvs", validation="test")
    assert marks(data.train) == list(range(18)) * 10
    assert marks(data.validation) == marks(data.test)


def test_a_thousand_a_class_are_divided_as_published_codes_do():
    labels = np.repeat(np.arange(10), 1000)
    train, _, test = cut(labels, 0.0, cifar10_dvs.SHARE)
    assert sorted({int(n) % 1000 for n in test}) == list(range(900, 1000))
    assert len(train) == 9000


def test_names_without_a_number_and_classes_without_files(cifar):
    write_aedat2(cifar / "cat" / "tom.aedat", marked(3, 128))
    with pytest.raises(DataError, match=r"tom\.aedat: its name has no number; expected"):
        load("cifar10_dvs")[1].split("train")
    for path in (cifar / "cat").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"cat: has no \.aedat files; expected 1000, from https"):
        load("cifar10_dvs")[1].split("train")


# ---- DVS128 Gesture ----


def gesture_rows(user):
    """One event more for each class, and noise between the gestures."""
    rows = []
    for c in range(1, 12):
        rows += [(1000 * c + i, 0, 3, 1) for i in range(user + c)] + [(1000 * c + 500, 9, 9, 0)]
    return rows


@pytest.fixture
def gesture(root):
    """Five people train, listed backwards; one tests, another one nobody names."""
    folder = root / "DvsGesture"
    for user in range(7):
        write_aedat3(folder / f"user{user}.aedat", packet(gesture_rows(user)))
        labels = [(c, 1000 * c, 1000 * c + 500) for c in range(11, 0, -1)]
        write_gestures(folder / f"user{user}_labels.csv", labels)
    names = [f"user{user}.aedat" for user in (4, 3, 2, 1, 0)]
    (folder / "trials_to_train.txt").write_text("\n".join(names) + "\n\n")
    (folder / "trials_to_test.txt").write_text("user5.aedat\n")
    return folder


def test_gestures_are_cut_out_of_recordings(gesture):
    """Labels begin at 1; the end of a gesture is not part of it."""
    settings, data = load("dvs128_gesture", frames=1)
    classes = list(range(10, -1, -1))
    assert data.test.targets().tolist() == classes
    values, _ = everything(data.test)
    assert values[:, 0, 1, 3, 0].tolist() == [5 + c + 1 for c in classes]
    assert values.sum() == sum(5 + c + 1 for c in classes)
    assert len(settings.classes) == 11


def test_the_last_people_of_the_list_validate(gesture):
    _, data = load("dvs128_gesture", frames=1)
    assert data.train.targets().tolist() == list(range(10, -1, -1)) * 4
    assert (everything(data.train)[0][:, 0, 1, 3, 0] - data.train.targets() - 1).tolist() == [
        user for user in (4, 3, 2, 1) for _ in range(11)
    ]
    assert (everything(data.validation)[0][:, 0, 1, 3, 0] == np.arange(11, 0, -1)).all()
    assert [len(x) for _, x in load("dvs128_gesture", validation="test")[1].splits()] == [
        55, 11, 11,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("user5_labels.csv", "", r"labels.csv: begins with ''; expected class,startTime_usec,end"),
        ("user5_labels.csv", "a,b\n1,2\n", r"begins with 'a,b'; expected class,startTime_usec"),
        ("user5_labels.csv", "class,startTime_usec,endTime_usec\n1,0,1000\n12,5,6\n",
         r"labels.csv, line 3: '12,5,6'; expected a class from 1 to 11"),
        ("user5_labels.csv", "class,startTime_usec,endTime_usec\n1,9,9\n", "line 2: '1,9,9'; exp"),
        ("user5_labels.csv", "class,startTime_usec,endTime_usec\n1,x,9\n", "line 2: '1,x,9'; exp"),
        ("user5_labels.csv", "class,startTime_usec,endTime_usec\n1,3\n", "line 2: '1,3'; exp"),
        ("user5_labels.csv", "class,startTime_usec,endTime_usec\n1,3,4\n",
         "user5.aedat: holds no event between 3 and 4 us"),
        ("trials_to_test.txt", "user9.aedat", r"user9.aedat: is absent, and trials_to_test.txt na"),
        ("user5_labels.csv", "x" * 200_000, "labels.csv: cannot be read as a table: field"),
        ("user5_labels.csv", "x" * 9000, r"begins with 'x{50}x*\.{3}x*'; expected class,"),
        ("trials_to_test.txt", "9" * 5000, r"9999: is absent, and trials_to_test.txt names it"),
    ],
)  # fmt: skip
def test_labels_that_cannot_be(gesture, name, content, message):
    (gesture / name).write_text(content)
    with pytest.raises(DataError, match=message):
        load("dvs128_gesture")[1].split("test")


def test_labels_that_are_absent_or_no_text(gesture):
    path = gesture / "user5_labels.csv"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"user5_labels\.csv: cannot be read: it is no text"):
        load("dvs128_gesture")[1].split("test")
    path.unlink()
    with pytest.raises(DataError, match=r"user5_labels\.csv: cannot be read: No such file"):
        load("dvs128_gesture")[1].split("test")


# ---- the Heidelberg sets ----


def words(root, name, part, labels):
    samples = [([0.01 * n], [n]) for n in range(len(labels))]
    write_spikes(root / name.upper() / f"{name}_{part}.h5", samples, labels)


def test_the_last_tenth_of_every_word_validates(root):
    words(root, "shd", "train", [0, 19] * 10)
    words(root, "shd", "test", [3, 2])
    settings, data = load("shd", bins=10, max_time=0.5, units=350)
    assert settings.sample_shape == (10, 350)
    assert [len(split) for _, split in data.splits()] == [18, 2, 2]
    values, labels = everything(data.validation)
    assert labels.tolist() == [0, 19]
    assert np.argwhere(values).tolist() == [[0, 3, 9], [1, 3, 9]]  # at 0.18 and 0.19 s
    assert (settings.classes[0], settings.classes[10], settings.classes[19]) == (
        "zero", "null", "neun",
    )  # fmt: skip


def test_ssc_has_a_file_to_validate_by(root):
    for part, labels in (("train", [0, 34, 1]), ("valid", [5, 6]), ("test", [7])):
        words(root, "ssc", part, labels)
    _, data = load("ssc")
    found = [split.targets().tolist() for _, split in data.splits()]
    assert found == [[0, 34, 1], [5, 6], [7]]


def test_labels_of_another_set_are_refused(root):
    words(root, "shd", "train", [0, 34] * 10)
    words(root, "shd", "test", [0, 20])
    with pytest.raises(
        DataError, match="labels of split test reach from 0 to 20; expected 0 to 19"
    ):
        load("shd")[1].split("test")


# ---- all of them ----


@pytest.mark.parametrize("name", [*FRAMED, "shd", "ssc"])
def test_samples_are_kept_unless_that_is_not_wanted(name, all_files):
    kept, made = (load(name, keep=keep)[1].test for keep in (True, False))
    whole, other = (getattr(source, "whole", source) for source in (kept, made))
    assert isinstance(whole, KeptCounts)
    assert isinstance(other, FrameSource if name in FRAMED else SpikeSource)
    np.testing.assert_array_equal(everything(kept)[0], everything(made)[0])
    assert kept.digest() == made.digest()
    files = list((all_files / "frames").glob("*.npy"))
    assert len(files) == 1
    assert files[0].name.startswith(name)


@pytest.mark.parametrize(("name", "side"), [("n_mnist", 34), ("dvs128_gesture", 128)])
def test_frames_are_not_larger_than_the_camera(name, side):
    assert DATASETS[name].settings(size=side).input_shape == (2, side, side)
    with pytest.raises(ValidationError, match=f"must be {side} or less, the camera's, got"):
        DATASETS[name].settings(size=side + 1)


def test_recordings_that_change_make_other_frames(n_mnist):
    load("n_mnist")[1].split("test")
    write_bin(n_mnist / "Test" / "9" / "00001.bin", marked(30, 34))
    assert marks(load("n_mnist")[1].test) == [30, *range(1, 10)]


CONFIG = """
data: {name: shd, bins: 8, units: 20}
encoder: {name: given}
model: {name: lif, layers: [{size: 4}]}
learning: {name: random_feedback}
train: {epochs: 1, batch_size: 4}
"""


def test_they_go_through_the_given_encoder(tmp_path):
    """A config is checked without the files."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    assert load_config(path).input_size == 20
    frames = load_config(path, ["data={name: n_mnist, size: 17}"])
    assert frames.input_size == 2 * 17 * 17


LEARN = [
    "data={name: n_mnist, size: 17, frames: 3}",
    "train.augment=[{name: flip}, {name: shift, edge: wrap}, {name: cutout, length: 5}]",
]


def test_a_network_learns_from_them_alike_with_workers_and_without_kept_frames(tmp_path, all_files):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    metrics = []
    for more in ([], ["train.workers=1"], ["data.keep=false"]):
        run = snnrun.train(path, [*LEARN, *more], results=tmp_path / "results")
        lines = (run.path / "metrics.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        metrics.append([(row["epoch"], row["split"], row["name"], row["value"]) for row in rows
                        if "second" not in row["name"]])  # fmt: skip
    assert metrics[0] == metrics[1] == metrics[2]
    assert len(metrics[0]) > 3
