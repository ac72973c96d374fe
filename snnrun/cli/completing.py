"""Completion of settings, ``train.optimizer.lr=``, as they stand in the config before them.

A shell puts a blank behind what it completes, unless there is more than one way to go on. So a key
comes with what it is in the config, and a folder with what lies in it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer


def complete_override(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a setting of the config that was named, and the value of one that has names."""
    from snnrun.config.dumping import inline
    from snnrun.config.fields import keys_of
    from snnrun.core.paths import dotted
    from snnrun.experiment import Experiment

    key, equals, typed = incomplete.partition("=")
    plain = _plain(ctx.params.get("config"))
    if equals:
        return [f"{key}={word}" for word in _words(key, plain) if word.startswith(typed)]
    found = []
    for path in keys_of(Experiment, plain):
        name = dotted(path)
        if name.startswith(incomplete):
            value = _at(plain, path)
            found.append(name if isinstance(value, dict | list) else f"{name}={inline(value)}")
    if len(found) == 1 and "=" in found[0]:
        return [found[0].partition("=")[0] + "=", *found]
    return found


def opened(complete: Callable[[str], list[str]], incomplete: str) -> list[str]:
    """Complete a path; where all that is left is a folder, return what lies in it."""
    found = complete(incomplete)
    while len(found) == 1 and found[0].endswith("/") and (inside := complete(found[0])):
        if inside == found:
            break
        found = inside
    return found


def _plain(config: Any) -> dict[str, Any]:
    """Return what a config says, with its defaults where it is right; nothing where it is none."""
    from snnrun.config.reading import read_config
    from snnrun.config.shipped import located
    from snnrun.errors import SnnrunError
    from snnrun.experiment import load_config

    try:
        return load_config(Path(config), load=lambda *_: None).model_dump()
    except (SnnrunError, TypeError):
        pass
    try:
        return read_config(located(config)).data
    except (SnnrunError, TypeError):
        return {}


def _at(plain: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        plain = plain.get(key) if isinstance(plain, dict) else None
    return plain


def _words(key: str, plain: dict[str, Any]) -> Iterator[str]:
    """Yield what a setting may be, as far as that can be counted: names of components, and such."""
    from typing import get_args

    from snnrun.config.fields import parts, settings_at
    from snnrun.core.named import Named
    from snnrun.core.paths import path_in
    from snnrun.experiment import Experiment

    *above, last = path_in(key)
    try:
        field = settings_at(Experiment, plain, tuple(above)).model_fields.get(str(last))
    except (KeyError, TypeError, IndexError):
        return
    if field is None:
        return
    for part in parts(field):
        if isinstance(part, Named):
            yield from part.table.names()
    if field.annotation is bool:
        yield from ("true", "false")
    for choice in get_args(field.annotation):
        if isinstance(choice, str):
            yield choice
