"""The one door to the compiled kernels, ``snnrun._native``.

Without a compiler the package installs without that module, and every kernel runs on its
readable Python twin. ``SNNRUN_NATIVE=0`` chooses the twins on purpose;
``SNNRUN_NATIVE=/some/_native.so`` another module.
"""

import functools
import importlib
import importlib.util
import os
import sys
from types import ModuleType

NOTICE = (
    "snnrun: kernels are not compiled, running on the readable Python twins, which are slower; "
    "`snnrun doctor` tells more"
)

NAME = "snnrun._native"

_forked = False


def _tell_fork() -> None:
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):  # the module itself tells forks only once it is there
    os.register_at_fork(after_in_child=_tell_fork)


def _module_at(path: str) -> ModuleType:
    """Return the module that was built at a path, in place of the one of the package."""
    spec = importlib.util.spec_from_file_location(NAME, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    sys.modules[NAME] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def native() -> ModuleType | None:
    """Return the compiled module, or None where the twins must do; says so once on stderr."""
    if (chosen := os.environ.get("SNNRUN_NATIVE", "1")) == "0":
        return None
    if "/" in chosen:
        module = _module_at(chosen)  # which must be there
    else:
        try:
            module = importlib.import_module(NAME)
        except ImportError:
            print(NOTICE, file=sys.stderr)
            return None
    if _forked:
        module.keep_own_threads()
    return module
