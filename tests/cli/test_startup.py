"""What a command imports: help nearly nothing, looking things up no torch."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("torch", "numpy", "pydantic", "matplotlib", "yaml", "tqdm", "rich", "scipy", "sklearn")
SCRIPT = """
import sys
from snnrun.__main__ import main
sys.argv = ["snnrun", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules, file=sys.stderr)
"""


def imported(*arguments: str) -> set[str]:
    """Top-level names of all modules that a command imports in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout
    return {name.split(".")[0] for name in done.stderr.split()}


def test_help_imports_nothing_heavy():
    modules = imported("--help")
    assert "typer" in modules
    assert modules & set(HEAVY) == set()


def test_version_imports_not_even_typer():
    assert imported("--version") & {"typer", *HEAVY} == set()


def test_importing_the_package_imports_nothing():
    code = "import sys, snnrun; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {name.split(".")[0] for name in done.stdout.split()} & {"typer", *HEAVY} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "configs/first_spike_yin_yang.yaml"),
        ("show", "first_spike"),
        ("list",),
        ("schema",),
        ("new", "first_spike"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_torch_to_look_things_up(arguments):
    modules = imported(*arguments)
    assert "pydantic" in modules
    assert modules & {"torch", "matplotlib", "scipy", "sklearn", "torchvision"} == set()
