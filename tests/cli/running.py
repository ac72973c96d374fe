"""Commands, in this process and in one of their own."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from snnrun.cli.verbs import app

ROOT = Path(__file__).parent.parent.parent
MODULE = (sys.executable, "-m", "snnrun")
#: The console script, as pip puts it beside the interpreter.
SCRIPT = (str(Path(sys.executable).with_name("snnrun")),)


def program_on(page: str, mark: str) -> str:
    """Return the Python that a page of docs/ shows behind a mark."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return text.partition(mark)[2].partition("```python\n")[2].partition("```")[0]


def run(*arguments: object, given: bytes | None = None):
    """Exit code, stdout and stderr of a command, with what is given to it by standard input."""
    result = CliRunner().invoke(app, list(map(str, arguments)), input=given)
    return result.exit_code, result.stdout, result.stderr


def shell(*arguments: object, cwd: Path | None = None, program=MODULE, **environment: str):
    """The same of a real process."""
    done = subprocess.run(
        [*program, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
