"""`import snnrun` costs nothing, and gives what it says once it is asked for."""

import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import snnrun


def test_all_that_is_named_is_there():
    for name in snnrun.__all__:
        assert getattr(snnrun, name) is not None
        assert name in dir(snnrun)
    with pytest.raises(AttributeError, match="module 'snnrun' has no attribute 'trian'"):
        _ = snnrun.trian


def test_it_tells_its_version():
    assert snnrun.__version__ == version("snnrun")


def test_what_is_lazy_is_known_to_type_checkers():
    """What `__getattr__` gives is Any to them, unless it is imported for them."""
    tree = ast.parse(Path(snnrun.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {**snnrun._HOMES, "nn": "snnrun"}


def test_importing_it_imports_nothing_else():
    code = "import sys, snnrun; print({'torch', 'numpy', 'pydantic'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
