"""What the tests of training share."""

import pytest

import snnrun
from snnrun.runs.folder import RunDir
from tests.tiny import write_config


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory) -> RunDir:
    """A tiny run that never stopped; it is left as it is."""
    folder = tmp_path_factory.mktemp("unbroken")
    return snnrun.train(write_config(folder), results=folder / "results")
