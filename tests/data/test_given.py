"""Samples from elsewhere: the forms that arrays may have, and what becomes of their numbers."""

import numpy as np
import pytest

from snnrun.core.capabilities import Values
from snnrun.data.forms import Form, arranged
from snnrun.data.given import GivenArray, GivenSource
from snnrun.data.sets.arrays import ArraysSettings
from snnrun.data.sets.cifar import Cifar10Settings
from snnrun.data.sets.digits import DigitsSettings
from snnrun.data.sets.mnist import MnistSettings
from snnrun.data.sets.toy import XorSettings
from snnrun.data.sets.yin_yang import YinYangSettings
from snnrun.data.source import ArraySource
from snnrun.errors import DataError

RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("given", "samples"),
    [
        ((3, 4, 5), 1), ((60,), 1), ((7, 3, 4, 5), 7), ((7, 60), 7), ((60, 60), 60),
        ((4, 5, 3), 1), ((7, 4, 5, 3), 7), ((3, 4), None), ((7, 61), None), ((2, 7, 60), None),
    ],
)  # fmt: skip
def test_an_array_is_a_sample_or_several(given, samples):
    values = RANDOM.random(given)
    found = arranged(values, [Form((3, 4, 5))])
    if samples is None:
        assert found is None
        return
    assert found is not None
    assert found[1].shape == (samples, 3, 4, 5)
    shape = given[-3:] if len(given) > 2 else (60,)
    last = values.reshape(samples, *shape)[-1]
    expected = np.moveaxis(last, 2, 0) if given[-1] == 3 else last.reshape(3, 4, 5)
    assert np.array_equal(found[1][-1], expected)


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_time_stands_where_it_stands_in_the_files(axis):
    form = Form((6, 2, 3), time_axis=axis)
    stack = RANDOM.random((4, 6, 2, 3))  # [samples, time, ...]
    given = np.moveaxis(stack, 1, axis)
    found = arranged(given, [form])
    assert found is not None
    assert np.array_equal(found[1], stack)
    single = np.moveaxis(stack[0], 0, max(axis - 1, 0))
    found = arranged(single, [form])
    assert found is not None
    assert np.array_equal(found[1], stack[:1])


@pytest.mark.parametrize(
    ("settings", "dtype", "told"),
    [
        (MnistSettings(scale=256), np.uint8, "uint8 [1, 28, 28], divided by 256"),
        (MnistSettings(scale=256), np.float32, "float32 [1, 28, 28], as they are"),
        (
            MnistSettings(size=16), np.int64,
            "int64 [1, 28, 28], changed as those of the data set, divided by 255",
        ),
        (DigitsSettings(), np.int32, "int32 [1, 8, 8], divided by 16"),
        (Cifar10Settings(), np.uint8, "uint8 [3, 32, 32], divided by 255"),
        (XorSettings(), np.int64, "int64 [4], as they are"),
        (XorSettings(), bool, "bool [4], as they are"),
        (YinYangSettings(), np.float16, "float16 [4], as they are"),
    ],
)  # fmt: skip
def test_integers_are_divided_and_floats_are_not(settings, dtype, told):
    part = GivenArray("x", np.ones((2, *settings.forms[0].shape), dtype), settings)
    source = GivenSource([part], settings)
    values, targets = source.read(np.array([1, 0]))
    assert part.told == told
    assert values.dtype == (np.float32 if np.dtype(dtype) != np.float64 else np.float64)
    assert values.shape == (2, *settings.input_shape)
    assert targets.tolist() == [0, 0]
    if "divided by 16" in told:
        assert values.ravel()[0] == np.float32(1 / 16)


@pytest.mark.parametrize(
    ("said", "dtype"),
    [
        ({}, np.uint8), ({}, np.float64), ({}, np.int32), ({"unit": 4.0}, np.uint8),
        ({"unit": 4.0}, np.float32), ({"values_are": "counts"}, np.uint8),
        ({"values_are": "counts"}, np.int64),
    ],
)  # fmt: skip
def test_arrays_are_read_as_those_of_the_files(said, dtype, tmp_path):
    values = RANDOM.integers(0, 2, (9, 5)).astype(dtype)
    np.save(tmp_path / "x.npy", values)
    np.save(tmp_path / "y.npy", np.arange(9) % 3)
    pair = {"values": str(tmp_path / "x.npy"), "targets": str(tmp_path / "y.npy")}
    settings = ArraysSettings(train=pair, validation=pair, test=pair, **said)
    from snnrun.data import load_dataset

    test = load_dataset(settings).test
    own = GivenSource([GivenArray("x", values, settings)], settings)
    numbers = np.arange(9)
    assert np.array_equal(own.read(numbers)[0], test.read(numbers)[0])
    assert own.read(numbers)[0].dtype == test.read(numbers)[0].dtype


def test_samples_of_several_parts_are_found_in_any_order():
    settings = XorSettings()
    whole = RANDOM.random((6, 4))
    parts = [GivenArray(name, whole[own], settings) for name, own in
             (("a", slice(0, 1)), ("b", slice(1, 4)), ("c", slice(4, 6)))]  # fmt: skip
    source = GivenSource(parts, settings)
    order = np.array([5, 0, 3, 2, 4, 1])
    assert np.array_equal(source.read(order)[0], whole[order])
    assert list(source.places()) == [("a", 0), ("b", 0), ("b", 1), ("b", 2), ("c", 0), ("c", 1)]
    assert isinstance(source.digest(), str)


def test_absent_spikes_are_no_mistake():
    class Times(XorSettings):
        @property
        def forms(self):
            return (Form((4,), Values.SPIKE_TIMES),)

    given = np.array([[0.1, np.inf, 2.0, 3.0]])
    assert GivenArray("x", given, Times()).read(np.arange(1)).tolist() == given.tolist()
    with pytest.raises(DataError, match="sample 0 holds nan; expected spike times of 0 and more"):
        GivenArray("x", given * np.nan, Times())


def test_what_is_read_lazily_equals_what_lies_in_memory(tmp_path):
    np.save(tmp_path / "x.npy", RANDOM.integers(0, 256, (5, 1, 28, 28), np.uint8))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    settings = MnistSettings()
    source = ArraySource(np.array(mapped), np.zeros(5, np.int64), settings.scale)
    numbers = np.array([4, 2])
    own = GivenArray("x", mapped, settings).read(numbers)
    assert np.array_equal(own, source.read(numbers)[0])
