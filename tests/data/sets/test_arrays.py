"""Anybody's arrays: types, shapes, time, targets, shares; what the files say; what is wrong."""

import pickle
import re

import numpy as np
import pytest
from pydantic import ValidationError

import snnrun
from snnrun.core.capabilities import Target, Values
from snnrun.data import load_dataset
from snnrun.data.sets.arrays import ArraysSettings
from snnrun.errors import DataError
from snnrun.experiment import load_config

RANDOM = np.random.default_rng(0)
BYTES = RANDOM.integers(256, size=(12, 2, 3), dtype=np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 3


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder; the working directory is another one."""
    data, here = tmp_path / "data", tmp_path / "here"
    data.mkdir()
    here.mkdir()
    monkeypatch.setenv("SNNRUN_DATA", str(data))
    monkeypatch.chdir(here)
    return data


def save(folder, values, targets, archive=False):
    """Write values and targets; return the map of a config that names them."""
    if archive:
        np.savez_compressed(folder / "both.npz", x=values, y=targets)
        return {"values": "both.npz/x", "targets": "both.npz/y"}
    np.save(folder / "x.npy", values)
    np.save(folder / "y.npy", targets)
    return {"values": "x.npy", "targets": "y.npy"}


def load(folder, values, targets, archive=False, **said):
    said = {"test": 0.25, "validation": "test", **said}
    settings = ArraysSettings(train=save(folder, values, targets, archive), **said)
    return settings, load_dataset(settings)


def everything(source):
    return source.read(np.arange(len(source)))


@pytest.mark.parametrize("archive", [False, True])
def test_bytes_become_the_unit_interval(folder, archive):
    settings, data = load(folder, BYTES, LABELS, archive)
    values, targets = everything(data.train)
    np.testing.assert_array_equal(values, (BYTES[:9] / 255).astype(np.float32))
    assert values.dtype == np.float32
    assert targets.tolist() == LABELS[:9].tolist()  # the last of each class tests
    assert targets.dtype == np.int64
    assert (settings.shape, settings.classes) == ((2, 3), ("0", "1", "2"))
    assert (settings.values, settings.target, settings.outputs) == (
        Values.UNIT, Target.CLASSES, 3,
    )  # fmt: skip
    assert data.train.lazy == (not archive)


@pytest.mark.parametrize(
    ("dtype", "said", "divided", "read"),
    [
        ("uint8", {"values_are": "counts"}, 1, "float32"),
        ("uint8", {"unit": 300}, 300, "float32"),
        ("int16", {"unit": 255}, 255, "float32"),
        ("int64", {"values_are": "any"}, 1, "float32"),
        ("float32", {"values_are": "counts"}, 1, "float32"),
        ("float64", {"unit": 255}, 255, "float64"),
        (">f4", {"values_are": "counts"}, 1, "float32"),
        ("float16", {"unit": 256}, 256, "float32"),
        ("bool", {}, 1, "float32"),
    ],
)
def test_every_type_in_its_unit(folder, dtype, said, divided, read):
    values = BYTES > 127 if dtype == "bool" else BYTES.astype(dtype)
    _, data = load(folder, values, LABELS, **said)
    found, _ = everything(data.train)
    expected = values[:6].astype(read) / np.dtype(read).type(divided)
    np.testing.assert_allclose(found[:6], expected, rtol=1e-6)
    assert found.dtype == np.dtype(read)


@pytest.mark.parametrize("archive", [False, True])
@pytest.mark.parametrize(("axis", "order"), [(1, (0, 1, 2)), (2, (0, 2, 1)), (0, (1, 0, 2))])
def test_time_comes_first_wherever_it_lies(folder, archive, axis, order):
    stored = BYTES[:, :, :2].transpose(np.argsort(order))  # samples, time, and one more axis
    settings, data = load(folder, stored, LABELS, archive, time_axis=axis)
    values, _ = everything(data.test)
    assert (settings.steps, settings.input_shape, settings.sample_shape) == (2, (2,), (2, 2))
    np.testing.assert_allclose(values, BYTES[[9, 10, 11], :, :2] / 255, rtol=1e-6)


def test_time_of_another_length_than_the_rest(folder):
    settings, data = load(folder, np.zeros((12, 3, 4, 5, 9), np.float32), LABELS, time_axis=4)
    assert (settings.steps, settings.input_shape) == (9, (3, 4, 5))
    assert everything(data.train)[0].shape == (9, 9, 3, 4, 5)


@pytest.mark.parametrize(
    ("targets", "said", "kind", "shape"),
    [
        (LABELS[:, None], {}, Target.CLASSES, ()),
        (LABELS.astype(float), {"targets_are": "classes"}, Target.CLASSES, ()),
        (np.linspace(-1, 1, 12), {}, Target.NUMBERS, (1,)),
        (np.ones((12, 4), np.int32), {}, Target.NUMBERS, (4,)),
        (LABELS, {"targets_are": "numbers"}, Target.NUMBERS, (1,)),
        (np.ones((12, 2, 5)), {"time_axis": 1}, Target.SEQUENCES, (2, 5)),
    ],
)
def test_targets_are_told_by_their_type(folder, targets, said, kind, shape):
    settings, data = load(folder, BYTES, targets, **said)
    assert (settings.target, settings.target_shape) == (kind, shape)
    assert settings.outputs == (3 if kind is Target.CLASSES else shape[-1])
    _, found = everything(data.train)
    assert found.shape == (len(data.train), *shape)
    assert found.dtype.kind == ("i" if kind is Target.CLASSES else "f")
    np.testing.assert_array_equal(found.reshape(-1)[:3], targets.reshape(-1)[:3])


def test_shares_are_the_last_of_every_class_or_of_all(folder):
    _, data = load(folder, BYTES, np.sort(LABELS), validation=0.25)
    assert [part.targets().tolist() for _, part in data.splits()] == [
        [0, 0, 1, 1, 2, 2], [0, 1, 2], [0, 1, 2],
    ]  # fmt: skip
    _, data = load(folder, BYTES, np.arange(12.0), validation=0.25)
    assert data.validation.targets()[:, 0].tolist() == [6, 7, 8]


def test_spike_times_may_be_absent(folder):
    times = np.where(BYTES > 200, np.inf, BYTES / 100)
    settings, data = load(folder, times, LABELS, values_are="spike_times")
    assert settings.values is Values.SPIKE_TIMES
    np.testing.assert_array_equal(everything(data.test)[0], times[9:])


def test_what_was_found_is_part_of_the_config(folder):
    """A run folder opens where its data are not."""
    settings, _ = load(folder, BYTES, LABELS)
    said = settings.model_dump()
    (folder / "x.npy").unlink()
    (folder / "y.npy").unlink()
    assert ArraysSettings(**said) == settings


def test_only_headers_are_read_to_check_a_config(folder, monkeypatch):
    pair = save(folder, BYTES, LABELS)
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("read more than a header"))
    settings = ArraysSettings(train=pair, test=pair, names=("a", "b", "c"))
    assert settings.shape == (2, 3)
    both = save(folder, BYTES, LABELS.astype(float), archive=True)
    settings = ArraysSettings(train=both, test=both)
    assert (settings.shape, settings.target_shape) == ((2, 3), (1,))


def test_the_data_folder_goes_before_the_working_directory(folder):
    pair = save(folder.parent / "here", BYTES[:, :1], LABELS)
    assert ArraysSettings(train=pair, test=0.25).shape == (1, 3)
    save(folder, BYTES, LABELS)
    assert ArraysSettings(train=pair, test=0.25).shape == (2, 3)


def test_an_array_on_disk_goes_to_another_process_by_name(folder):
    _, data = load(folder, np.zeros((12, 1000)), LABELS)
    sent = pickle.dumps(data.train)
    assert len(sent) < 3000
    np.testing.assert_array_equal(everything(pickle.loads(sent))[0], everything(data.train)[0])


def test_the_digest_tells_a_file_that_was_written_anew(folder):
    _, data = load(folder, BYTES, LABELS)
    before = data.train.digest()
    assert load(folder, BYTES.astype(np.float32) / 255, LABELS)[1].train.digest() != before


@pytest.mark.parametrize(
    ("values", "targets", "said", "key", "message"),
    [
        (BYTES, LABELS, {"targets_are": "sequences"}, ("train", "targets"),
         r"y.npy: has shape \[12\]; expected \[samples, time, n\]"),
        (None, LABELS, {}, ("train", "values"), "there is no .*data/x.npy nor .*here/x.npy"),
        (BYTES[:, 0, 0], LABELS, {}, ("train", "values"), r"has shape \[12\]; expected axes"),
        (BYTES, LABELS, {"time_axis": 3}, ("train", "values"), "of which 3 is time"),
        (BYTES[:, :0], LABELS, {"time_axis": 1}, ("train", "values"), "no sample has a step"),
        (BYTES[:, :0], LABELS, {}, ("train", "values"), r"x.npy: has shape \[12, 0.*has a value"),
        (BYTES, LABELS + 0.5, {"targets_are": "classes"}, ("train", "targets"),
         "y.npy: expected whole numbers, got float64 0.5"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_key(folder, values, targets, said, key, message):
    pair = save(folder, BYTES if values is None else values, targets)
    if values is None:
        (folder / "x.npy").unlink()
    with pytest.raises(ValidationError) as caught:
        ArraysSettings(train=pair, test=0.25, **said)
    (error,) = caught.value.errors()
    (problem,) = error["ctx"]["problems"]
    assert problem["loc"] == key
    assert re.search(message, problem["msg"])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"values_are": "spike_times", "time_axis": 1}, "must be null where values are spike"),
        ({"targets_are": "sequences", "numbers": 3}, "sequences need values with a time_axis"),
        ({"shape": (4,), "time_axis": 1}, r"shape: must be \[time, ...\] with a time axis"),
        ({"validation": 0}, "greater than 0"),
        ({"names": ("a",), "shap": 3}, "shap"),
    ],
)
def test_settings_that_contradict_each_other(folder, said, message):
    with pytest.raises(ValidationError, match=message):
        ArraysSettings(train=save(folder, BYTES, LABELS), test=0.25, **said)


@pytest.mark.parametrize(
    ("values", "targets", "said", "message"),
    [
        (BYTES, LABELS, {"shape": (3, 2)}, r"shape \[2, 3\]; expected \[3, 2\]"),
        (BYTES, LABELS, {"names": ("a", "b")}, "labels of split train reach from 0 to 2"),
        (BYTES, LABELS[:-1], {}, "y.npy: holds 11 targets for the 12 of .*x.npy"),
        (BYTES, np.full((12, 2), np.nan), {}, "targets of split train are not all finite"),
        (BYTES, np.ones((12, 2)), {"numbers": 3}, r"float64 \[2\]; expected floats \[3\]"),
    ],
)
def test_files_that_hold_something_else_than_was_said(folder, values, targets, said, message):
    with pytest.raises(DataError, match=message):
        load(folder, values, targets, **said)[1].split("train")


def test_values_that_are_not_what_was_said_are_told_where_they_are_read(folder):
    _, data = load(folder, BYTES.astype(np.float32), LABELS, archive=True)
    with pytest.raises(DataError, match=r"split train: values reach from .* expected \[0, 1\]"):
        data.split("train")


def test_damaged_files_are_named(folder):
    pair = save(folder, BYTES, LABELS)
    whole = (folder / "x.npy").read_bytes()
    (folder / "x.npy").write_bytes(whole[:-20])
    with pytest.raises(ValidationError, match=r"x.npy: .*takes 200 bytes, but holds 180"):
        ArraysSettings(train=pair, test=0.25)
    (folder / "x.npy").write_bytes(b"nothing")
    with pytest.raises(ValidationError, match=r"x.npy: no array of numbers"):
        ArraysSettings(train=pair, test=0.25)
    save(folder, BYTES, LABELS, archive=True)
    (folder / "both.npz").write_bytes((folder / "both.npz").read_bytes()[:100])
    with pytest.raises(ValidationError, match=r"both.npz: no archive of arrays"):
        ArraysSettings(train={"values": "both.npz/x", "targets": "both.npz/y"}, test=0.25)


@pytest.mark.parametrize(
    ("name", "message"),
    [("both.npz/xx", "holds no array 'xx'; did you mean 'x'?"),
     ("both.npz/images", "holds no array 'images'; it holds x, y"),
     ("both.npz", "name an array of it: both.npz/x; it holds x, y")],
)  # fmt: skip
def test_an_archive_says_what_it_holds(folder, name, message):
    save(folder, BYTES, LABELS, archive=True)
    with pytest.raises(ValidationError, match=message.replace("?", r"\?")):
        ArraysSettings(train={"values": name, "targets": "both.npz/y"}, test=0.25)


CONFIG = """
data: {name: arrays, train: {values: x.npy, targets: y.npy}, test: 0.25, validation: test}
encoder: {name: rate}
model: {name: lif, layers: [{size: 4}]}
learning: {name: random_feedback}
train: {epochs: 1, batch_size: 4}
"""


def test_an_experiment_is_saved_with_what_was_found(folder):
    save(folder, BYTES, LABELS)
    (folder / "a.yaml").write_text(CONFIG)
    experiment = load_config(folder / "a.yaml")
    assert experiment.input_size == 6
    assert experiment.layers()[-1][1] == "[4 inputs, 3]"
    (folder / "b.yaml").write_text(experiment.dump_yaml())
    (folder / "x.npy").unlink()
    assert load_config(folder / "b.yaml") == experiment


def test_an_absent_test_file_is_told_before_anything_is_written(folder, tmp_path):
    """It was told behind the last epoch."""
    save(folder, BYTES, LABELS)
    absent = "{values: z.npy, targets: z.npy}"
    path = folder / "a.yaml"
    path.write_text(
        CONFIG.replace("test: 0.25, validation: test", f"test: {absent}, validation: 0.25")
    )
    with pytest.raises(DataError, match=r"there is no .*z.npy"):
        snnrun.train(path, results=tmp_path / "results")
    assert not (tmp_path / "results").exists()
