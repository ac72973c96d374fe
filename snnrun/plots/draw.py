"""Save figures one after another, whatever happens to one of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

from snnrun.errors import DataError, SnnrunError
from snnrun.plots.style import save


@dataclass
class Album:
    """The figures written so far and those that could not be drawn."""

    paths: list[Path] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)

    def add(self, folder: Path, name: str, draw: Callable[[], Figure | None]) -> None:
        """Draw one figure and save it; a failure is kept for later and stops no other figure."""
        try:
            figure = draw()
            if figure is not None:
                self.paths += save(figure, folder, name)
        except Exception as error:
            self.failures.append((str(folder / name), error))

    def close(self) -> list[Path]:
        """Return the files written.

        Raises:
            DataError: figures failed for reasons that lie in the run.
            SnnrunError: figures failed for any other reason.
        """
        if not self.failures:
            return self.paths
        lines = [f"{name}: {error}" for name, error in self.failures]
        total = len(self.failures) + len(self.paths) // 2
        expected = all(isinstance(error, DataError | OSError) for _, error in self.failures)
        kind = DataError if expected else SnnrunError
        head = f"{len(lines)} of {total} figures were not drawn:"
        folders = ", ".join(dict.fromkeys(str(path.parent) for path in self.paths))
        others = f"\nThe others lie in {folders}" if folders else ""
        raise kind("\n  ".join([head, *lines]) + others) from self.failures[0][1]
