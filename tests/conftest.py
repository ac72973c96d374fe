"""What the tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from snnrun import plugins
from snnrun.core import registry
from snnrun.data.files import data_folder
from snnrun.kernels import cuda
from tests.kernels.emulation import compile_emulation

# The same cases on every machine, and no case fails because a machine is busy.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _as_many_threads() -> Iterator[None]:
    """What a test sets holds for it alone: sums of torch depend on the number of threads."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not depend on what other packages offer."""
    for module in (registry, plugins):
        monkeypatch.setattr(module, "installed", dict)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Tests, and commands that they start, run on one thread unless they say otherwise.

    Several processes of tests share the cores, and threads that wait for each other burn most of
    the time: networks took 2.5 times as long.
    """
    before = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        torch.set_num_threads(1)
        yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True, scope="session")
def _without_waiting() -> Iterator[None]:
    """Tests do not wait for the disk: none of them cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        yield


ROOT = Path(__file__).parent.parent
BESIDE = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def originals() -> Path:
    """The folder of runs of the original programs, which are too large to lie here."""
    folder = BESIDE / "originals"
    if not folder.is_dir():
        pytest.skip("needs runs of the original programs in ../shared/originals")
    return folder


@pytest.fixture(scope="session")
def emulation(tmp_path_factory: pytest.TempPathFactory) -> cuda.Library:
    """The CUDA kernels, emulated on the CPU."""
    return compile_emulation(tmp_path_factory.mktemp("emulation"))


@pytest.fixture
def real_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets data sets be read from a folder that holds MNIST, as ``SNNRUN_DATA`` names it."""
    for folder in (data_folder(), BESIDE / "data"):
        if (folder / "MNIST" / "raw").is_dir():
            monkeypatch.setenv("SNNRUN_DATA", str(folder))
            return
    pytest.skip("needs MNIST, in the folder that SNNRUN_DATA names or in ../shared/data")
