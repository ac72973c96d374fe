"""Sweep files of fastAndDeep (DelGrad's ``sweep.py``): values of keys in a config of theirs.

::

    parameters:
      - path: [training_params/torch_seed, training_params/numpy_seed]    # set together
        value: [0, 1, 2]
      - path: network_layout/layers/1/size
        value: [30, 25]

Every combination is trained. Paths that are all seeds are the seeds of ours.
"""

from typing import Any

from snnrun.config.reading import Document, document_of
from snnrun.errors import ConfigError

_KEY = "parameters"


def is_foreign_sweep(plain: dict[str, Any]) -> bool:
    """Tell whether a file is a sweep of theirs."""
    return _KEY in plain and "grid" not in plain


def settings_of(document: Document, config: str | None = None) -> Document:
    """Return a sweep of theirs as one of ours; one of ours with the config to start from.

    Raises:
        ConfigError: an entry is not what it should be.
    """
    plain = dict(document.data)
    if is_foreign_sweep(plain):
        plain |= _ours(plain.pop(_KEY), document)
    if config is not None:
        plain["config"] = config
    return document_of(plain, document.root.where)


def _ours(entries: Any, document: Document) -> dict[str, Any]:
    if not isinstance(entries, list):
        raise ConfigError(f"{document.where((_KEY,))}: {_KEY}: expected a list of path and value")
    grid: dict[str, list[Any]] = {}
    seeds: dict[str, list[Any]] = {}
    for number, entry in enumerate(entries):
        start = f"{document.where((_KEY, number))}: {_KEY}.{number}"
        if not isinstance(entry, dict) or not entry.keys() <= {"path", "value"}:
            raise ConfigError(f"{start}: expected a map of path and value")
        path, values = entry.get("path"), entry.get("value", [])
        paths = [str(each) for each in (path if isinstance(path, list) else [path]) if each]
        if not paths:
            raise ConfigError(f"{start}: path: expected keys with slashes, or a list of them")
        values = values if isinstance(values, list) else [values]
        if values and all(each.endswith("_seed") for each in paths) and not seeds:
            seeds["seeds"] = values
        elif values:  # theirs leave out an entry without values
            together = len(paths) > 1
            grid[", ".join(paths)] = [[each] * len(paths) if together else each for each in values]
    return {"grid": grid, **seeds}
