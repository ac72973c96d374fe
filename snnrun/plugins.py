"""Components from other people's packages and files.

An installed package offers some by entry points (see :class:`snnrun.core.registry.Table`). A module
that is not installed is named: ``plugins: [my_rules]`` in a config, ``--plugin my_rules.py`` on the
command line. It says what it holds by its ``COMPONENTS``, group -> name -> entry::

    COMPONENTS = {"rules": {"mine": Entry(MineSettings, "my_rules:Mine")}}

A config that is to be trained is trusted, and its plug-ins are looked for beside it, too. A run
folder is not: whoever it came from could have put any code there. What it names is imported only if
it belongs to an installed package that offers components, or is named anew on the command line.
"""

import functools
import hashlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from snnrun.core.registry import add_all, first_line, installed
from snnrun.errors import NoPluginError, PluginError

#: Reads the file lists of all installed packages, half a second, so once a process.
packages_distributions = functools.cache(importlib.metadata.packages_distributions)
#: The plug-ins of this process by name.
_loaded: dict[str, ModuleType] = {}


def is_module(name: str) -> bool:
    """Tell whether this could be the name of a module, not that of a file.

    Example:
        >>> [is_module(name) for name in ("my_rules", "mine.rules", "my_rules.py", "./mine")]
        [True, True, False, False]
    """
    return not name.endswith(".py") and all(part.isidentifier() for part in name.split("."))


def load(name: str, beside: Path | None = None) -> ModuleType:
    """Import a plug-in and take its components in; a second time nothing happens.

    Args:
        name: of a module, or a file ``.py``, that of a package being its ``__init__.py``.
        beside: a further folder to look for the module in.

    Raises:
        PluginError: there is no such module, it fails, or what it offers is no component.
    """
    file = Path(name)
    if file.suffix == ".py":
        if not file.is_file():
            raise PluginError(f"no such plug-in: {file}")
        whole = file.absolute()  # a relative path may not name the folder that it lies in
        own = whole.parent if file.name == "__init__.py" else whole.with_suffix("")
        name, beside = own.name, own.parent
    if name not in _loaded:
        module = _import(name, beside, only=file.suffix == ".py")
        _take(module)
        _loaded[name] = module
    return _loaded[name]


def load_beside(names: Sequence[str], folder: Path) -> None:
    """Import the plug-ins that a trusted config in this folder names.

    The folder of a run is not looked into.
    """
    for name in names:
        load(name, None if (folder / "checkpoints").is_dir() else folder)


def load_of_run(names: Sequence[str], record: Mapping[str, Any]) -> None:
    """Import the plug-ins that a run names, if their code may be trusted.

    Args:
        names: what the config of the run says.
        record: what was written down of plug-ins when it began, see :func:`describe`.

    Raises:
        PluginError: says what to install, or to name on the command line.
    """
    for name in names:
        if name in _loaded:
            continue
        if not _offers(name):
            raise PluginError(f"the run needs the plug-in {name}{_remedy(name, record.get(name))}")
        load(name)


def places() -> list[tuple[str, str]]:
    """Return each plug-in that was imported with a folder to find it in: so another process can."""
    found = []
    for name in _loaded:
        top = getattr(sys.modules[name.partition(".")[0]], "__file__", None)
        file = Path(top or ".").absolute()
        own = file.parent if file.name == "__init__.py" else file
        found.append((name, str(own.parent)))
    return found


def _import(name: str, beside: Path | None, only: bool) -> ModuleType:
    if name in sys.modules and not only:
        return sys.modules[name]
    top = name.partition(".")[0]
    new = only or top not in sys.modules
    spec: Any = _find(name, beside, only) if new else sys.modules[top].__spec__
    try:
        if new:
            sys.modules[top] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[top])
        return importlib.import_module(name)
    except Exception as error:
        if new:
            sys.modules.pop(top, None)
        raise PluginError(
            f"the plug-in {name} ({spec.origin}) fails: {type(error).__name__}: {first_line(error)}"
        ) from error


