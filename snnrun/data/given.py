"""Samples that somebody gives to a trained network: arrays, tables, pictures and recordings.

What they hold is looked at before any of them is shown; pictures and recordings are read when they
are.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from snnrun.core.capabilities import Values
from snnrun.core.paths import cut
from snnrun.data.dataset import DataSettings
from snnrun.data.forms import Form, arranged, is_whole
from snnrun.data.images import Bytes, Colours, left_out, read_image
from snnrun.data.source import Array, FloatArray, Numbers, Source, check_range
from snnrun.errors import DataError

_CHUNK = 64 * 2**20  # bytes of an array that are looked at together


class Given(ABC):
    """Some samples of one origin.

    name: of the file, or what else messages call it.
    form: how its samples are given.
    told: what becomes of them, in words.
    doubt: why they may not be what they were meant to be; empty: they seem to be.
    """

    name: str
    form: Form
    doubt: str = ""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of samples."""

    @abstractmethod
    def read(self, numbers: Numbers) -> FloatArray:
        """Return the values ``[n, *shape]`` of some of them.

        Raises:
            DataError: they cannot be read.
        """

    @property
    @abstractmethod
    def told(self) -> str:
        """What becomes of them, in words."""


class GivenArray(Given):
    """The samples in an array.

    Args:
        name: of it.
        given: a sample, or several along the first axis.
        settings: of the data set that the network was trained on.

    Raises:
        DataError: shape or numbers are not those of samples.
    """

    def __init__(self, name: str, given: Array, settings: DataSettings) -> None:
        self.name = name
        if given.dtype.kind not in "biuf":
            raise DataError(f"{name}: holds {cut(str(given.dtype), 80)}; expected numbers")
        if not given.size:
            raise DataError(f"{name}: has shape {list(given.shape)}: it holds no sample")
        forms = settings.forms
        fitting = [form for form in forms if form.takes(given.dtype)]
        found = arranged(given, fitting)
        if found is None:
            raise DataError(_odd_shape(name, given, forms))
        self.form, self.samples = found
        self._check()

    def __len__(self) -> int:
        return len(self.samples)

    def read(self, numbers: Numbers) -> FloatArray:
        """Return some samples."""
        return self.form.make(np.asarray(self.samples[numbers]))

    @property
    def told(self) -> str:
        """Of which type the numbers are, and what becomes of them."""
        kind, changed = self.samples.dtype, self.form.change is not None
        unit = self.form.divisor(kind)
        what = "as they are" if unit is None else f"divided by {unit:g}"
        if changed:
            what = "changed as those of the data set" + (f", {what}" if unit else "")
        return f"{kind} {list(self.form.shape)}, {what}"

    def _check(self) -> None:
        """Look at all numbers, a part at a time."""
        each = max(1, _CHUNK // max(1, self.samples[:1].nbytes))
        low, high = np.inf, -np.inf
        for begin in range(0, len(self.samples), each):
            part = np.asarray(self.samples[begin : begin + each])
            self._check_numbers(part, begin)
            low, high = min(low, float(part.min())), max(high, float(part.max()))
            most = self.form.most
            beyond = most is not None and is_whole(part.dtype) and not (low >= 0 and high <= most)
            made = self.form.make(part)
            try:
                check_range(float(made.min()), float(made.max()), self.form.values, self.name)
            except DataError:
                beyond = True
            if beyond:
                raise DataError(
                    f"{self.name}: {part.dtype} from {low:g} to {high:g}; "
                    f"expected {self.form.words}"
                )
        most = self.form.most
        if most is not None and is_whole(self.samples.dtype) and high <= 1 < most:
            self.doubt = (
                f"integers up to {high:g} of {most}, nearly nothing; numbers from 0 to 1 are "
                "to be floats"
            )

    def _check_numbers(self, part: Array, begin: int) -> None:
        if part.dtype.kind != "f":
            return
        finite = ~np.isnan(part) if self.form.values is Values.SPIKE_TIMES else np.isfinite(part)
        if not finite.all():
            place = np.argwhere(~finite)[0]
            raise DataError(
                f"{self.name}: sample {begin + place[0]} holds {part[tuple(place)]}; "
                f"expected {self.form.words}"
            )


class GivenPicture(Given):
    """A picture, which is brought to the size and colours of the samples.

    Args:
        file: its path, or what it holds.
        settings: of the data set that the network was trained on.
        invert: make what is dark light, and what is light dark.

    Raises:
        DataError: samples are no pictures, or this is none.
    """

    def __init__(self, file: Path | Bytes, settings: DataSettings, invert: bool = False) -> None:
        self.name = file.name if isinstance(file, Bytes) else str(file)
        self.file, self.invert = file, invert
        forms = [form for form in settings.forms if form.picture]
        if not forms:
            raise DataError(
                f"{self.name}: is a picture; expected samples of shape {words(settings.forms)} "
                "in .npy, .npz or .csv"
            )
        self.form, self.doubt = forms[0], left_out(file)

    def __len__(self) -> int:
        return 1

    def read(self, numbers: Numbers) -> FloatArray:
        """Return the picture, for each number."""
        assert self.form.picture is not None
        channels, *size = self.form.picture
        colours: Colours = "rgb" if channels == 3 else "grey"
        pixels = read_image(self.file, (size[0], size[1]), self.form.fit, colours)
        pixels = 255 - pixels if self.invert else pixels
        return self.form.of_pixels(np.repeat(pixels[None], len(numbers), axis=0))

    @property
    def told(self) -> str:
        """What becomes of a picture."""
        assert self.form.picture is not None
        channels, height, width = self.form.picture
        colours = "colours" if channels == 3 else "grey"
        cropped = "the middle" if self.form.fit == "crop" else "stretched"
        dark = ", dark made light" if self.invert else ""
        size = f"{height}x{width} pixels of {colours}"
        return f"pictures, as {size}, {cropped} where of other shape{dark}"


class GivenRecording(Given):
    """A recording of events or spikes, which are counted as those of the data set.

    Args:
        path: of the file.
        read: makes samples of it.
        settings: of the data set that the network was trained on.

    Raises:
        DataError: it is damaged, or holds no sample.
    """

    def __init__(self, path: Path, read: Callable[[Path], Source], settings: DataSettings) -> None:
        self.name, self.form, self._source = str(path), settings.forms[0], read(path)

    def __len__(self) -> int:
        return len(self._source)

    def read(self, numbers: Numbers) -> FloatArray:
        """Return the counts of some samples."""
        return self._source.read(numbers)[0]

    @property
    def told(self) -> str:
        """Into what they are counted."""
        return f"recordings, counted into {list(self.form.shape)}"


class GivenSource(Source):
    """All samples that were given, in their order.

    Args:
        parts: of one origin each.
        settings: of the data set that the network was trained on.
    """

    def __init__(self, parts: Sequence[Given], settings: DataSettings) -> None:
        self.parts, self.settings = parts, settings
        self._ends = np.cumsum([len(part) for part in parts])
        self._targets = np.zeros((len(self), *settings.target_shape), np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.settings.sample_shape

    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return values, and the first class for each, for nobody knows it."""
        owners = np.searchsorted(self._ends, numbers, side="right")
        begins = self._ends - [len(part) for part in self.parts]
        runs = np.split(np.arange(len(numbers)), np.flatnonzero(np.diff(owners)) + 1)
        read = [
            self.parts[owners[run[0]]].read(numbers[run] - begins[owners[run[0]]]) for run in runs
        ]
        return np.concatenate(read), self._targets[numbers]

    def digest(self) -> str:
        """Return a SHA-256 of the names, which tell no more than what they are called."""
        return hashlib.sha256(repr([part.name for part in self.parts]).encode()).hexdigest()

    def places(self) -> Iterator[tuple[str, int]]:
        """Yield the name of the origin of each sample, and its number there."""
        for part in self.parts:
            for number in range(len(part)):
                yield part.name, number


def words(forms: Sequence[Form]) -> str:
    """Return the shapes that a sample may have.

    Example:
        >>> words([Form((4,)), Form((2,))])
        '[4] or [2]'
    """
    return " or ".join(str(list(form.shape)) for form in forms)


def _odd_shape(name: str, given: Array, forms: Sequence[Form]) -> str:
    other = arranged(given, forms)
    if other is not None:
        return (
            f"{name}: holds {given.dtype} of shape {list(given.shape)}; expected {other[0].words}"
        )
    shape = cut(str(list(given.shape)), 80)
    return (
        f"{name}: has shape {shape}; expected a sample of shape {words(forms)}, "
        "or several along the first axis"
    )
