"""The CUDA kernels without a device: the same source, compiled for the host.

Threads of a step run one after the other, from the first to the last or the other way round; the
launches themselves, and the waiting between steps, are all that only a device can show.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from snnrun.kernels import cuda

NATIVE = Path(__file__).parent.parent.parent / "native"
SOURCES = [NATIVE / "src/cuda" / name for name in ("cuda.cu", "lif.cu")]
FLAGS = "-x c++ -std=c++17 -O1 -Wall -Wextra -Werror -shared -fPIC -DSNNRUN_LEVEL=emulated"


def compile_emulation(folder: Path) -> cuda.Library:
    """Compile and load it; tests skip where there is no compiler."""
    if (compiler := shutil.which("c++")) is None:
        pytest.skip("needs a C++ compiler")
    out = folder / "emulation.so"
    command = [
        compiler,
        *FLAGS.split(),
        f"-I{NATIVE / 'include'}",
        *map(str, SOURCES),
        "-o",
        str(out),
    ]
    subprocess.run(command, check=True, timeout=300)
    return cuda.open_library(out)
