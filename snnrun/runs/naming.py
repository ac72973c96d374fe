"""How people name runs and epochs; nothing heavy is imported here."""

import re
from pathlib import Path

from snnrun.errors import ConfigError

EPOCH = re.compile(r"(?:epoch_)?(\d+)")


def run_and_epoch(folder: Path, epoch: str | None = None) -> tuple[Path, int | None]:
    """Return run folder and epoch; ``RUN/checkpoints/epoch_0300`` says both.

    Example:
        >>> run_and_epoch(Path("runs/xor/checkpoints/epoch_0300"))
        (PosixPath('runs/xor'), 300)
        >>> run_and_epoch(Path("runs/xor"), "300")
        (PosixPath('runs/xor'), 300)
    """
    inside = re.fullmatch(r"epoch_(\d+)", folder.name)
    if inside and folder.parent.name == "checkpoints":
        if epoch is not None:
            raise ConfigError(f"{folder} already says which epoch; leave out {epoch!r}")
        return folder.parent.parent, int(inside[1])
    return folder, None if epoch is None else epoch_number(epoch)


def epoch_number(text: str) -> int:
    """Return the epoch that a word such as ``300`` or ``epoch_0300`` means."""
    found = EPOCH.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"an epoch is a whole number such as 300, got {text!r}")
    return int(found[1])
