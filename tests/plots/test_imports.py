"""Figures are drawn from files: nothing that draws them knows networks, rules or torch."""

import ast
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import snnrun.plots

FILES = sorted(Path(snnrun.plots.__file__).parent.rglob("*.py"))
#: What no module of figures imports, not even for its types.
NETWORKS = (
    "torch", "snnrun.models", "snnrun.learning", "snnrun.training", "snnrun.kernels",
    "snnrun.evaluation", "snnrun.nn", "snnrun.api",
)  # fmt: skip


def imported(tree: ast.AST) -> set[str]:
    """All that is imported, at the top, in functions and for types; relative ones as such."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def of_networks(names):
    return sorted(n for n in names if n.startswith(".") or within(n, NETWORKS))


def within(name, modules):
    return any(name == module or name.startswith(f"{module}.") for module in modules)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_module_of_figures_imports_no_network(path):
    assert of_networks(imported(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_what_is_imported_is_found_wherever_it_is():
    code = """
import torch.nn as nn
from snnrun import models
def draw():
    if True:
        from snnrun.learning.outcome import predictions
from . import names
"""
    found = of_networks(imported(ast.parse(code)))
    assert found == [
        ".", "..names", "snnrun.learning.outcome", "snnrun.learning.outcome.predictions",
        "snnrun.models", "torch.nn",
    ]  # fmt: skip


def test_all_modules_of_figures_are_imported_without_torch_and_networks():
    names = [m.name for m in pkgutil.walk_packages(snnrun.plots.__path__, "snnrun.plots.")]
    assert len(names) == len(FILES) - 1  # all but the package itself
    code = "import importlib, json, sys; [importlib.import_module(n) for n in json.load(sys.stdin)]"
    code += "; print(json.dumps([n for n in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(names),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = json.loads(done.stdout)
    assert {"snnrun.plots.style", "matplotlib"} <= set(loaded)
    assert [name for name in loaded if within(name, NETWORKS)] == []
