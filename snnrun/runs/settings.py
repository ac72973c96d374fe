"""The settings of a run as one flat map, ``train.batch_size: 150``, read without torch.

They stand in its summary; runs of earlier versions tell them in their config alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snnrun.core.paths import flat
from snnrun.errors import ConfigError

#: Settings of training that change no weights and no numbers, whatever they are.
IDLE = frozenset(
    f"train.{key}"
    for key in (
        "savepoints", "device", "threads", "workers", "in_memory", "checkpoint_minutes",
        "time_limit_minutes", "live_plot", "tensorboard", "loggers", "callbacks",
    )
)  # fmt: skip


def settings_of(run: Path, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a run, in the order of its config.

    Args:
        run: its folder.
        summary: what :func:`snnrun.runs.summary.read` returned.

    Raises:
        ConfigError: the summary has none, and the config cannot be read.
    """
    if "settings" in summary:
        return dict(summary["settings"])
    from snnrun.config.texts import Room, text_of
    from snnrun.config.tree import parse

    path, problems, room = run / "config.yaml", list[str](), Room()
    plain = parse(text_of(path, room), lambda _: str(path), problems, room=room).plain()
    if problems or not isinstance(plain, dict):
        raise ConfigError(problems or f"{path} is no config: it holds no map")
    try:
        return flat(plain)
    except ValueError as error:
        raise ConfigError(f"{path} {error}") from None
