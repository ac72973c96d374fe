"""What every data set is: three sources of samples, and what their settings tell of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.capabilities import Capability, Target, Values
from snnrun.core.registry import Settings
from snnrun.data.downloads import Files
from snnrun.data.forms import Form
from snnrun.data.source import Source, check_range
from snnrun.data.targets import check_labels, check_numbers
from snnrun.errors import DataError, NoDataError

Count = Annotated[int, Field(gt=0, description="number of samples")]
Seed = Annotated[int, Field(ge=0, lt=2**32, description="seed of the random numbers")]
ValuesAre = Annotated[
    Literal["unit", "counts", "any", "spike_times"],
    Field(
        description="which values there are: unit: from 0 to 1; counts: 0 and more; any: finite "
        "ones; spike_times: 0 and more, .inf: no spike"
    ),
]
#: What the words of a config mean.
VALUES = {
    "unit": Values.UNIT,
    "counts": Values.COUNTS,
    "any": Values.ANY,
    "spike_times": Values.SPIKE_TIMES,
}
Size = Annotated[int, Field(ge=1)]
SPLITS = ("train", "validation", "test")


class DataSettings(Settings, ABC):
    """Settings of a data set; they know what its samples are without loading them.

    offers: what figures may count on.
    places: keys that say where files lie; these may move while a run is kept.
    """

    offers: ClassVar[frozenset[Capability]] = frozenset()
    places: ClassVar[frozenset[str]] = frozenset()

    @property
    def values(self) -> Values:
        """Which values samples have."""
        return Values.UNIT

    @property
    def target(self) -> Target:
        """What a sample is to be answered with."""
        return Target.CLASSES

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample, such as ``(1, 28, 28)``: channel, height, width; without time."""

    @property
    def steps(self) -> int | None:
        """How many steps samples have, whose time axis comes first; None where they have none."""
        return None

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; label ``k`` means ``classes[k]``. Empty for other targets."""

    @property
    def target_shape(self) -> tuple[int, ...]:
        """Shape of a target: () of a class, (n,) of numbers, (steps, n) of a sequence."""
        return ()

    @property
    def training_samples(self) -> int | None:
        """How many samples train, where that is known without files; None where not."""
        return None

    def files(self) -> Files | None:
        """Return the published files that the set is read from; None where there are none."""
        return None

    @property
    def forms(self) -> tuple[Form, ...]:
        """How samples from elsewhere may be given to what was trained on these; the usual first.

        Unless a set says otherwise, they are given as its samples are read.
        """
        return (Form(self.sample_shape, self.values),)

    def recordings(self) -> Mapping[str, Callable[[Path], Source]]:
        """Return how the name of a recording ends -> what makes samples of such a file.

        So recordings from elsewhere may be given to what was trained on those of the set; a set
        whose samples are no recordings has none.
        """
        return {}

    def drawn_bytes(self) -> Mapping[str, int]:
        """Return key -> bytes that the samples which it makes the data set draw take at once."""
        return {}

    @property
    def outputs(self) -> int:
        """How many outputs a model needs: one for each class, or number."""
        return len(self.classes) or self.target_shape[-1]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of a sample as it is read, with its time."""
        return self.input_shape if self.steps is None else (self.steps, *self.input_shape)


class Sizes(Settings):
    """How many samples a data set that makes its own draws for each split."""

    train: Count = 5000
    validation: Count = 1000
    test: Count = 1000

    def weighed(self, one: int, key: str = "sizes") -> dict[str, int]:
        """Return key -> bytes of each split, whose samples take ``one`` bytes each."""
        return {f"{key}.{split}": one * getattr(self, split) for split in SPLITS}


class Seeds(Settings):
    """The seed of each split of a data set that makes its own samples."""

    train: Seed = 42
    validation: Seed = 41
    test: Seed = 40


class Dataset:
    """A data set, each split of which is made when it is first asked for.

    Args:
        settings: what its samples are.
        splits: train, validation and test, or what makes them.
    """

    def __init__(
        self, settings: DataSettings, splits: Mapping[str, Source | Callable[[], Source]]
    ) -> None:
        self.settings, self._given = settings, dict(splits)
        self._checked: dict[str, Source] = {}

    @property
    def train(self) -> Source:
        """Samples to learn from."""
        return self.split("train")

    @property
    def validation(self) -> Source:
        """Samples that tell how well it goes."""
        return self.split("validation")

    @property
    def test(self) -> Source:
        """Samples that were never seen."""
        return self.split("test")

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.settings.classes

    def split(self, name: str) -> Source:
        """Return train, validation or test.

        Raises:
            NoDataError: its files are absent or damaged, or hold something else than was said.
        """
        if name not in self._checked:
            given = self._given[name]
            try:
                source = given if isinstance(given, Source) else given()
                self._check(name, source)
            except DataError as error:
                raise NoDataError(error) from error
            self._checked[name] = source
        return self._checked[name]

    def splits(self) -> Iterator[tuple[str, Source]]:
        """Yield name and source of train, validation and test, in this order."""
        for name in SPLITS:
            yield name, self.split(name)

    def open(self) -> None:
        """Make all splits, so that what is wrong with one is told before anything is written.

        Raises:
            DataError: as :meth:`split`.
        """
        for _ in self.splits():
            pass

    def _check(self, name: str, source: Source) -> None:
        settings, where = self.settings, f"split {name}"
        if source.shape != settings.sample_shape:
            raise DataError(
                f"samples of {where} have shape {list(source.shape)}; "
                f"expected {list(settings.sample_shape)}"
            )
        known = source.range()
        if known:
            check_range(*known, settings.values, where)
        targets = source.targets()
        if targets is None:
            return
        if settings.target is Target.CLASSES:
            check_labels(targets, len(settings.classes), where)
        else:
            check_numbers(targets, settings.target_shape, where)
