"""Products of what spikes; their twins are those of torch, which takes zeros for any number."""

import torch

from snnrun.kernels.lif.products import LayerInput
from snnrun.kernels.lif.spike_product import product
from snnrun.studies.bench.lif import drawn
from snnrun.studies.bench.work import Results, Work

SHARE = 0.19  # of the numbers that are not zero: the ink of MNIST's images
CLOSE = 1e-5


def sparse_work(large: bool) -> Work:
    """What a layer receives of images, and the gradient on its weights; the sparse form made."""
    rows, inputs, neurons = (512, 784, 256) if large else (128, 784, 128)
    ink = torch.rand(1, rows, inputs, generator=torch.Generator().manual_seed(2)) < SHARE
    x = drawn(1, rows, inputs).abs() * ink
    weights, signal = drawn(inputs, neurons, seed=3), drawn(1, rows, neurons, seed=4)

    def ours() -> Results:
        given, on_weights = LayerInput(x), torch.empty_like(weights)
        out = given.times(weights)
        given.transposed_times(signal, on_weights)
        return {"product": out, "gradient": on_weights}

    def twin() -> Results:
        return {"product": x @ weights, "gradient": x[0].T @ signal[0]}

    arrays = x.numel() + 2 * weights.numel() + 2 * signal.numel()
    touched = int(ink.sum())
    return Work(
        f"{rows} x {inputs:,} x {neurons}", touched, "input that is not 0",
        bytes=4 * arrays / touched, operations=4 * neurons,  # w x and d x, and their sums
        ours=ours, twin=twin, tolerances={"product": CLOSE, "gradient": CLOSE},
    )  # fmt: skip


def narrow_work(large: bool) -> Work:
    """A readout of ten units, forward and backward."""
    rows, inputs, units = (10_240, 256, 10) if large else (1280, 256, 10)
    x, weights = drawn(rows, inputs).requires_grad_(), drawn(inputs, units, seed=1).requires_grad_()
    upstream = drawn(rows, units, seed=2)

    def gradients(out: torch.Tensor) -> Results:
        on_x, on_weights = torch.autograd.grad(out, (x, weights), upstream)
        return {"product": out, "on x": on_x, "on weights": on_weights}

    # x is read twice, and the gradient on it written; W is read twice, and that on it written.
    arrays = 3 * x.numel() + 3 * weights.numel() + 2 * upstream.numel()
    return Work(
        f"{rows:,} x {inputs} x {units}", x.numel(), "input", 4 * arrays / x.numel(),
        operations=6 * units,  # a product and a sum for each of the three
        ours=lambda: gradients(product(x, weights)), twin=lambda: gradients(x @ weights),
        tolerances={name: CLOSE for name in ("product", "on x", "on weights")},
    )  # fmt: skip
