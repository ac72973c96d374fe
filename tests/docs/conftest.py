"""What the tests of the site share."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the modules be imported that write parts of the site."""
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "site"))
