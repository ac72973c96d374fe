"""What commands take: run folders, epochs, savepoints; and what the shell completes them with."""

from collections.abc import Iterable, Sequence
from glob import glob
from pathlib import Path
from typing import Annotated

import typer

from snnrun.cli.completing import complete_override, opened
from snnrun.errors import ConfigError
from snnrun.runs.naming import BEST, EPOCH, LAST, Epoch, folders_among, run_and_epoch


def runs_and_epoch(folders: list[Path], epoch: str | None) -> tuple[list[Path], str | None]:
    """Return run folders and epoch, which may stand behind a single folder.

    Example:
        >>> runs_and_epoch([Path("runs/xor"), Path("300")], None)
        ([PosixPath('runs/xor')], '300')
    """
    folders = folders_among(folders)
    last = str(folders[-1])
    if epoch is None and len(folders) == 2 and _is_epoch(last) and not folders[1].exists():
        return folders[:1], last
    return folders, epoch


def runs_and_overrides(folders: list[Path]) -> tuple[list[Path], list[str]]:
    """Return run folders, and the settings that stand among them.

    Raises:
        ConfigError: there is no folder.

    Example:
        >>> runs_and_overrides([Path("runs/xor"), Path("data.download=true")])
        ([PosixPath('runs/xor')], ['data.download=true'])
    """
    overrides = [str(each) for each in folders if "=" in str(each) and not each.exists()]
    runs = [each for each in folders if str(each) not in overrides]
    if not runs:
        raise ConfigError(f"expected a run folder, got {overrides[0]!r} alone")
    return runs, overrides


def comma_list(text: str | None) -> list[str]:
    """Return the words between commas.

    Example:
        >>> comma_list("raster, curves,"), comma_list(None)
        (['raster', 'curves'], [])
    """
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def words_and_overrides(
    words: Iterable[str] | None, what: str, most: int = 1
) -> tuple[list[str], list[str]]:
    """Return the words that stand behind a run folder, and the settings among them.

    Args:
        words: as they were typed, in any order.
        what: that is expected of them, for messages.
        most: how many may be no settings.

    Raises:
        ConfigError: there are more.

    Example:
        >>> words_and_overrides(["best", "data.download=true"], "EPOCH")
        (['best'], ['data.download=true'])
    """
    words = list(words or ())
    overrides = [word for word in words if "=" in word]
    others = [word for word in words if "=" not in word]
    if len(others) > most:
        raise ConfigError(
            f"got {others[most]!r} too many; behind the run folder stand {what}, and settings "
            "such as data.download=true"
        )
    return others, overrides


def one_epoch(words: Sequence[str], option: str | None) -> str | None:
    """Return the epoch that stands behind a run folder, or in the option ``--epoch``."""
    if words and option is not None:
        raise ConfigError(f"the epoch is said twice: {words[0]!r}, and --epoch {option!r}")
    return words[0] if words else option


def _is_epoch(text: str) -> bool:
    return text in (BEST, LAST) or EPOCH.fullmatch(text) is not None


def chosen_run(run_dir: Path, epoch: str | None) -> tuple[Path, Epoch]:
    """Return run folder and epoch; a config that does not load is told of before torch comes in."""
    folder, number = run_and_epoch(run_dir, epoch)
    if (folder / "checkpoints").is_dir():
        from snnrun.runs.folder import RunDir

        RunDir.open(folder).experiment()
    return folder, number


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


def config_file(given: Path | None) -> Path | None:
    """Return the config file that an argument means, which may be the name of one of ours."""
    from snnrun.config.shipped import located

    return given and located(given)


def complete_config(incomplete: str) -> list[str]:
    """Complete a config file, or the name of a config that comes with snnrun.

    With nothing typed yet, the files in ``configs/`` alone, if there are any.
    """
    found = opened(_configs, incomplete or "configs/")
    return found + complete_shipped(incomplete) if incomplete or not found else found


def _configs(start: str) -> list[str]:
    files = [path for end in ("yaml", "yml", "json") for path in glob(f"{start}*.{end}")]
    return sorted(files + [f"{path}/" for path in glob(f"{start}*") if Path(path).is_dir()])


def complete_shipped(incomplete: str) -> list[str]:
    """Complete the name of a config that comes with snnrun."""
    from snnrun.config.shipped import names

    return [name for name in names() if name.startswith(incomplete)]


def complete_run(incomplete: str) -> list[str]:
    """Complete a run folder; with nothing typed yet, those in ``experiment_results/``."""
    return opened(_folders, incomplete or "experiment_results/")


def _folders(start: str) -> list[str]:
    """Return folders that begin so; those of a run are not shown."""
    if (Path(start) / "config.yaml").is_file():
        return []
    return sorted(glob(f"{start}*/"))


def complete_name(incomplete: str) -> list[str]:
    """Complete a name of any table."""
    from snnrun.catalog import listings

    names = {name for listing in listings() for name in listing.names}
    return sorted(name for name in names if name.startswith(incomplete))


def complete_plots(incomplete: str) -> list[str]:
    """Complete the last of the figures in a list with commas."""
    from snnrun.plots import PLOTS

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in PLOTS if name.startswith(last)]


def complete_model(incomplete: str) -> list[str]:
    """Complete the name of a model."""
    from snnrun.models import MODELS

    return [name for name in MODELS.names() if name.startswith(incomplete)]


def complete_table(incomplete: str) -> list[str]:
    """Complete the name of a table."""
    from snnrun.catalog import listings

    names = [*(listing.name for listing in listings()), "configs"]
    return [name for name in names if name.startswith(incomplete)]


Config = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG",
        help="YAML or JSON; or the name of a config that comes with snnrun.",
        autocompletion=complete_config,
        callback=config_file,
    ),
]
ConfigOrRun = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG",
        help="YAML or JSON; or a run folder, for its config.",
        autocompletion=complete_config,
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Settings, such as train.optimizer.lr=1e-3.",
        autocompletion=complete_override,
    ),
]
RunFolder = Annotated[
    Path,
    typer.Argument(
        metavar="RUN_DIR",
        help="A run folder; RUN_DIR/checkpoints/epoch_0300 names an epoch too.",
        autocompletion=complete_run,
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[EPOCH] [KEY=VALUE]...",
        help="A saved epoch, best or last; the last one if absent. Settings that change nothing "
        "that was learned, such as data.download=true.",
        show_default=False,
    ),
]
#: What an epoch may be called.
_EPOCHS = "A saved epoch, best or last; the last one if absent."
SavedEpoch = Annotated[str | None, typer.Option("--epoch", metavar="EPOCH", help=_EPOCHS)]
AtEpoch = Annotated[
    str | None,
    typer.Option("--epoch", metavar="EPOCH", help=_EPOCHS, hidden=True),  # behind RUN_DIR, mostly
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


#: How figures look.
Style = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE|FILE",
        help="Fonts, widths, colours: font, font_size, column, page, palette, ticks, rcParams.",
    ),
]
