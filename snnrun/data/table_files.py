"""Tables in text files: fields between delimiters, a row a line, with or without a header.

numpy reads the numbers; where it cannot, the row is looked for and named.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnrun.core.disk import open_file
from snnrun.core.paths import cut
from snnrun.core.registry import near
from snnrun.errors import DataError

#: A column, by the name in the header or by its number; 0 is the first, -1 the last.
Column = int | str


@dataclass(frozen=True)
class TableFile:
    """A table.

    path: of the file, UTF-8.
    delimiter: a single character between fields, which may stand in quotation marks.
    header: whether the first row names the columns.
    """

    path: Path
    delimiter: str
    header: bool

    def width(self) -> int:
        """Return the number of columns."""
        return len(next(self._rows())[1])

    def number(self, column: Column) -> int:
        """Return the number of a column.

        Raises:
            DataError: there is none.
        """
        first = next(self._rows())[1]
        if isinstance(column, int):
            if -len(first) <= column < len(first):
                return column % len(first)
            raise DataError(f"{self.path}: has {len(first)} columns; there is no column {column}")
        if not self.header:
            raise DataError(f"{self.path}: has no header, so columns go by number, not {column!r}")
        names = [name.strip() for name in first]
        if column not in names:
            guess = near(column, names)
            hint = (
                f"did you mean {guess!r}?" if guess else f"there are: {cut(', '.join(names), 500)}"
            )
            raise DataError(f"{self.path}: has no column {column!r}; {hint}")
        return names.index(column)

    def texts(self, column: int) -> list[str]:
        """Return what stands in a column, without blanks around it.

        Raises:
            DataError: a row is too short, or there is none.
        """
        found = []
        for line, row in self._data():
            if column >= len(row):
                raise self._short(line, row)
            found.append(row[column].strip())
        if not found:
            raise DataError(f"{self.path}: has a header, and no rows below it")
        return found

    def numbers(self, columns: Sequence[int]) -> NDArray[np.float64]:
        """Return the numbers ``[rows, columns]`` in some columns.

        Raises:
            DataError: a row is too short, or a field is no number.
        """
        try:
            return np.loadtxt(
                self.path, delimiter=self.delimiter, skiprows=int(self.header), usecols=columns,
                ndmin=2, comments=None, quotechar='"', encoding="utf-8-sig",
            )  # fmt: skip
        except ValueError as error:
            raise self._blame(columns) or DataError(f"{self.path}: {error}") from error

    def _blame(self, columns: Sequence[int]) -> DataError | None:
        """Return what is said of the first row that is not as it should be."""
        names = next(self._rows())[1] if self.header else range(self.width())
        for line, row in self._data():
            for column in columns:
                if column >= len(row):
                    return self._short(line, row)
                if not is_number(row[column]):
                    return DataError(
                        f"{self.path}: line {line}: column {names[column]!r} holds "
                        f"{cut(repr(row[column]), 80)}; expected a number"
                    )
        return None

    def _short(self, line: int, row: Sequence[str]) -> DataError:
        return DataError(
            f"{self.path}: line {line} has {len(row)} columns; expected {self.width()}"
        )

    def _data(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of the line and the fields of each row below the header."""
        rows = self._rows()
        if self.header:
            next(rows)
        return rows

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        return rows_of(self.path, self.delimiter)


def rows_of(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line, counted from 1, and the fields of each row that is not empty.

    Raises:
        DataError: the file cannot be read as text, or is empty.
    """
    empty = True
    try:
        with TextIOWrapper(open_file(path), encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            for row in reader:
                if row:
                    empty = False
                    yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read as a table: {reason}") from error
    if empty:
        raise DataError(f"{path}: is empty")


def is_number(text: str) -> bool:
    """Tell whether a field holds a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
