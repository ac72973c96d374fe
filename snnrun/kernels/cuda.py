"""The door to the CUDA kernels, the library ``snnrun/_cuda.so``, and Lambert W behind it.

The library takes addresses and a stream and links no torch (``native/include/snnrun/cuda.hpp``).
It is loaded when the first tensor on a CUDA device asks for it. Without it such tensors go through
the CPU. ``SNNRUN_CUDA=0`` chooses that on purpose; ``SNNRUN_CUDA=/some/_cuda.so`` another library.
"""

import ctypes
import functools
import importlib.util
import os
import sys
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

NOTICE = (
    "snnrun: CUDA kernels are not built, so what they would do on the GPU goes through the CPU; "
    "install with -C cmake.define.SNNRUN_CUDA=ON to build them"
)
NUMBERS = {torch.float32: "float", torch.float64: "double", torch.bfloat16: "bfloat"}
NAMES = (
    "first_spike_forward",
    "first_spike_plan",
    "first_spike_backward",
    "lambertw",
    "lif_scan",
)
LIF_NAMES = ("lif_sequence", "lif_sequence_gradient")  # of which there are three kinds

Library = ctypes.CDLL


def library_for(*tensors: Tensor) -> Library | None:
    """Return the library if a tensor is on a CUDA device and it is there to be used."""
    return installed() if any(x.is_cuda for x in tensors) else None


@functools.cache
def installed() -> Library | None:
    """Return the library of this installation, or None; says so once on stderr."""
    chosen = os.environ.get("SNNRUN_CUDA", "1")
    if chosen == "0":
        return None
    path = _built() if chosen == "1" else chosen
    if path is None:
        print(NOTICE, file=sys.stderr)
        return None
    return open_library(path)


def _built() -> str | None:
    """Return where the build put the library; it lies beside the compiled module."""
    found = importlib.util.find_spec("snnrun._cuda")
    return found.origin if found else None


def open_library(path: str | os.PathLike[str]) -> Library:
    """Load the library at ``path``."""
    library = ctypes.CDLL(os.fspath(path))
    for name in (*NAMES, *LIF_NAMES):
        for number in list(NUMBERS.values())[: 3 if name in LIF_NAMES else 2]:
            getattr(library, f"snnrun_{name}_{number}").restype = ctypes.c_char_p
    for name in ("weight_chunks", "struct_bytes"):
        getattr(library, f"snnrun_{name}").restype = ctypes.c_int64
    return library


def call(library: Library, name: str, x: Tensor, *arguments: Any) -> None:
    """Queue a function on the current stream of the device of ``x``, in its type of number.

    Raises:
        RuntimeError: CUDA reports an error, of this or of an earlier call.
    """
    function = getattr(library, f"snnrun_{name}_{NUMBERS[x.dtype]}")
    stream = torch.cuda.current_stream(x.device).cuda_stream if x.is_cuda else None
    with torch.cuda.device(x.device) if x.is_cuda else nullcontext():
        error = function(*arguments, ctypes.c_void_p(stream))
    if error is not None:
        raise RuntimeError(f"{name} on {x.device}: {error.decode()}")


def address(x: Tensor | None) -> int | None:
    """Return where a tensor's numbers begin, as a struct takes it."""
    return None if x is None else x.data_ptr()


def lambertw(library: Library, z: Tensor, branch: int) -> tuple[Tensor, Tensor]:
    """Return W and dW/dz of every z.

    Raises:
        TypeError: not float32 or float64.
        ValueError: no such real branch.
    """
    if z.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"lambertw: expected float32 or float64, not {z.dtype}")
    if branch not in (0, -1):
        raise ValueError(f"lambertw: branch {branch} is not real; expected 0 or -1")
    z = z.detach().contiguous()
    w, slope = torch.empty_like(z), torch.empty_like(z)
    pointers = (ctypes.c_void_p(address(x)) for x in (z, w, slope))
    call(library, "lambertw", z, *pointers, ctypes.c_int64(z.numel()), ctypes.c_int64(branch))
    return w, slope
