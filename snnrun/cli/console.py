"""Where commands meet the terminal: exit codes, messages, grouped help.

The body of a command raises; here, and nowhere else, an error becomes a line on stderr and an exit
code (see ``snnrun.errors``). ``--debug`` shows the traceback too.
"""

import inspect
import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Annotated, Any, NoReturn, TextIO

import typer
from typer.core import TyperGroup

from snnrun.cli.streams import READER_GONE, telling, to_nowhere
from snnrun.errors import (
    ConfigError,
    DataError,
    Interrupted,
    NoPluginError,
    OutOfMemoryError,
    SnnrunError,
    SnnrunWarning,
    ran_out_of_memory,
)

_DISK = 3
_LOCATED = re.compile(r".*?:\d+:\d+: |override \d+: |--launcher-option .*?: ")


#: The headings of the help, in its order.
PANELS = RUN, STUDY, WRITE, LOOK = "Run", "Many runs", "Write a config", "Look up"

_FIRST = (
    "train", "inference", "predict",
    "sweep", "runs", "compare", "report", "watch", "reproduce",
    "list", "show", "data",
)  # fmt: skip


class Grouped(TyperGroup):
    """A group of commands whose help shows them under the headings of their panels."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, panel by panel; those first that one reaches for first."""

        def place(name: str) -> tuple[int, int]:
            order = _FIRST.index(name) if name in _FIRST else len(_FIRST)
            return PANELS.index(self._panel(name)), order

        return sorted(self.commands, key=place)

    def _panel(self, name: str) -> str:
        return str(getattr(self.commands[name], "rich_help_panel", RUN))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section for each panel."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            said = self.commands[name].get_short_help_str(limit=80)
            panels.setdefault(self._panel(name), []).append((name, said))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


def _option(name: str, kind: Any, default: Any, **said: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, typer.Option(f"--{name}", **said)],
    )


#: What every command takes.
_OPTIONS = (
    _option(
        "plugin",
        list[str] | None,
        None,
        metavar="MODULE",
        help="Import components: my_rules, or my_rules.py. May be repeated.",
    ),
    _option("debug", bool, False, help="Show tracebacks."),
)


def command(
    app: typer.Typer, panel: str, name: str | None = None, *, answers: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a command under a heading of the help, with the options of all commands.

    Args:
        app: it becomes a command of this.
        panel: the heading.
        name: of the command; None: that of the function.
        answers: whether what it prints is what it is called for, so that it fails where that cannot
            be written; of a training, all stands in its run folder.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(*arguments: Any, debug: bool, plugin: list[str] | None, **options: Any) -> None:
            with telling() as said, edge(debug):
                if panel == RUN:
                    _say_in_passing("loading ...")
                _load(plugin or ())
                function(*arguments, **options)
                sys.stdout.flush()
                if answers and said.lost:
                    raise DataError(f"standard output: {said.lost.strerror}; not all is written")

        signature = inspect.signature(function)
        parameters = [*signature.parameters.values(), *_OPTIONS]
        _leave_reading_to_us(parameters)
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        own = {option.name: option.annotation for option in _OPTIONS}
        run.__annotations__ = {**function.__annotations__, **own}
        app.command(name, rich_help_panel=panel)(run)
        return function

    return register


def _leave_reading_to_us(parameters: Sequence[inspect.Parameter]) -> None:
    """Let no path be refused as wrong usage since it may not be read: that is told as of a disk."""
    for parameter in parameters:
        for said in getattr(parameter.annotation, "__metadata__", ()):
            said.readable = False


def _load(plugins: Sequence[str]) -> None:
    if plugins:
        import snnrun.experiment  # noqa: F401  its tables take the components in
        from snnrun.plugins import load

        for plugin in plugins:
            try:
                load(plugin)
            except NoPluginError as error:
                raise NoPluginError(f"{error}{_here(plugin)}") from None


def _here(name: str) -> str:
    """Say which file in the working folder a name that was not found may mean."""
    top = name.partition(".")[0]
    files = [each for each in (f"{top}.py", f"{top}/__init__.py") if os.path.isfile(each)]
    return f"; the one in this folder is --plugin {files[0]}" if files and name == top else ""


@contextmanager
def edge(debug: bool = False) -> Iterator[None]:
    """Turn every exception into a message and an exit code, and our warnings into a line."""
    shown, warnings.showwarning = warnings.showwarning, _warn
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except KeyboardInterrupt:
        _leave("snnrun: stopped", Interrupted.KEYBOARD, debug)
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said, at exit neither.
        to_nowhere(sys.stdout)
        raise SystemExit(READER_GONE) from None
    except SnnrunError as error:
        code = error.code if isinstance(error, Interrupted) else error.exit_code
        _leave(message(error), code, debug)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _leave(f"snnrun: {place}{error.strerror or error}", _DISK, debug)
    except Exception as error:
        if ran_out_of_memory(error):
            text = "memory ran out: expected more of it, or smaller batches (train.batch_size)"
            _leave(f"snnrun: {text}", OutOfMemoryError.exit_code, debug)
        text = " ".join(f"{type(error).__name__}: {error}".split())
        hint = "" if debug else "; `--debug` shows the traceback"
        _leave(f"snnrun: unexpected {text}{hint}", SnnrunError.exit_code, debug)
    finally:
        warnings.showwarning = shown


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning: one of ours as a line, another one as Python does; of several processes,
    the first alone does.
    """
    if not is_first():
        return
    ours = issubclass(category, SnnrunWarning)
    elsewhere = warnings.formatwarning(message, category, filename, lineno, line)
    said = f"snnrun: warning: {message}\n" if ours else elsewhere
    print(said, end="", file=file or sys.stderr)


def message(error: SnnrunError) -> str:
    """Return what is printed of an error; problems with a place stand on lines of their own."""
    if isinstance(error, ConfigError) and any(map(_LOCATED.match, error.problems)):
        shown = len(error.problems)
        count = shown + error.more
        first = f"; the first {shown} are shown" if error.more else ""
        summary = f"{count:,} problem{'s' if count > 1 else ''}{first}. Nothing was run."
        return "\n".join([*error.problems, summary])
    return f"snnrun: {error}"


def loaded_api() -> Any:
    """Return ``snnrun.api``, for which torch is imported."""
    api = import_module("snnrun.api")
    _say_in_passing("")
    return api


def _say_in_passing(text: str) -> None:
    """Write a few words to a terminal that the next line overwrites."""
    if sys.stderr.isatty() and is_first():
        print(f"{text:<16}", end="\r", file=sys.stderr, flush=True)


def is_first() -> bool:
    """Tell whether this is the only process, or the first of several, which alone says things."""
    return os.environ.get("RANK", "0") == "0"


def _leave(text: str, code: int, debug: bool) -> NoReturn:
    if not is_first():
        raise SystemExit(code)
    if debug:
        traceback.print_exc()
    print(text, file=sys.stderr)
    raise SystemExit(code)
