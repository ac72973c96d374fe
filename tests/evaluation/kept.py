"""What tests ask of the files of evaluations."""

import numpy as np

from snnrun.runs import evaluation as files


def file_of(run, split="test"):
    return files.file_of(run.path, 12, split)


def same(one, other):
    assert one.facts == other.facts
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])
