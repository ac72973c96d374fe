"""Which library and which form of a float32 product is fastest from inside torch, by shape.

    python benchmarks/products.py [--threads N ...] [--shapes ROWSxINPUTSxOUTPUTS ...] [--write]

For x ``[rows, inputs]``, W ``[outputs, inputs]`` and g ``[rows, outputs]``: ``forward`` x W^T,
``input`` g W and ``weight`` g^T x. Each is computed as torch's autograd asks for it (``mm``, which
is MKL in torch's wheels), with the arguments turned round so that the result comes out transposed
(``turned``), by oneDNN (``onednn``, what torch.compile takes for a linear layer; ``conv``, a
convolution of 1 x 1), by the BLAS of numpy (``numpy``, OpenBLAS in its wheels), and, where x has a
fifth of its elements, from the sparse form of the local rules (``sparse``, its making apart; all
multiplications count). ``stored``: W as ``[inputs, outputs]``, as the local rules keep it.

Asked for by ``--intel``, everything runs once more where MKL is told that the processor is one of
Intel, so that it takes its kernels for the instruction set in place of those for any processor: a
library of one function, loaded before torch, answers for MKL's own. Results are compared before
anything is timed. In turn, lower quartile, GF/s of all threads together.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from table import in_turns, machine, show, write
from torch import Tensor

from snnrun.kernels.native import native

PATIENCE_S = 0.2  # for each way
SHAPES = ["1280x784x256", "1280x256x10", "10240x784x256", "10240x256x10", "64x784x256", "64x256x10"]
ANSWER = "int mkl_serv_intel_cpu_true(void) { return 1; }\n"
Call = Callable[[], Tensor]


def onednn(x: Tensor, weights: Tensor) -> Tensor:
    """Return x W^T by oneDNN."""
    found: Tensor = torch.ops.mkldnn._linear_pointwise(x, weights, None, "none", [], "")
    return found


def conv(x: Tensor, weights: Tensor) -> Tensor:
    """Return x W^T as a convolution of one pixel, over rows that lie as pixels."""
    pixels = x.view(1, len(x), 1, -1).permute(0, 3, 1, 2)
    kernel = weights.view(*weights.shape, 1, 1)
    ones = [1, 1]
    found: Tensor = torch.mkldnn_convolution(pixels, kernel, None, [0, 0], ones, ones, 1)
    return found.permute(0, 2, 3, 1).reshape(len(x), -1)


def by_numpy(a: Tensor, b: Tensor) -> Tensor:
    """Return a b by numpy."""
    return torch.from_numpy(a.numpy() @ b.numpy())


def ways(rows: int, inputs: int, outputs: int) -> dict[tuple[str, str], Call]:
    """Return the calls: (product, way) -> call."""
    x = torch.randn(rows, inputs) * (torch.rand(rows, inputs) < 0.2)
    w, g = torch.randn(outputs, inputs), torch.randn(rows, outputs)
    stored = w.T.contiguous()
    found: dict[tuple[str, str], Call] = {
        ("forward", "mm"): lambda: x @ w.T,
        ("forward", "mm, stored"): lambda: x @ stored,
        ("forward", "turned"): lambda: (w @ x.T).T,
        ("forward", "turned, stored"): lambda: (stored.T @ x.T).T,
        ("forward", "onednn"): lambda: onednn(x, w),
        ("forward", "conv"): lambda: conv(x, w),
        ("forward", "numpy"): lambda: by_numpy(x, w.T),
        ("input", "mm"): lambda: g @ w,
        ("input", "mm, stored"): lambda: g @ stored.T,
        ("input", "turned"): lambda: (w.T @ g.T).T,
        ("input", "onednn"): lambda: onednn(g, w.T),
        ("input", "numpy"): lambda: by_numpy(g, w),
        ("weight", "mm"): lambda: g.T @ x,
        ("weight", "turned"): lambda: (x.T @ g).T,
        ("weight", "onednn"): lambda: onednn(g.T, x.T),
        ("weight", "numpy"): lambda: by_numpy(g.T, x),
    }
    if (module := native()) is not None:
        found |= sparse(module.sparse(x.numpy(), 1.0), stored, g, (inputs, outputs))
    return found


def sparse(form: Any, stored: Tensor, g: Tensor, shape: tuple[int, int]) -> dict[Any, Call]:
    """Return the calls that multiply what is not 0 in x."""
    threads = torch.get_num_threads()

    def forward() -> Tensor:
        out = torch.empty_like(g)
        form.product(stored.numpy(), out.numpy(), threads)
        return out

    def weight() -> Tensor:
        out = torch.empty(shape)
        form.transposed_product(g.numpy(), out.numpy(), threads)
        return out.T

    return {("forward", "sparse"): forward, ("weight", "sparse"): weight}


def check(calls: dict[tuple[str, str], Call]) -> None:
    """Compare all ways of a product with the first."""
    for (product, way), call in calls.items():
        wanted = calls[product, "mm"]()
        found = call()
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3, msg=f"{product}: {way}")


def measured(threads: int, shape: str, asked: bool) -> list[dict[str, Any]]:
    """Return a row for each way."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    rows, inputs, outputs = (int(each) for each in shape.split("x"))
    calls = ways(rows, inputs, outputs)
    check(calls)
    found = []
    for (product, way), ms in in_turns(calls, PATIENCE_S).items():
        row: dict[str, Any] = {"threads": threads, "shape": shape, "product": product, "way": way}
        rate = 2 * rows * inputs * outputs / ms / 1e6
        row |= {"mkl": "intel" if asked else "own", "us": 1e3 * ms, "gflops": rate}
        found.append(machine() | row)
    return found


def child(threads: int, shapes: list[str], asked: bool) -> list[dict[str, Any]]:
    """Return the rows of a process with so many threads, and another answer for MKL."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    own = dict.fromkeys(names, str(threads))
    with tempfile.TemporaryDirectory() as folder:
        if asked:
            source, made = Path(folder) / "answer.c", Path(folder) / "answer.so"
            source.write_text(ANSWER)
            subprocess.run(["cc", "-shared", "-fPIC", "-o", str(made), str(source)], check=True)
            own["LD_PRELOAD"] = str(made)
        command = [sys.executable, __file__, "--of", str(threads), "--shapes", *shapes]
        command += ["--intel"] if asked else []
        done = subprocess.run(command, env={**os.environ, **own}, check=True, capture_output=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    given.add_argument("--shapes", nargs="+", default=SHAPES)
    given.add_argument("--intel", action="store_true")
    given.add_argument("--write", action="store_true")
    given.add_argument("--of", type=int, help=argparse.SUPPRESS)  # the process that measures
    chosen = given.parse_args()
    if chosen.of:
        rows = [row for shape in chosen.shapes for row in measured(chosen.of, shape, chosen.intel)]
        print(json.dumps(rows))
        return
    rows = []
    for threads, asked in itertools.product(chosen.threads, [False, True][: 1 + chosen.intel]):
        rows += (found := child(threads, chosen.shapes, asked))
        for row in found:
            show(row)
        if chosen.write:
            write("products", rows)


if __name__ == "__main__":
    main()
