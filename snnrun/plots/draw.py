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
    lost: int = 0

    def add(self, folder: Path, name: str, draw: Callable[[], Figure | None]) -> None:
        """Draw one figure and save it; a failure is kept for later and stops no other figure."""
        try:
            figure = draw()
            if figure is None:
                return
            made = save(figure, folder, name, self.formats)
        except Exception as error:
            self.fail(str(folder / name), error)
            return
        self.drawn += 1
        self.paths += made
        for path in made:
            self.tell(path)

    def fail(self, name: str, error: Exception, figures: int = 1) -> None:
        """Keep for later why figures could not be drawn.

        Args:
            name: of the figure, or of the run whose figures they are.
            error: what is wrong.
            figures: how many there would have been.
        """
        self.failures.append((name, error))
        self.lost += figures

    def close(self) -> list[Path]:
        """Return the files written.

        Raises:
            DataError: figures failed for reasons that lie in the run.
            SnnrunError: figures failed for any other reason.
        """
        if not self.failures:
            return self.paths
        lines = [f"{name}: {error}" for name, error in self.failures]
        expected = all(isinstance(error, DataError | OSError) for _, error in self.failures)
        kind = DataError if expected else SnnrunError
        head = f"{self.lost} of {self.lost + self.drawn} figures were not drawn:"
        folders = ", ".join(dict.fromkeys(str(path.parent) for path in self.paths))
        others = f"\nThe others lie in {folders}" if folders else ""
        raise kind("\n  ".join([head, *lines]) + others) from self.failures[0][1]