def _find(name: str, beside: Path | None, only: bool) -> ModuleSpec:
    """Return where the module lies, or the package that it belongs to."""
    folders = [str(beside)] if beside else []
    search = folders if only else [*sys.path, *folders]
    spec = PathFinder.find_spec(name.partition(".")[0], search)
    if spec is None or spec.loader is None:
        raise NoPluginError(f"no such plug-in: {name}; looked in {', '.join(filter(None, search))}")
    if only and name in sys.modules and getattr(sys.modules[name], "__file__", "") != spec.origin:
        raise PluginError(f"the plug-in {spec.origin} bears the name of a module that is in use")
    return spec


def _take(module: ModuleType) -> None:
    """Put the components of a module into their tables."""
    offered = getattr(module, "COMPONENTS", None)
    if not isinstance(offered, Mapping):
        raise PluginError(
            f"the plug-in {module.__name__} ({module.__file__}) has no COMPONENTS; expected "
            "a map such as {'models': {'mine': Entry(...)}}"
        )
    try:
        add_all(offered)
    except PluginError as error:
        raise PluginError(f"the plug-in {module.__name__}: {error}") from error


def _offers(name: str) -> bool:
    """Tell whether an installed package offers components from a module, or from one below it."""
    values = (p.value for names in installed().values() for same in names.values() for p in same)
    modules = (value.partition(":")[0] for value in values)
    return any(f"{module}.".startswith(f"{name}.") for module in modules)


# ---- what is written down of them ----


def describe(experiment: BaseModel) -> dict[str, Any]:
    """Return what is to be known of each plug-in that an experiment uses, by the top module's name.

    Either the package and its version, or the file and its SHA-256.
    """
    packages = packages_distributions() if _foreign(experiment) else {}
    found = {}
    for name in dict.fromkeys(_foreign(experiment)):
        package = next(iter(packages.get(name, ())), None)
        file = getattr(sys.modules[name], "__file__", None)
        if package:
            found[name] = {"package": package, "version": _version(package)}
        elif file:
            digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
            found[name] = {"file": file, "sha256": digest}
    return found


def _foreign(experiment: BaseModel) -> list[str]:
    """Return the top modules of plug-ins, and of all settings that are not ours."""
    named = [name.partition(".")[0] for name in getattr(experiment, "plugins", ())]
    classes = [type(each).__module__.partition(".")[0] for each in _settings(experiment)]
    return [name for name in [*named, *classes] if name != __name__.partition(".")[0]]


def _settings(value: Any) -> Iterator[BaseModel]:
    """Yield all settings in a value."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from _settings(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _settings(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _settings(each)


def advice(record: Mapping[str, Any]) -> list[str]:
    """Return a line for each plug-in of a run that is absent, which says how to get it."""
    lines = []
    for name, known in record.items():
        package = known.get("package")
        if package and _version(package) is None:
            lines.append(
                f"the run was made with {package} {known['version']}, which is not installed: "
                f"pip install {package}=={known['version']}"
            )
        elif not package and name not in _loaded:
            lines.append(f"the run was made with {known['file']}: --plugin {known['file']}")
    return lines


def _remedy(name: str, known: Mapping[str, Any] | None) -> str:
    """Say where a plug-in came from, as far as it is known, and what helps."""
    known, origin, place = known or {}, "", name
    if "package" in known:
        package, at = known["package"], known["version"]
        origin = f", of the package {package} {at}"
        if _version(package) is None:
            return f"{origin}, which is not installed: pip install {package}=={at}"
    elif "file" in known:
        place = known["file"]
        origin = f", which was {place}"
        if not Path(place).is_file():
            return (
                f"{origin} and is not there; name it where it is now: --plugin {Path(place).name}"
            )
    return f"{origin}; its code runs only if you name it: --plugin {place}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
