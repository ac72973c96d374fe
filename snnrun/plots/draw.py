"""Save figures one after another, whatever happens to one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

from snnrun.errors import DataError, SnnrunError
from snnrun.plots.formats import USUAL
from snnrun.plots.style import save


def _nobody(path: Path) -> None:
    """Tell nobody."""


@dataclass
class Album:
    """The figures written so far and those that could not be drawn.

    formats: the kinds of files that each is written as.
    tell: is called with each file, once it is there.
    """

    formats: Sequence[str] = USUAL
    tell: Callable[[Path], None] = _nobody
    paths: list[Path] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)
    drawn: int = 0

    def add(self, folder: Path, name: str, draw: Callable[[], Figure | None]) -> None:
        """Draw one figure and save it; a failure is kept for later and stops no other figure."""
        try:
            figure = draw()
            if figure is None:
                return
            made = save(figure, folder, name, self.formats)
        except Exception as error:
            self.failures.append((str(folder / name), error))
            return
        self.drawn += 1
        self.paths += made
        for path in made:
            self.tell(path)

    def close(self) -> list[Path]:
        """Return the files written.

        Raises:
            DataError: figures failed for reasons that lie in the run.
            SnnrunError: figures failed for any other reason.
        """
        if not self.failures:
            return self.paths
        lines = [f"{name}: {error}" for name, error in self.failures]
        total = len(self.failures) + self.drawn
        expected = all(isinstance(error, DataError | OSError) for _, error in self.failures)
        kind = DataError if expected else SnnrunError
        head = f"{len(lines)} of {total} figures were not drawn:"
        folders = ", ".join(dict.fromkeys(str(path.parent) for path in self.paths))
        others = f"\nThe others lie in {folders}" if folders else ""
        raise kind("\n  ".join([head, *lines]) + others) from self.failures[0][1]
