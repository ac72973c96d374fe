"""Plug-ins that are forgotten again, so that a test is as good as a process of its own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from snnrun import catalog, plugins


@contextmanager
def forgotten(folder: Path) -> Iterator[Callable[[], None]]:
    """Forget, at the end and where the yielded function is called, what was plugged in.

    Args:
        folder: where the modules lie that are imported inside.
    """
    known = {table: dict(table.known) for table in catalog.tables()}
    loaded = dict(plugins._loaded)

    def forget() -> None:
        plugins._loaded = dict(loaded)
        for table, entries in known.items():
            table._known = dict(entries)
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and Path(file).is_relative_to(folder):
                del sys.modules[name]

    try:
        yield forget
    finally:
        forget()
