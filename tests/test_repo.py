"""The shape of the repository: what may import what, tests that can fail, configs that load."""

import ast
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import snnrun
from snnrun.experiment import Experiment, load_config
from snnrun.studies.cases import cases

ROOT = Path(__file__).parent.parent
#: A module imports only from its own line and from those above it.
LAYERS = [
    ["_native", "errors", "core", "kernels"],
    ["config", "plugins"],
    ["encoders"],
    ["data"],
    ["models"],
    ["learning"],
    ["nn"],
    ["loggers", "callbacks"],
    ["train_settings", "fitting", "experiment", "weighing"],
    ["runs"],
    ["plots"],
    ["training"],
    ["evaluation"],
    ["compat"],
    ["api", "predicting"],
    ["studies"],
    ["catalog", "extending"],
    ["cli"],
    ["__main__"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
SOURCES = sorted(ROOT.glob("snnrun/**/*.py"))
MODULES = [m.name for m in pkgutil.walk_packages(snnrun.__path__, "snnrun.")]
BOOLEANS = {"allclose", "array_equal", "isclose", "equal", "is_close"}


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("_native")])
def test_every_module_imports(name):
    assert importlib.import_module(name)


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Dotted names of all that is imported."""
    names = set[str]()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported(path: Path) -> set[str]:
    """Names of the parts of snnrun that a file imports, at its top or inside a function."""
    names = names_in(ast.walk(ast.parse(path.read_text())))
    return {name.split(".")[1] for name in names if name.startswith("snnrun.")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path):
    own = path.relative_to(ROOT / "snnrun").parts[0].removesuffix(".py")
    if own != "__init__":
        assert {name for name in imported(path) if LEVEL[name] > LEVEL[own]} == set()


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below this one, without what only a type checker reads."""
    for inner in ast.iter_child_nodes(node):
        typing = isinstance(inner, ast.If) and ast.unparse(inner.test) == "TYPE_CHECKING"
        if not typing:
            yield inner
            yield from executed(inner)


def modules_of(tree: ast.AST) -> set[str]:
    """The modules of snnrun that a file imports when it runs."""
    names = names_in(executed(tree))
    return {name if name in MODULES else name.rpartition(".")[0] for name in names} & {*MODULES}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, if any do."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other():
    graph = {}
    for path in SOURCES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        graph[name] = modules_of(ast.parse(path.read_text()))
    assert len(graph) > 200
    assert sum(map(len, graph.values())) > 800
    assert circle(graph) == []


def test_a_circle_is_seen():
    first, second = "snnrun.errors", "snnrun.core.registry"
    inside = "def f():\n    from snnrun.core import registry\n"
    aside = "if TYPE_CHECKING:\n    from snnrun.core.registry import near\n"
    back = modules_of(ast.parse("from snnrun.errors import ConfigError"))
    assert back == {first}
    assert circle({first: modules_of(ast.parse(inside)), second: back})
    assert not circle({first: modules_of(ast.parse(aside)), second: back})


def idle(node: ast.stmt) -> bool:
    """A statement that looks like a check and checks nothing."""
    if not isinstance(node, ast.Expr):
        return False
    call = node.value
    name = getattr(getattr(call, "func", None), "attr", None)
    return isinstance(call, ast.Compare) or (isinstance(call, ast.Call) and name in BOOLEANS)


@pytest.mark.parametrize("path", sorted(ROOT.glob("tests/**/test_*.py")), ids=lambda p: p.stem)
def test_every_test_can_fail(path):
    tree = ast.parse(path.read_text())
    assert not [n.lineno for n in ast.walk(tree) if isinstance(n, ast.stmt) and idle(n)]
    for test in ast.walk(tree):
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            source = ast.unparse(test)
            assert any(word in source for word in ("assert", "raises")), test.name


PAPERS = sorted(ROOT.glob("configs/papers/*/paper.yaml"))
SWEEPS = sorted(
    {*ROOT.glob("configs/sweep/*.yaml"), *ROOT.glob("configs/papers/*/*.yaml")} - {*PAPERS}
)
CONFIGS = sorted({*ROOT.glob("configs/**/*.yaml")} - {*SWEEPS, *PAPERS})


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_config_loads(path):
    assert isinstance(load_config(path), Experiment)


@pytest.mark.parametrize("path", SWEEPS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_sweep_loads(path):
    assert cases(path)


def test_every_config_is_found():
    files = [path for path in (ROOT / "configs").rglob("*") if path.is_file()]
    assert len(CONFIGS) + len(SWEEPS) + len(PAPERS) == len(files)
    assert CONFIGS
    assert SWEEPS
    assert PAPERS
