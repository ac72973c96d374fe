"""How samples that are not of a data set may be given to a network that was trained on it.

Whole numbers are as the files of the data set have them, such as pixels from 0 to 255; other
numbers are values as the network was trained on them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.capabilities import Values
from snnrun.data.images import Fit
from snnrun.data.source import Array, FloatArray, scaled

#: Shades of a pixel in a file.
BYTE = 255
_WORDS = {
    Values.UNIT: "numbers from 0 to 1",
    Values.COUNTS: "numbers of 0 and more",
    Values.ANY: "finite numbers",
    Values.SPIKE_TIMES: "spike times of 0 and more, inf = no spike",
}


@dataclass(frozen=True)
class Form:
    """One way to give a sample.

    shape: of a sample as it is given, its time first.
    values: which values come of it.
    unit: whole numbers are divided by it; None: they are values themselves.
    most: the largest whole number, where there is one.
    change: what becomes of ``[samples, *shape]``, whole numbers where ``unit`` is given, before
        they are divided; None: nothing does.
    unchanged: whether numbers that are not whole are taken too; they are not changed.
    scaled: whether such numbers are divided by ``unit`` too.
    bytes_only: whether of whole numbers only those of 8 bits are divided.
    fit: how pictures of other sizes are brought to this shape.
    columns: which of so many columns of a table, by their names if they have some, are the sample;
        None where these are too few or too many. None: all are.
    said: what its numbers are, where that is not clear from the rest.
    time_axis: of an array ``[samples, ...]``; None: as in ``shape``.
    """

    shape: tuple[int, ...]
    values: Values = Values.UNIT
    unit: float | None = None
    most: int | None = None
    change: Callable[[Array], Array] | None = None
    unchanged: bool = True
    scaled: bool = False
    bytes_only: bool = False
    fit: Fit = "crop"
    columns: Callable[[Sequence[str] | None, int], Sequence[int] | None] | None = None
    said: str = ""
    time_axis: int | None = None

    @property
    def words(self) -> str:
        """Which numbers a sample holds.

        Example:
            >>> Form((1, 28, 28), unit=255, most=255).words
            'integers from 0 to 255, which are divided by 255; or floats from 0 to 1'
        """
        if self.said:
            return self.said
        plain = _WORDS[self.values]
        if self.unit is None:
            return plain
        if self.scaled:
            return f"numbers, which are divided by {self.unit:g}"
        reach = f" from 0 to {self.most}" if self.most is not None else ""
        kind = "bytes" if self.bytes_only else "integers"
        whole = f"{kind}{reach}, which are divided by {self.unit:g}"
        return f"{whole}; or {plain.replace('numbers', 'floats')}" if self.unchanged else whole

    def takes(self, dtype: np.dtype[Any]) -> bool:
        """Tell whether numbers of a type can be given so."""
        return self.unchanged or is_whole(dtype)

    def make(self, given: Array) -> FloatArray:
        """Return the values, float32 or float64, of samples ``[samples, *shape]``."""
        whole = is_whole(given.dtype)
        if self.change is not None and (whole or self.unit is None):
            given = self.change(given)
        plain = _plain(given)
        kept = None if plain.dtype in (np.float32, np.float64) else 1.0
        return scaled(plain, self.divisor(plain.dtype) or kept)

    def divisor(self, dtype: np.dtype[Any]) -> float | None:
        """Return what numbers of a type are divided by; None: nothing."""
        divided = dtype == np.uint8 if self.bytes_only else is_whole(dtype)
        return self.unit if divided or self.scaled else None

    @property
    def picture(self) -> tuple[int, int, int] | None:
        """Channels, height and width of a sample that a picture can be; None where none can."""
        size = (1, *self.shape) if len(self.shape) == 2 else self.shape
        if len(size) != 3 or size[0] not in (1, 3) or self.values is not Values.UNIT:
            return None
        channels, height, width = size
        return channels, height, width

    def of_pixels(self, pixels: NDArray[np.uint8]) -> FloatArray:
        """Return the values of pictures ``[samples, channel, height, width]``, 0 to 255."""
        shaped = pixels.reshape(len(pixels), *self.shape)
        return self.make(shaped) if self.most == BYTE else self.make(scaled(shaped, BYTE))


def is_whole(dtype: np.dtype[Any]) -> bool:
    """Tell whether a type is one of whole numbers; truth values are not, they are 0 or 1."""
    return dtype.kind in "iu"


def _plain(given: Array) -> Array:
    """Return numbers of a type that values are made of: half precision and the like are none."""
    if given.dtype.kind != "f" or given.dtype in (np.float32, np.float64):
        return given
    return given.astype(np.float64 if given.dtype.itemsize > 4 else np.float32)


def arranged(given: Array, forms: Sequence[Form]) -> tuple[Form, Array] | None:
    """Return the form that an array has, and its samples ``[samples, *shape]``; None: it has none.

    An array is a sample or a stack of them; a single channel may be left out, the channels may come
    last, and a sample may be flat.

    Example:
        >>> form = Form((1, 28, 28))
        >>> arranged(np.zeros((5, 28, 28)), [form])[1].shape
        (5, 1, 28, 28)
        >>> arranged(np.zeros(784), [form])[1].shape
        (1, 1, 28, 28)
    """
    for single in (True, False):
        for form in forms:
            found = _as(given, form, single)
            if found is not None:
                return form, found
    return None


def _as(given: Array, form: Form, single: bool) -> Array | None:
    axis = form.time_axis
    if axis is not None:  # of [samples, ...], which a sample lacks
        stack = given[None] if single else given
        place = axis if axis or not single else 1
        if stack.ndim != 1 + len(form.shape):
            return None
        timed = np.moveaxis(stack, place, 1)
        return timed if timed.shape[1:] == form.shape else None
    stack = given[None] if single else given
    shape = form.shape
    if stack.shape[1:] == shape:
        return stack
    if len(shape) == 3 and stack.shape[1:] == (*shape[1:], shape[0]):
        return np.moveaxis(stack, 3, 1)
    flat = (int(np.prod(shape)),)
    if stack.shape[1:] in (flat, shape[1:] if shape[0] == 1 else flat):
        return stack.reshape(len(stack), *shape)
    return None
