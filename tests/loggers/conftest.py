"""A logger of somebody's own, in a file."""

import pytest

from snnrun import plugins
from tests.forgetting import forgotten
from tests.loggers.plugged import FILE, TEXT


@pytest.fixture
def own(tmp_path):
    """The loggers ``own`` and ``near``; a function that returns the lines that one wrote."""
    with forgotten(tmp_path):
        (tmp_path / FILE).write_text(TEXT)
        plugins.load(str(tmp_path / FILE))
        yield
