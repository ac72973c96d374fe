"""Paths in commands that are shown, to be copied into a shell."""

import shlex
from pathlib import Path


def typed(path: Path | str) -> str:
    """Return a path as it is typed behind a command: quoted where it must be, and no option.

    Example:
        >>> typed(Path("results/my run")), typed("results/run"), typed("-o")
        ("'results/my run'", 'results/run', './-o')
    """
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
