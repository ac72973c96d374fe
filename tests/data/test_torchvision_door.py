"""torchvision comes in beside any build of PyTorch."""

import importlib.util
import sys

import pytest

from snnrun.data import torchvision_door as door
from snnrun.errors import DataError


def test_torchvision_is_imported_whatever_it_was_compiled_for():
    datasets = door.torchvision().datasets
    assert datasets.MNIST.__name__ == "MNIST"
    assert door.torchvision() is sys.modules["torchvision"]


def test_operators_are_declared_where_the_compiled_half_does_not_load():
    import torch

    door.torchvision()
    assert hasattr(torch.ops.torchvision, "nms")
    assert hasattr(torch.ops.torchvision, "qnms")


@pytest.mark.parametrize("content", [None, b"no library"])
def test_a_compiled_half_that_is_absent_or_foreign_does_not_load(tmp_path, content):
    if content:
        (tmp_path / "_C.so").write_bytes(content)
    assert not door._compiled_half_loads(tmp_path)


def test_torchvision_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    monkeypatch.setattr(door, "find_spec", lambda name: importlib.util.find_spec("no_" + name))
    with pytest.raises(DataError, match="torchvision is not installed"):
        door.torchvision()
