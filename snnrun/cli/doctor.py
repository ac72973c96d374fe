"""What is installed and working, line by line; it works however much is missing."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Any

from snnrun.core.cores import usable_cores
from snnrun.kernels.native import NAME, native

PACKAGES = ("numpy", "scipy", "scikit-learn", "pydantic", "safetensors", "matplotlib")
_FILES_SHOWN = 8


def report() -> str:
    """Return the report."""
    lines = [f"{name:12} {text}" for name, check in CHECKS.items() for text in _answers(check)]
    return "\n".join(lines)


def _answers(check: Callable[[], Iterator[str]]) -> list[str]:
    """Return what a check says; that it failed is an answer too."""
    said: list[str] = []
    try:
        said.extend(check())
    except Exception as error:  # the report goes on, whatever is broken
        reason = (str(error) or type(error).__name__).splitlines()[0]
        said.append(f"does not work: {reason}")
    return said


def _snnrun() -> Iterator[str]:
    yield f"{_version('snnrun')}, in {Path(__file__).parent.parent}"


def _python() -> Iterator[str]:
    yield f"{platform.python_version()}, {sys.executable}"


def _system() -> Iterator[str]:
    yield f"{platform.platform()}, {usable_cores()} cores to use"


def _packages() -> Iterator[str]:
    yield ", ".join(f"{name} {_version(name)}" for name in PACKAGES)


def _torch() -> Iterator[str]:
    torch = _import("torch")
    level = torch.backends.cpu.get_cpu_capability()
    yield f"{torch.__version__}, {torch.get_num_threads()} threads, CPU level {level}"


def _torchvision() -> Iterator[str]:
    module = _import("snnrun.data.torchvision_door").torchvision()
    _import("torchvision.datasets")
    yield f"{module.__version__}, data sets can be read"


def _kernels() -> Iterator[str]:
    chosen = os.environ.get("SNNRUN_NATIVE", "")
    with redirect_stderr(StringIO()):
        module = native()
    if module is not None:
        cuda = "with" if any("cuda" in name for name in dir(module)) else "no"
        yield f"compiled, for CPU level {module.cpu_level()}, {cuda} CUDA kernels"
        if "/" in chosen:
            yield f"those of SNNRUN_NATIVE={chosen}"
    elif chosen == "0":
        yield "Python twins, because SNNRUN_NATIVE=0"
    else:
        try:
            _import(NAME)
        except ImportError as error:
            yield f"Python twins, which are slower: the compiled module is absent ({error})"
            yield "install a C++ compiler and then snnrun once more to have it built"


def _bits() -> Iterator[str]:
    yield "the same for any threads and eval_batch_size; but for plug-ins, other versions, levels,"
    yield "and for last digits of lif, feedforward, vgg and ResNets, whose products are torch's"


def _devices() -> Iterator[str]:
    cuda = _import("torch").cuda
    if not cuda.is_available():
        yield "cpu; torch finds no CUDA device"
    for index in range(cuda.device_count()):
        name, memory = cuda.get_device_name(index), cuda.get_device_properties(index).total_memory
        yield f"cuda:{index} {name}, {memory / 2**30:.0f} GiB"


def _data() -> Iterator[str]:
    folder: Path = _import("snnrun.data.files").data_folder()
    named = "SNNRUN_DATA" if os.environ.get("SNNRUN_DATA") else "SNNRUN_DATA is not set"
    if not folder.is_dir():
        yield f"{folder} ({named}) does not exist; yin_yang, digits, xor and bars need no files"
        return
    names = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir())
    more = f" and {len(names) - _FILES_SHOWN} more" if len(names) > _FILES_SHOWN else ""
    yield f"{folder} ({named}) holds {', '.join(names[:_FILES_SHOWN]) or 'nothing'}{more}"


def _import(name: str) -> Any:
    """Import a module without what it may print."""
    with redirect_stderr(StringIO()):
        return import_module(name)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


CHECKS: dict[str, Callable[[], Iterator[str]]] = {
    "snnrun": _snnrun,
    "python": _python,
    "system": _system,
    "packages": _packages,
    "torch": _torch,
    "torchvision": _torchvision,
    "kernels": _kernels,
    "bits": _bits,
    "devices": _devices,
    "data": _data,
}
