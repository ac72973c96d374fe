"""What commands take: run folders, epochs, savepoints; and what the shell completes them with."""

from glob import glob
from pathlib import Path
from typing import Annotated

import typer

from snnrun.errors import ConfigError
from snnrun.runs.naming import EPOCH


def runs_and_epoch(folders: list[Path], epoch: str | None) -> tuple[list[Path], str | None]:
    """Return run folders and epoch, which may stand behind a single folder.

    Example:
        >>> runs_and_epoch([Path("runs/xor"), Path("300")], None)
        ([PosixPath('runs/xor')], '300')
    """
    last = str(folders[-1])
    if epoch is None and len(folders) == 2 and EPOCH.fullmatch(last) and not folders[1].exists():
        return folders[:1], last
    return folders, epoch


def run_name(text: str) -> str:
    """Return the name of a run folder, which lies where run folders lie and nowhere else."""
    if text in (".", "..") or Path(text).name != text:
        raise ConfigError(f"a run is called by a name, not by a path, got {text!r}")
    return text


def savepoints(text: str | None) -> list[int]:
    """Return the epochs in a list such as ``"10, 20, 40"``.

    Example:
        >>> savepoints("10, 20,40")
        [10, 20, 40]
    """
    if text is None:
        return []
    points = [word.strip() for word in text.strip().strip("[]").split(",")]
    wrong = next((word for word in points if not word.isdecimal() or int(word) < 1), None)
    if wrong is not None:
        raise ConfigError(
            f'savepoints are epochs from 1 on, separated by commas, such as "10, 20", got {text!r}'
        )
    numbers = [int(word) for word in points]
    if numbers != sorted(set(numbers)):
        raise ConfigError(f"savepoints must ascend, each epoch once, got {text!r}")
    return numbers


def complete_config(incomplete: str) -> list[str]:
    """Complete a config file; with nothing typed yet, those in ``configs/``."""
    start = incomplete or "configs/"
    files = [path for end in ("yaml", "yml", "json") for path in glob(f"{start}*.{end}")]
    folders = [f"{path}/" for path in glob(f"{start}*") if Path(path).is_dir()]
    return sorted(files + folders)


def complete_run(incomplete: str) -> list[str]:
    """Complete a run folder; with nothing typed yet, those in ``experiment_results/``."""
    return sorted(path for path in glob(f"{incomplete or 'experiment_results/'}*/"))


def complete_name(incomplete: str) -> list[str]:
    """Complete a name of any table."""
    from snnrun.catalog import listings

    names = {name for listing in listings() for name in listing.names}
    return sorted(name for name in names if name.startswith(incomplete))


def complete_model(incomplete: str) -> list[str]:
    """Complete the name of a model."""
    from snnrun.models import MODELS

    return [name for name in MODELS.names() if name.startswith(incomplete)]


def complete_table(incomplete: str) -> list[str]:
    """Complete the name of a table."""
    from snnrun.catalog import listings

    names = [listing.name for listing in listings()]
    return [name for name in names if name.startswith(incomplete)]


Config = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="YAML or JSON.", autocompletion=complete_config)
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings, such as train.optimizer.lr=1e-3."),
]
RunFolder = Annotated[
    Path,
    typer.Argument(
        metavar="RUN_DIR",
        help="A run folder; RUN_DIR/checkpoints/epoch_0300 names an epoch too.",
        autocompletion=complete_run,
    ),
]
Processes = Annotated[
    int, typer.Option(min=1, metavar="N", help="Processes that do it together, on this machine.")
]
RankTimeout = Annotated[
    float,
    typer.Option(min=1, metavar="S", help="Seconds until a silent process counts as gone."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show errors and the run folder only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print a line for every epoch.")]
