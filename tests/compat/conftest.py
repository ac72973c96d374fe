"""Where imports land, and what lies beside a config."""

import pytest

from tests.compat.sbs_originals import save_patterns


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Imports land in ``experiment_results`` of the current folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def patterns(tmp_path, monkeypatch):
    """Patterns beside the config, which is taken to lie in the current folder."""
    save_patterns(tmp_path / "DATA")
    monkeypatch.chdir(tmp_path)
