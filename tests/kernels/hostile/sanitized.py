"""Run what tries the kernels under a sanitizer, at every CPU level of this machine.

    python -m tests.kernels.hostile.sanitized KIND MODULE CALLS [LEVEL ...]

KIND is address (with undefined behaviour) or thread; MODULE was built with it (``make sanitize``,
``make sanitize-threads``); CALLS is how many hostile calls, or rounds of threads. What a sanitizer
finds ends the process that it was found in, so that it fails.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KERNELS = HERE.parent
LEVELS = ["baseline", "avx2", "avx512"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
#: Without these, which start compilers or other modules, or call no kernel of the CPU.
ASIDE = ["test_levels.py", "test_native.py", "test_cuda.py", "lif/test_scan_cuda.py",
         "lif/test_sequence_cuda.py", "hostile"]  # fmt: skip
COMPILES = ["-k", "not torch_compiles_through_it"]
#: They run compiled graphs of every kind beside their readable twins.
GRAPHS = [f"{KERNELS.parent}/models/graph/test_{name}.py"
          for name in ("engine", "engine_golden", "engine_kinds", "episodes")]  # fmt: skip
SUPPRESSIONS = KERNELS.parent.parent / "native/threads.suppressions"
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:handle_segv=0:handle_sigfpe=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": f"halt_on_error=1:report_signal_unsafe=0:suppressions={SUPPRESSIONS}",
}


def library(name: str) -> str:
    """Return where the compiler keeps a library."""
    asked = ["g++", f"-print-file-name={name}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def environment(kind: str, module: str, level: str) -> dict[str, str]:
    before = {"address": ["libasan.so", "libubsan.so"], "thread": ["libtsan.so"]}[kind]
    preload = ":".join(library(name) for name in [*before, "libstdc++.so"])
    return os.environ | OPTIONS | {
        "LD_PRELOAD": preload, "SNNRUN_NATIVE": str(Path(module).resolve()), "SNNRUN_CPU": level,
        "PYTHONMALLOC": "malloc",  # so that Python's own objects are watched too
    }  # fmt: skip


def runs_here(level: str) -> bool:
    asked = [sys.executable, "-c", "import snnrun._native"]
    known = os.environ | {"SNNRUN_CPU": level}
    return not subprocess.run(asked, env=known, capture_output=True, check=False).returncode


def commands(kind: str, calls: int) -> list[list[str]]:
    """Return what is run at each level."""
    if kind == "thread":
        # Its shadow lies at fixed places, which addresses drawn at random may meet.
        fixed = [setarch, platform.machine(), "-R"] if (setarch := shutil.which("setarch")) else []
        return [[*fixed, sys.executable, "-m", "tests.kernels.hostile.threads", str(calls)]]
    aside = [f"--ignore={KERNELS / each}" for each in ASIDE]
    tests = [*PYTEST, *COMPILES, *aside, str(KERNELS), *GRAPHS]
    return [[sys.executable, "-W", "ignore", "-m", "tests.kernels.hostile", str(calls)], tests]


def main(kind: str, module: str, calls: str, *levels: str) -> int:
    failed = 0
    for level in filter(runs_here, levels or LEVELS):
        for command in commands(kind, int(calls)):
            print(f"{level}: {' '.join(command)}", flush=True)
            known = environment(kind, module, level)
            failed += subprocess.run(command, env=known, check=False).returncode != 0
    print(f"{kind}: {failed} of these failed" if failed else f"{kind}: nothing was found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
