"""Spoken words as spikes of an artificial ear of 700 channels: digits (SHD) and commands (SSC).

Cramer, Stradmann, Schemmel, Zenke, "The Heidelberg spiking data sets for the systematic evaluation
of spiking neural networks", IEEE TNNLS 33 (2022), arXiv:1910.07407.

The files are those of https://zenkelab.org/datasets, unpacked: ``$SNNRUN_DATA/SHD/shd_train.h5``,
``shd_test.h5``, ``$SNNRUN_DATA/SSC/ssc_train.h5``, ``ssc_valid.h5`` and ``ssc_test.h5``. SHD has no
file to validate by: the last tenth of every class of the training file does, unless
``validation: test``.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.capabilities import Values
from snnrun.core.steps import Steps
from snnrun.data.dataset import Dataset, DataSettings
from snnrun.data.downloads import Files
from snnrun.data.events.cache import kept
from snnrun.data.events.settings import Keep
from snnrun.data.events.spikes_h5 import CHANNELS, SpikeSource
from snnrun.data.source import Source
from snnrun.data.splitting import Validation, divide

PAGE = "https://zenkelab.org/datasets"
SHARE = 0.1


class SscSettings(DataSettings):
    """How spikes are counted into steps.

    collection: the folder of the files, and how their names begin.
    parts: how these end.
    """

    collection: ClassVar[str] = "SSC"
    parts: ClassVar[tuple[str, ...]] = ("train", "valid", "test")

    bins: Annotated[Steps, Field(description="steps of a sample, equally long")] = 100
    max_time: Annotated[
        float, Field(gt=0, description="seconds of all steps; what comes later is left out")
    ] = 1.4
    units: Annotated[
        int, Field(ge=1, le=CHANNELS, description="inputs, each a sum of neighbouring channels")
    ] = CHANNELS
    spikes: Annotated[
        Literal["counts", "binary"],
        Field(description="counts: of an input at a step; binary: 1 where there is any"),
    ] = "counts"
    keep: Keep = True

    def files(self) -> Files:
        """Return one file for each part."""
        names = tuple(f"{self.collection.lower()}_{part}.h5" for part in self.parts)
        return Files(self.collection, names, page=PAGE)

    @property
    def values(self) -> Values:
        """Numbers of spikes."""
        return Values.COUNTS

    @property
    def steps(self) -> int:
        """One for each bin."""
        return self.bins

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The inputs."""
        return (self.units,)

    @property
    def classes(self) -> tuple[str, ...]:
        """Numbers of 35 words, which extra/keys of the files names."""
        return tuple(map(str, range(35)))

    def counted(self, path: Path, labelled: bool = True) -> SpikeSource:
        """Return the words in a file, counted whenever they are wanted."""
        binary = self.spikes == "binary"
        return SpikeSource(path, self.bins, self.max_time, self.units, binary, labelled)

    def recordings(self) -> Mapping[str, Callable[[Path], Source]]:
        """Return what makes samples of a file, whose words may lack labels."""
        return {".h5": partial(self.counted, labelled=False)}


class ShdSettings(SscSettings):
    """How spikes are counted into steps, and what validates."""

    collection: ClassVar[str] = "SHD"
    parts: ClassVar[tuple[str, ...]] = ("train", "test")

    validation: Validation = "held_out"

    @property
    def classes(self) -> tuple[str, ...]:
        """The digits in English, then in German."""
        return (
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
            "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
        )  # fmt: skip


def _sources(settings: SscSettings) -> list[Callable[[], Source]]:
    """Return what reads the files.

    Raises:
        DataError: one is absent.
    """
    files = settings.files()
    folder = files.ready()
    return [partial(_source, settings, folder / name) for name in files.names]


def _source(settings: SscSettings, path: Path) -> Source:
    made = settings.counted(path)
    return kept(made, path.stem) if settings.keep else made


def load_shd(settings: ShdSettings) -> Dataset:
    """Return about 7,350 words to train, 800 to validate and 2,264 to test.

    With ``validation: test`` 8,156 train, and those that test validate too.

    Raises:
        DataError: if a file is absent or damaged, or h5py is not installed.
    """
    train, test = _sources(settings)
    return divide(settings, train, "test" if settings.validation == "test" else SHARE, test)


def load_ssc(settings: SscSettings) -> Dataset:
    """Return 75,466 words to train, 9,981 to validate and 20,382 to test.

    Raises:
        DataError: if a file is absent or damaged, or h5py is not installed.
    """
    train, validation, test = _sources(settings)
    return divide(settings, train, validation, test)
