"""Read a .nir file: HDF5, whose nodes name their types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snnrun.compat.nir.nodes import INTEGRATORS, NEURONS
from snnrun.compat.nir.package import nir
from snnrun.compat.nir.reading import READERS
from snnrun.core.hdf5 import refuse_endless
from snnrun.core.memory import total
from snnrun.core.paths import cut
from snnrun.errors import DataError

#: Every type of node that can be read.
KNOWN = ("Input", "Output", "NIRGraph", *READERS, *NEURONS, *INTEGRATORS, "Threshold")

#: What h5py and nir raise at files that are damaged, or that say what they do not expect.
_REFUSALS = (
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
)


def read(path: Path) -> Any:
    """Return the graph in a file.

    Raises:
        DataError: there is no such file, it is none of NIR, or a node is of a type that there is
            not here; names them all. nir is not installed.
    """
    package = nir()
    import h5py

    if path.is_dir():
        raise DataError(f"{path} is a folder; expected a .nir file")
    if not path.is_file():
        raise DataError(f"no such file: {path}")
    try:
        refuse_endless(path)
        with h5py.File(path, "r") as file:
            _check_contents(file)
            unknown = [(n, t) for n, t in _types(file["node"], "") if t not in KNOWN]
        if not unknown:
            graph = package.read(path, type_check=False)
    except _REFUSALS as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(f"{path} cannot be read as NIR: {said[0]}") from error
    if unknown:
        named = cut(", ".join(f"{cut(name, 80)} ({cut(kind, 80)})" for name, kind in unknown), 500)
        raise DataError(f"{path}: no layer here is {named}; known nodes: {', '.join(KNOWN)}")
    if type(graph).__name__ != "NIRGraph":
        raise DataError(f"{path} holds a single {type(graph).__name__}; expected a NIRGraph")
    return graph


def _check_contents(file: Any) -> None:
    """Refuse what lies in other files, and more numbers than there is memory for.

    Raises:
        ValueError: it holds such; a few bytes can stand for any number of zeros.
    """
    import h5py

    todo, seen, size = [file], set(), 0
    while todo:
        group = todo.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name} is a link to something else")
            inside = group[name]
            place = h5py.h5o.get_info(inside.id).addr
            if place in seen:
                continue
            seen.add(place)
            if isinstance(inside, h5py.Group):
                todo.append(inside)
            elif isinstance(inside, h5py.Dataset):
                if inside.is_virtual or inside.external:
                    raise ValueError(f"the numbers of {name} lie in another file")
                size += inside.nbytes
    if size > total():
        raise ValueError(f"it holds {size:,} bytes of numbers, more than there is memory for")


def _types(group: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield name and type of each node, those of subgraphs too."""
    kind = group["type"][()]
    yield prefix or "node", kind.decode() if isinstance(kind, bytes) else str(kind)
    for name, node in group["nodes"].items() if "nodes" in group else ():
        yield from _types(node, f"{prefix}.{name}" if prefix else name)
