"""All data sets as a few samples each, for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sklearn.datasets

from tests.data.conftest import write_collections, write_others
from tests.data.recordings import write_event_sets

DIGITS = 60


@contextmanager
def small_sets(folder: Path) -> Iterator[None]:
    """Let data sets be read from files that are written into a folder, and let digits be few."""
    root, events, whole = folder / "data", folder / "events", sklearn.datasets.load_digits
    root.mkdir()
    events.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        write_event_sets(events)
        write_collections(root, patch)
        write_others(root, events, patch)
        patch.setattr(
            sklearn.datasets, "load_digits",
            lambda **known: tuple(each[:DIGITS] for each in whole(**known)),
        )  # fmt: skip
        yield
