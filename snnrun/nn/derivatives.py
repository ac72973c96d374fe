"""Surrogate derivatives of other libraries that are none of our shapes, with their defaults.

Each is a function of x, the membrane above its threshold, and may be given as ``surrogate`` of
:class:`snnrun.nn.LIF`, as any function may. What is random in theirs, or does not run, is not here.
"""

import math

import torch
from torch import Tensor


def log_abs(x: Tensor, alpha: float = 1.0) -> Tensor:
    """1 / (1 / alpha + |x|): ``NonzeroSignLogAbs`` of SpikingJelly."""
    return 1 / (1 / alpha + x.abs())


def piecewise_leaky_relu(x: Tensor, w: float = 1.0, c: float = 0.01) -> Tensor:
    """1 / (2 w) where |x| < w, else c: ``PiecewiseLeakyReLU`` of SpikingJelly."""
    return _either(x.abs() < w, 1 / (2 * w), c, x)


def squarewave_fourier(x: Tensor, n: int = 2, period: float = 8.0) -> Tensor:
    """Derivative of n - 1 terms of a square wave: ``SquarewaveFourierSeries`` of SpikingJelly."""
    found = torch.zeros_like(x)
    for i in range(1, n):
        found = found + torch.cos((2 * i - 1) * 2 * math.pi * x / period)
    return found * (4 / period)


def s2nn(x: Tensor, alpha: float = 4.0, beta: float = 1.0) -> Tensor:
    """alpha s (1 - s), s logistic in alpha x, below 0; beta / (x + 1) above: SpikingJelly."""
    s = torch.sigmoid(alpha * x)
    return torch.where(x < 0, alpha * s * (1 - s), beta / (x.clamp(min=0) + 1))


def q_pseudo_spike(x: Tensor, alpha: float = 2.0) -> Tensor:
    """(1 + 2 |x| / (alpha - 1))^-alpha: ``QPseudoSpike`` of SpikingJelly."""
    return (1 + 2 * x.abs() / (alpha - 1)) ** -alpha


def leaky_k_relu(x: Tensor, leak: float = 0.0, k: float = 1.0) -> Tensor:
    """k from 0 on, leak below: ``LeakyKReLU`` of SpikingJelly."""
    return _either(x >= 0, k, leak, x)


def fake_numerical(x: Tensor, alpha: float = 0.3) -> Tensor:
    """1 / |x|, at most alpha: ``FakeNumericalGradient`` of SpikingJelly."""
    return (1 / x.abs()).clamp(max=alpha)


def log_tailed_relu(x: Tensor, alpha: float = 0.0) -> Tensor:
    """alpha up to 0, 1 up to 1, then 1 / x: ``LogTailedReLU`` of SpikingJelly."""
    return torch.where(x > 0, 1 / x.clamp(min=1), x.new_tensor(alpha))


def sign(x: Tensor, threshold: float = 1.0) -> Tensor:
    """Threshold below 0 and its negative from 0 on: ``triangular`` of snnTorch, as it is."""
    return _either(x >= 0, -threshold, threshold, x)


def escape_rate(x: Tensor, beta: float = 1.0, slope: float = 25.0) -> Tensor:
    """slope e^(-beta |x - 1|): ``spike_rate_escape`` of snnTorch."""
    return slope * (-beta * (x - 1).abs()).exp()


def sparse_fast_sigmoid(x: Tensor, slope: float = 25.0, B: float = 1.0) -> Tensor:
    """1 / (1 + slope |x|)^2 where x > B, else 0: ``SFS`` of snnTorch."""
    return (x > B) / (slope * x.abs() + 1) ** 2


def heaviside(x: Tensor) -> Tensor:
    """1 above 0: ``heaviside`` of snnTorch, which takes the spike for its derivative."""
    return (x > 0).to(x)


def circ(x: Tensor, alpha: float = 100.0) -> Tensor:
    """alpha^2 / (2 (x^2 + alpha^2)^(3/2)): ``circ`` of Norse."""
    return alpha**2 / (2 * (x * x + alpha**2) ** 1.5)


def multi_gaussian(
    x: Tensor, mu: float = 0.0, sigma: float = 0.5, h: float = 0.15, s: float = 6.0
) -> Tensor:
    """A Gaussian with shallow troughs beside it: ``MultiGaussian`` of sinabs (Yin et al. 2021)."""

    def gaussian(mean: float, width: float) -> Tensor:
        return (-((x - mean) ** 2) / (2 * width**2)).exp() / (width * math.sqrt(2 * math.pi))

    beside = gaussian(sigma, s * sigma) + gaussian(-sigma, s * sigma)
    return (1 + h) * gaussian(mu, sigma) - h * beside


def step(x: Tensor, window: float = 1.0, threshold: float = 1.0) -> Tensor:
    """1 / threshold from ``window`` below it on: ``Heaviside`` of sinabs."""
    return _either(x >= -window, 1 / threshold, 0.0, x)


def periodic_exponential(x: Tensor, grad_width: float = 0.5, threshold: float = 1.0) -> Tensor:
    """e^(-d / width), d to the nearest multiple of the threshold: sinabs, same name.

    For several spikes a step. Weidel, Sheik, arXiv:2111.01456 (2021).
    """
    share = x / threshold + 0.5
    above = threshold * (2 * (share - share.floor()) - 1)
    return (-torch.where(x >= 0, above, x).abs() / grad_width).exp()


def _either(where: Tensor, this: float, that: float, like: Tensor) -> Tensor:
    return torch.where(where, like.new_tensor(this), like.new_tensor(that))
