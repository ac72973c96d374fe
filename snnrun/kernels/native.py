"""The one door to the compiled kernels, ``snnrun._native``.

Without a compiler the package installs without that module, and every kernel runs on its
readable Python twin. ``SNNRUN_NATIVE=0`` chooses the twins on purpose.
"""

import functools
import importlib
import os
import sys
from types import ModuleType

NOTICE = (
    "snnrun: kernels are not compiled, running on the readable Python twins, which are slower; "
    "`snnrun doctor` tells more"
)

_forked = False


def _tell_fork() -> None:
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):  # the module itself tells forks only once it is there
    os.register_at_fork(after_in_child=_tell_fork)


@functools.cache
def native() -> ModuleType | None:
    """Return the compiled module, or None where the twins must do; says so once on stderr."""
    if os.environ.get("SNNRUN_NATIVE", "1") == "0":
        return None
    try:
        module = importlib.import_module("snnrun._native")
    except ImportError:
        print(NOTICE, file=sys.stderr)
        return None
    if _forked:
        module.keep_own_threads()
    return module
