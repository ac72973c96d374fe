"""Runs and sweeps, packed for others: a run as :mod:`snnrun.evaluation.sharing` says.

A sweep becomes a folder with its tables, a packed run for each of its runs that saved a network,
and ``sweep.yaml``, whose configs lie beside it. It can be drawn, compared and reported, not gone on
with.
"""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from snnrun.compat import open_run
from snnrun.config.dumping import dump
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation import sharing
from snnrun.experiment import load_config
from snnrun.runs import checkpoint
from snnrun.runs.files import disk_errors, refuse_occupied, whole_folder, write_text
from snnrun.runs.folder import RunDir
from snnrun.runs.naming import Epoch
from snnrun.runs.places import without_places
from snnrun.studies.folder import SWEEP, TABLES, is_sweep
from snnrun.studies.places import runs_in
from snnrun.studies.plan import SweepSettings, Variant, load_sweep


def share(source: RunDir | Path | str, folder: Path | str, epoch: Epoch = None) -> list[RunDir]:
    """Pack a run, or the runs of a sweep, into a folder that can be given away.

    Args:
        source: the run folder, or that of a sweep.
        folder: the folder to make, at once; nothing may lie in it.
        epoch: a saved epoch; None or ``"last"`` for the last one of each run, ``"best"`` for the
            one with the best validation.

    Returns:
        The packed runs; of a run, the one.

    Raises:
        ConfigError: a run's config was edited since it began.
        DataError: no such run or epoch; ``folder`` holds something, or cannot be written.
    """
    place, folder = source.path if isinstance(source, RunDir) else Path(source), Path(folder)
    if not is_sweep(place):
        run, number = open_run(source, epoch, as_saved=True)
        return [sharing.share(run, folder, number)]
    return _share_sweep(place, folder, epoch)


def _share_sweep(place: Path, folder: Path, epoch: Epoch) -> list[RunDir]:
    refuse_occupied(folder)
    runs = [RunDir(path) for path in runs_in(place)]
    saved = [run for run in runs if checkpoint.saved(run.checkpoints)]
    if not saved:
        raise DataError(f"no run of the sweep {place} has saved a network yet")
    with whole_folder(folder) as made:
        for run in saved:
            sharing.share(run, made / run.path.name, open_run(run, epoch)[1])
        with disk_errors(str(folder)):
            for name in TABLES:
                if (place / name).is_file():
                    shutil.copyfile(place / name, made / name)
        write_text(made / SWEEP, dump(_settings(place, made).model_dump()))
    return [RunDir(folder / run.path.name) for run in saved]


def _settings(place: Path, made: Path) -> SweepSettings:
    """Return what the sweep says, of configs that are written beside it where they are here."""
    settings = load_sweep(place / SWEEP)
    changed = {"storage": "journal", "launcher": None, "set": without_places(settings.set)}
    texts: dict[str, str | None] = {SWEEP: None}
    if settings.config is not None:
        changed["config"] = _beside(place / settings.config, texts)
    changed["configs"] = {
        name: Variant(config=_beside(place / each.config, texts), set=without_places(each.set))
        for name, each in settings.configs.items()
    }
    for name, text in texts.items():
        if text is not None:
            write_text(made / name, text)
    return settings.model_copy(update=changed)


def _beside(config: Path, texts: dict[str, str | None]) -> str:
    """Return the name that a config bears in the folder, and keep its text by it.

    Args:
        config: the file.
        texts: with its defaults and what it extends, of each file, by its name; None: another
            file, or a config that is not here. This one is added.
    """
    try:
        text = sharing.packed(load_config(config)).dump_yaml()
    except ConfigError:  # it has gone, or was changed; each run has its own
        text = None
    name = next(
        name for name in _names(config)
        if name not in texts or (text is not None and texts[name] == text)
    )  # fmt: skip
    texts[name] = text
    return name


def _names(config: Path) -> Iterator[str]:
    """Yield what a config may be called among others that are called alike."""
    yield f"{config.stem}.yaml"
    yield from (f"{config.stem}_{number}.yaml" for number in count(2))
