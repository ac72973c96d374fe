"""What the stub of the compiled module, ``snnrun/_native.pyi``, says that there is."""

import ast
from pathlib import Path

import snnrun

STUB = Path(snnrun.__file__).with_name("_native.pyi")


def _arguments(function: ast.FunctionDef) -> list[str]:
    return [each.arg for each in function.args.args if each.arg != "self"]


def _methods(body: list[ast.stmt]) -> dict[str, list[str]]:
    return {each.name: _arguments(each) for each in body if isinstance(each, ast.FunctionDef)}


def classes() -> dict[str, dict[str, list[str]]]:
    """Return the arguments of each method of each class, with those that it inherits."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in ast.parse(STUB.read_text("utf-8")).body:
        if isinstance(each, ast.ClassDef):
            bases = [base.id for base in each.bases if isinstance(base, ast.Name)]
            inherited = {name: one for base in bases for name, one in found[base].items()}
            found[each.name] = inherited | _methods(each.body)
    return found


def callables() -> dict[str, list[str]]:
    """Return the arguments of all that can be called: functions, classes, and ``Class.method``."""
    found = _methods(ast.parse(STUB.read_text("utf-8")).body)
    for name, methods in classes().items():
        for method, arguments in methods.items():
            found[name if method == "__init__" else f"{name}.{method}"] = arguments
    return found
