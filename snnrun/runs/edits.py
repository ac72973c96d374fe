"""What was edited in the config of a run since something was written that tells its own."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from snnrun.config.given import Overrides
from snnrun.config.tree import parse
from snnrun.config.wording import shown
from snnrun.core.paths import prefixes
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import Experiment
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.folder import RunDir
from snnrun.runs.settings import IDLE
from snnrun.train_settings import Train

#: Settings that may be edited before a run goes on: they change no weights and no numbers of what
#: was trained so far. So may places of files, see :attr:`snnrun.data.dataset.DataSettings.places`.
FREE = (
    IDLE
    | {"data.download"}
    | {f"train.{key}" for key in ("epochs", "early_stopping", "on_nan", "start_from")}
)
#: Before a network is shared or exported.
SHARED = FREE | {"train.eval_batch_size"}
#: Before a network is shown samples: all that tells how it is trained, but what changes answers.
SHOWN = frozenset(
    f"train.{name}" for name in Train.model_fields if name not in ("augment", "precision")
) | {"data.download"}

#: What may be asked for while one looks at a network, of which the rest tells how it was trained.
LOOKING = frozenset({"data.download", "train.device", "train.eval_batch_size"})


def overridden(run: RunDir, overrides: Overrides, free: Collection[str]) -> RunDir:
    """Return a run with other settings than its config has, such that what was learned still holds.

    Args:
        run: the run folder; it stays as it is.
        overrides: ``"train.threads=2"`` and the like.
        free: settings that may differ, with all that lies in them.

    Raises:
        ConfigError: one is wrong, or changes what was learned.
    """
    if not overrides:
        return run
    other = RunDir(run.path, overrides)
    places = {f"data.{key}" for key in run.experiment().data.places}
    then, now = (
        parse(each.experiment().dump_yaml(), lambda _: "", []).plain() for each in (run, other)
    )
    own = {f"data.{key}" for key in now["data"]}
    allowed = {key for key in (*free, *places) if key in own or not key.startswith("data.")}
    problems = [
        f"{key}={shown(new)}: the run learned with {shown(old)}, and that stays; "
        f"here go {', '.join(sorted(allowed))}"
        for key, old, new in _differences(then, now)
        if not allowed.intersection(prefixes(key))
    ]
    if problems:
        raise ConfigError(problems)
    return other


def refuse_edits(
    config: Path, saved: Checkpoint, now: Experiment, free: Collection[str] = FREE
) -> None:
    """Refuse a config that says something else than the one that a checkpoint was trained with.

    Args:
        config: the file, for messages.
        saved: the checkpoint; one that tells no config is of any.
        now: what the file says.
        free: settings that may differ, with all that lies in them.

    Raises:
        ConfigError: naming what was edited.
        DataError: what the checkpoint tells is no config.
    """
    before = saved.progress.config if saved.progress else ""
    if before:
        compare(config, now, before, saved.path, free)


def compare(
    config: Path, now: Experiment, before: str, told_by: Path, free: Collection[str] = FREE
) -> None:
    """Refuse a config that says something else than one that was written down.

    Args:
        config, now, free: as :func:`refuse_edits`.
        before: what was written down.
        told_by: where, for messages.

    Raises:
        ConfigError: naming what was edited.
        DataError: what was written down is no config.
    """
    places = {f"data.{key}" for key in now.data.places}
    since = parse(now.dump_yaml(), lambda _: "", []).plain()
    try:
        then = parse(before, lambda _: "", []).plain()
    except ConfigError:
        then = None
    if not isinstance(then, dict):
        raise DataError(f"{told_by} is damaged: the config that it tells cannot be read")
    problems = [
        f"{config}: {key}: is {shown(new)}, but the run began with {shown(old)}; "
        "put it back, or train anew"
        for key, old, new in _differences(then, since)
        if not set(free).intersection(prefixes(key))
        and not (key in places and isinstance(old, str) and isinstance(new, str))
    ]
    if problems:
        raise ConfigError(problems)


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield key, old and new value of what differs in two configs; keys of one only are left out.

    Example:
        >>> list(_differences({"a": [1, 2], "b": {"c": 3}}, {"a": [1, 4], "b": {"c": 3}}))
        [('a.1', 2, 4)]
        >>> list(_differences({"a": {"name": "sgd", "lr": 1}}, {"a": {"name": "adam", "lr": 2}}))
        [('a.name', 'sgd', 'adam')]
    """
    if isinstance(old, dict) and isinstance(new, dict):
        other = old.get("name") != new.get("name")  # then all else is another thing's
        common = ["name"] if other else [key for key in old if key in new]
        pairs: Iterable[Any] = ((key, old.get(key), new.get(key)) for key in common)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = zip(range(len(old)), old, new, strict=True)
    else:
        if old != new:
            yield path, old, new
        return
    for key, was, now in pairs:
        yield from _differences(was, now, f"{path}.{key}".lstrip("."))
