"""Files of other programs: their configs, their results, and ours in their format.

A format is a line in :data:`FORMATS`; its parts are named, not imported, so that asking which
format a file has costs nothing. Nothing that a file of another program contains is ever executed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnrun.core.shell import typed
from snnrun.errors import ConfigError, DataError
from snnrun.runs.naming import Epoch

if TYPE_CHECKING:
    from torch import nn

    from snnrun.runs.folder import RunDir


@dataclass(frozen=True)
class Format:
    """The files of one other program; each part is ``"module:attribute"``, "" where there is none.

    export(run, folder, epoch) -> paths of the files written.
    marks: keys, of which each of its configs holds one; without them, nothing is imported.
    is_config(plain) -> bool; translate(plain, where, folder) -> config and notes;
    is_run(path) -> bool; import_run(path, results, epoch, as_saved) -> run folder and epoch, as
    :func:`open_run` says;
    files(folder) -> those that make one config, where a config may be several files;
    start(config, model): fill in the weights that training starts from, where not all are drawn.
    """

    summary: str
    export: str
    marks: frozenset[str] = frozenset()
    is_config: str = ""
    translate: str = ""
    is_run: str = ""
    import_run: str = ""
    files: str = ""
    start: str = ""

    def load(self, part: str) -> Callable[..., Any]:
        """Import and return a part."""
        module, attribute = getattr(self, part).split(":")
        found: Callable[..., Any] = getattr(import_module(module), attribute)
        return found


_FASTANDDEEP = "snnrun.compat.fastanddeep."
_PYTORCH_SBS = "snnrun.compat.pytorch_sbs."
FORMATS = {
    "fastanddeep": Format(
        "fastAndDeep and DelGrad, https://github.com/JulianGoeltz/fastAndDeep",
        marks=frozenset({"network_layout"}),
        is_config=_FASTANDDEEP + "configs:is_config",
        translate=_FASTANDDEEP + "configs:translate",
        is_run=_FASTANDDEEP + "folders:is_result_dir",
        import_run=_FASTANDDEEP + "importing:import_run",
        export=_FASTANDDEEP + "exporting:export",
    ),
    "pytorch-sbs": Format(
        "pytorch-sbs, https://github.com/davrot/pytorch-sbs",
        marks=frozenset({"network_structure", "learning_parameters"}),
        is_config=_PYTORCH_SBS + "configs:is_config",
        translate=_PYTORCH_SBS + "configs:translate",
        is_run=_PYTORCH_SBS + "folders:is_result_dir",
        import_run=_PYTORCH_SBS + "importing:import_run",
        export=_PYTORCH_SBS + "exporting:export",
        files=_PYTORCH_SBS + "configs:files",
        start=_PYTORCH_SBS + "starting:start",
    ),
    "nir": Format(
        "NIR, the Neuromorphic Intermediate Representation, https://neuroir.org",
        export="snnrun.compat.nir.exporting:export",
    ),
}


def config_files(folder: Path) -> list[Path]:
    """Return the files in a folder that make one config of another program; later ones win.

    Raises:
        ConfigError: only some of them are there.
    """
    for each in FORMATS.values():
        if each.files:
            found: list[Path] = each.load("files")(folder)
            if found:
                return found
    return []


def translated(plain: Any, where: Callable[..., str], folder: Path) -> Any:
    """Return config and notes for a config of another program; None for any other config.

    Args:
        plain: what the file holds.
        where: says where the value at a path of keys was written.
        folder: where the file lies.

    Raises:
        ConfigError: it cannot be translated.
    """
    keys = plain.keys() if isinstance(plain, dict) else frozenset[str]()
    for each in FORMATS.values():
        if each.marks & keys and each.load("is_config")(plain):
            return each.load("translate")(plain, where, folder)
    return None


def start_weights(config: Path, model: "nn.Module") -> None:
    """Fill in the weights that the training of another program's config starts from, if it does.

    Raises:
        DataError: they cannot be read, or do not fit the network.
    """
    for each in FORMATS.values():
        if each.start:
            each.load("start")(config, model)


def open_run(
    path: "RunDir | Path | str",
    epoch: Epoch = None,
    results: Path | None = None,
    *,
    as_saved: bool = False,
) -> "tuple[RunDir, int | None]":
    """Return run folder and epoch; results of another program are imported first.

    Args:
        path: a run folder, a result folder of another program, or a folder of one epoch in it.
        epoch: the wanted epoch, or ``"best"``; None or ``"last"`` for the last one, or the one
            that ``path`` names.
        results: the folder that imported runs go to; None for ``experiment_results``.
        as_saved: the last epoch is that of ``path``, though training went on in its import.

    Raises:
        DataError: there is no run, or its files cannot be read.
    """
    from snnrun.runs.folder import RESULTS, RunDir

    if epoch == "last":
        epoch = None
    if epoch == "best":
        run, _ = open_run(path, None, results, as_saved=as_saved)
        return run, _best(run)
    if isinstance(path, RunDir):
        return path, epoch
    for each in FORMATS.values():
        if each.is_run and each.load("is_run")(Path(path)):
            found: tuple[RunDir, int | None] = each.load("import_run")(
                Path(path), results or RESULTS, epoch, as_saved
            )
            return found
    if Path(path).suffix == ".nir" and Path(path).is_file():
        raise DataError(f"{path} is no run; snnrun import {typed(path)} makes one of it")
    return RunDir.open(path), epoch


def _best(run: "RunDir") -> int:
    from snnrun.runs.checkpoint import saved

    epoch = run.best()
    if epoch is None:
        raise DataError(f"{run.path} does not tell which epoch was the best; name it by its number")
    kept = [at.epoch for at in saved(run.checkpoints) if not at.batch]
    if epoch not in kept:
        raise DataError(
            f"{run.path}: epoch {epoch} was the best, and is not kept here. "
            f"Saved epochs: {', '.join(map(str, kept)) or 'none'}"
        )
    return epoch


def export_run(
    run: "RunDir | Path | str", kind: str, folder: Path | None = None, epoch: Epoch = None
) -> list[Path]:
    """Write a run in the format called ``kind`` and return the paths of its files.

    Args:
        run: the run folder.
        kind: one of :data:`FORMATS`.
        folder: where to write; None for ``exports/<kind>`` in the run folder.
        epoch: a saved epoch, or ``"best"``; None for the last one.

    Raises:
        ConfigError: there is no such format, or it cannot say what the run's config says; the
            config was edited since the run began.
        DataError: no such run or epoch, or the disk cannot be written.
    """
    from snnrun.runs.checkpoint import open_epoch
    from snnrun.runs.edits import SHARED, refuse_edits
    from snnrun.runs.files import refuse_links

    if kind not in FORMATS:
        raise ConfigError(f"unknown format {kind!r}; known: {', '.join(FORMATS)}")
    opened, number = open_run(run, epoch, as_saved=True)
    experiment, saved = opened.experiment(), open_epoch(opened.checkpoints, number)
    refuse_edits(opened.config, saved, experiment, SHARED)
    if folder is None:
        refuse_links(opened.path, ("exports", f"exports/{kind}"))
    target = folder or opened.path / "exports" / kind
    paths: list[Path] = FORMATS[kind].load("export")(opened, target, number)
    return paths
