"""What a command imports: help nearly nothing, looking things up no torch."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny
from tests.studies.folders import make

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("torch", "numpy", "pydantic", "matplotlib", "yaml", "tqdm", "rich", "scipy", "sklearn")
SCRIPT = """
import sys
from snnrun.__main__ import main
code, *arguments = sys.argv[1:]
sys.argv = ["snnrun", *arguments]
try:
    main()
except SystemExit as end:
    assert (end.code or 0) == int(code), end.code
print("modules:", *sys.modules, file=sys.stderr)
"""


def imported(*arguments: str, code: int = 0) -> set[str]:
    """Top-level names of all modules that a command imports in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(code), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    said, _, modules = done.stderr.rpartition("modules:")
    assert (done.stdout, said)[code != 0]
    return {name.split(".")[0] for name in modules.split()}


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


def test_runs_are_listed_without_numpy(tmp_path):
    make(tmp_path, "run_1")
    make(tmp_path, "run_2", {"train.epochs": 3})
    assert imported("runs", str(tmp_path)) & {"torch", "numpy", "matplotlib", "yaml"} == set()


def test_a_run_whose_config_does_not_load_is_told_of_without_torch(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "config.yaml").write_text("seed: -1\n")
    modules = imported("inference", str(tmp_path), code=2)
    assert "pydantic" in modules
    assert "torch" not in modules


@pytest.mark.parametrize(
    "arguments",
    [
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


TRAINS = """
import sys
from pathlib import Path
import snnrun
import snnrun.nn.lif
for config in sys.argv[1:]:
    run = snnrun.train(config, ["train.epochs=1"], results=Path("results"))
    snnrun.resume(run, epochs=2)
    snnrun.inference(run)
print(sorted({"torch._dynamo", "torch._inductor"} & sys.modules.keys()))
"""


def test_what_trains_a_network_does_not_load_the_compiler_of_torch(tmp_path):
    """It takes two seconds, and only `compile: true` needs it."""
    configs = (tiny.write_config(tmp_path), ROOT / "tests/training/split/surrogate/config.yaml")
    command = [sys.executable, "-c", TRAINS, *map(str, configs)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
