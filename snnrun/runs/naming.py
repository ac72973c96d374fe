"""How people name runs and epochs; nothing heavy is imported here."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from snnrun.errors import ConfigError

EPOCH = re.compile(r"(?:epoch_)?(\d+)")
BEST, LAST = "best", "last"
#: A saved epoch; the best one, by the validation; the last one, for which None stands, too.
Epoch = int | Literal["best", "last"] | None


def run_and_epoch(folder: Path, epoch: str | None = None) -> tuple[Path, Epoch]:
    """Return run folder and epoch; ``RUN/checkpoints/epoch_0300`` says both.

    Example:
        >>> run_and_epoch(Path("runs/xor/checkpoints/epoch_0300"))
        (PosixPath('runs/xor'), 300)
        >>> run_and_epoch(Path("runs/xor"), "300")
        (PosixPath('runs/xor'), 300)
        >>> run_and_epoch(Path("runs/xor/checkpoints/best"))
        (PosixPath('runs/xor'), 'best')
    """
    inside = re.fullmatch(rf"epoch_(\d+)|{BEST}|{LAST}", folder.name)
    if inside and folder.parent.name == "checkpoints":
        if epoch is not None:
            raise ConfigError(f"{folder} already says which epoch; leave out {epoch!r}")
        return folder.parent.parent, epoch_of(folder.name)
    return folder, None if epoch is None else epoch_of(epoch)


def epoch_of(text: str) -> Epoch:
    """Return the epoch that a word means: ``300``, ``epoch_0300``, ``best`` or ``last``.

    Example:
        >>> [epoch_of(word) for word in ("300", "epoch_0300", "best", "last")]
        [300, 300, 'best', None]
    """
    word = text.strip()
    if word == LAST:
        return None
    if word == BEST:
        return "best"
    found = EPOCH.fullmatch(word)
    if not found:
        raise ConfigError(f"an epoch is a whole number such as 300, or best, or last; got {text!r}")
    return int(found[1])


def folders_among(paths: Sequence[Path]) -> list[Path]:
    """Return paths without the files that lie beside folders which are named too.

    A shell that is asked for ``experiment_results/*`` names both.
    """
    beside = {path.parent for path in paths if path.is_dir()}
    return [path for path in paths if not (path.parent in beside and path.is_file())]
