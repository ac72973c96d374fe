"""Whose warnings they are, where many runs are trained one after another."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def naming(run: str) -> Iterator[None]:
    """Let warnings tell which run they come from."""
    shown = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        shown(f"{run}: {message}", category, filename, lineno, file, line)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
