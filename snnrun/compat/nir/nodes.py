"""What numbers the nodes of NIR hold: neurons as cells, windows of convolutions and pools."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.compat.nir.constants import Cell, Writer
from snnrun.errors import DataError

NEURONS = ("LIF", "CubaLIF", "IF")
INTEGRATORS = ("LI", "CubaLI", "I")


def numbers(values: Any, what: str) -> NDArray[np.float64]:
    """Return what a file holds as numbers.

    Raises:
        DataError: it is text, or complex.
    """
    found = np.asarray(values)
    if found.dtype.kind not in "fiub":
        held = "text" if found.dtype.kind in "OSU" else found.dtype
        raise DataError(f"{what} holds {held}; expected numbers")
    return found.astype(np.float64)


def finite(values: Any, what: str) -> NDArray[np.float64]:
    """Return numbers that a network can compute with: weights, biases, factors.

    Raises:
        DataError: one of them is none, or infinite.
    """
    found = numbers(values, what)
    if not np.isfinite(found).all():
        raise DataError(f"{what} holds {found[~np.isfinite(found)][0]}; expected finite numbers")
    return found


def whole(values: Any, what: str) -> list[int]:
    """Return whole numbers: sizes, steps.

    Raises:
        DataError: they are none.
    """
    found = numbers(values, what).ravel()
    if not np.isfinite(found).all() or (found % 1).any():
        raise DataError(f"{what} is {found.tolist()}; expected whole numbers")
    return [int(each) for each in found]


def one(values: Any, what: str) -> float:
    """Return the number that all neurons of a node have in common.

    Raises:
        DataError: they differ.
    """
    found = np.unique(numbers(values, what))
    if found.size != 1 or not np.isfinite(found[0]):
        span = f"{found.min():g} to {found.max():g}" if found.size else "none"
        raise DataError(f"{what} is {span}; expected one number for all neurons of a layer")
    return float(found[0])


def membrane(node: Any, name: str, writer: Writer) -> Cell:
    """Return what a node says of a membrane: LIF, IF, LI, I, or the second half of CubaLIF, CubaLI.

    Raises:
        DataError: neurons differ, or a time constant is shorter than a step.
    """
    kind = type(node).__name__
    r = one(node.r, f"{name}.r")
    if kind in ("IF", "I"):
        return Cell(1.0, r * (writer.dt if writer.dt_if is None else writer.dt_if))
    tau = "tau_mem" if kind.startswith("Cuba") else "tau"
    decay = decay_of(node, name, tau, writer)
    share = 1.0 if kind == "LI" and writer.whole else 1 - decay
    return Cell(decay, r * share, rest=one(node.v_leak, f"{name}.v_leak"))


def decay_of(node: Any, name: str, key: str, writer: Writer) -> float:
    """Return what a step leaves, for the time constant called ``key``."""
    tau = one(getattr(node, key), f"{name}.{key}")
    decay = writer.decay(tau) if tau > 0 else -1.0
    if not 0 <= decay <= 1:
        raise DataError(
            f"{name}.{key} is {tau:g} s; expected at least a step, dt = {writer.dt:g} s"
        )
    return decay


def synapse(node: Any, name: str, writer: Writer) -> tuple[float, float]:
    """Return what a step leaves of the current of CubaLIF or CubaLI, and what input adds to it."""
    decay = decay_of(node, name, "tau_syn", writer)
    w_in = one(node.w_in, f"{name}.w_in")
    return decay, w_in if writer.jumps else w_in * (1 - decay)


def spiking(cell: Cell, node: Any, name: str, writer: Writer) -> Cell:
    """Return the cell with threshold and reset of LIF, CubaLIF or IF."""
    v_reset = one(node.v_reset, f"{name}.v_reset")
    sets = writer.reset == "set"
    return cell._replace(
        threshold=one(node.v_threshold, f"{name}.v_threshold"),
        v_reset=v_reset if sets else 0.0,
        reset=writer.reset,
        delayed=writer.delayed,
        reaches=writer.reaches,
    )


def subtracting(cell: Cell, scale: Any, name: str) -> Cell:
    """Return the cell with the reset that a Scale from its spikes to its membrane makes.

    A spike at step t takes w k from H of the next: b c is a reset at step t, c a delayed one.

    Raises:
        DataError: it takes something else.
    """
    if scale is None:
        return cell._replace(reset="none")
    taken = -one(scale.scale, f"{name}.scale") * cell.scale
    for delayed, part in ((False, cell.decay), (True, 1.0)):
        if np.isclose(taken, part * cell.threshold, rtol=1e-5):
            return cell._replace(reset="subtract", delayed=delayed)
    raise DataError(
        f"a spike of {name} takes {taken:g} from the membrane; expected its threshold, "
        f"{cell.threshold:g}, or {cell.decay * cell.threshold:g}, what a step leaves of it"
    )


def pair(value: Any, what: str) -> list[int]:
    """Return rows and columns of what may be one number for both."""
    found = whole(value, what)
    return found * 2 if len(found) == 1 else found


def padding(value: Any, kernel: list[int], name: str) -> list[int]:
    """Return rows and columns of padding, which may be called same or valid.

    Raises:
        DataError: same, for an even kernel: it takes more on one side.
    """
    if not isinstance(value, str):
        return pair(value, f"{name}.padding")
    if value == "valid":
        return [0, 0]
    if value != "same" or not all(size % 2 for size in kernel):
        raise DataError(f"{name}.padding is {value} for a kernel of {kernel}; expected numbers")
    return [size // 2 for size in kernel]
