"""The configs that come with snnrun, each called by its path in ``configs/`` without the suffix.

``first_spike_mnist`` is ``configs/first_spike_mnist.yaml``, and ``papers/delgrad/sizes`` a sweep of
a paper. They lie in the installed package, or in the checkout that it runs from. Such a name may
stand wherever a config file is expected, in ``extends`` and in sweeps too; what lies under it as
a path goes before it.
"""

import os
import re
from functools import cache
from pathlib import Path

from snnrun.core.registry import near
from snnrun.errors import ConfigError

#: What a paper reports, which is nothing to train.
FACTS = "paper.yaml"
_SUFFIX = ".yaml"
_PACKAGE = Path(__file__).parent.parent
_REFERENCE = re.compile(rf"[\w./-]+{re.escape(_SUFFIX)}")


def home() -> Path:
    """Return the folder of the configs, of this installation or of the checkout that it runs from.

    Raises:
        ConfigError: there is none.
    """
    for above in (_PACKAGE, _PACKAGE.parent):
        if (above / "configs" / "papers").is_dir():
            return above / "configs"
    raise ConfigError(
        f"this installation in {_PACKAGE} holds no configs/papers; expected it there or beside it: "
        "install snnrun again, or run it from a checkout of its repository"
    )


@cache
def names() -> tuple[str, ...]:
    """Return the names of all configs: of experiments, then of sweeps, which lie in folders."""
    try:
        folder = home()
    except ConfigError:  # whoever names a file of their own can do without
        return ()
    files = [path for path in folder.rglob(f"*{_SUFFIX}") if path.name != FACTS]
    found = [path.relative_to(folder).with_suffix("").as_posix() for path in files]
    return tuple(sorted(found, key=lambda name: ("/" in name, name)))


def summary(name: str) -> str:
    """Return the beginning of what a config that comes with snnrun says of itself."""
    text = (home() / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    head = re.match(r"(?:#.*\n)*", text)
    said = " ".join(line.strip("# ") for line in (head[0] if head else "").splitlines())
    return re.split(r"[.:;](?= |$)", said)[0]


def located(path: Path | str, folder: Path = Path()) -> Path:
    """Return the file that is meant where a config is expected.

    Args:
        path: of a file, or the name of a config that comes with snnrun.
        folder: what a relative path starts from.
    """
    file = folder / path
    name = Path(path).as_posix()
    return home() / f"{name}{_SUFFIX}" if name in names() and not os.path.lexists(file) else file


def meant(path: Path) -> str | None:
    """Return the name that a path to no file was most likely meant to be."""
    name = path.with_suffix("").as_posix() if path.suffix == _SUFFIX else path.as_posix()
    return near(name.removeprefix("configs/"), names())


def copy_of(name: str) -> str:
    """Return the text of a config that comes with snnrun, to be a file anywhere.

    The files that it starts from, which lie beside it, are called by their names.

    Raises:
        ConfigError: there is none of that name; with the nearest one, or all.
    """
    if name not in names():
        guess = near(name, names())
        hint = f"did you mean {guess!r}?" if guess else f"there are: {', '.join(names())}"
        raise ConfigError(f"no config called {name!r} comes with snnrun; {hint}")
    file = home() / f"{name}{_SUFFIX}"

    def called(found: re.Match[str]) -> str:
        way = os.path.relpath(file.parent / found[0], home())
        other = Path(way).with_suffix("").as_posix()
        return other if other in names() else found[0]

    return _REFERENCE.sub(called, file.read_text(encoding="utf-8"))
