"""Files with samples for a trained network: arrays, tables, pictures, recordings, standard input.

x.npy            a sample, or a stack of them
xy.npz           the only array in it; xy.npz/x: the one called x
rows.csv         a row a sample, with or without a header
digit.png        a picture, in any format that Pillow opens
00001.bin        a recording, in the format of the data set; such sets alone
folder           all of these below it, sorted by name
-                standard input: the bytes of .npy, .npz or a picture, or rows of a table
"""

import csv
import io
import math
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from snnrun.core.paths import cut
from snnrun.core.registry import first_line, near
from snnrun.data.array_files import ArrayFile, members
from snnrun.data.dataset import DataSettings
from snnrun.data.files import expanded
from snnrun.data.forms import Form
from snnrun.data.given import Given, GivenArray, GivenPicture, GivenRecording, words
from snnrun.data.images import Bytes, extensions, is_picture
from snnrun.data.source import Array
from snnrun.data.table_files import is_number, rows_of
from snnrun.errors import DataError

STANDARD_INPUT = "-"
_ARRAYS, _TABLES = (".npy", ".npz"), (".csv", ".tsv", ".txt")
_WHOLE = re.compile(r"[+-]?\d{1,15}")
_NPY, _NPZ = b"\x93NUMPY", (b"PK\x03\x04", b"PK\x05\x06")  # the latter: an empty archive


def read_given(
    names: Iterable[Path | str], settings: DataSettings, invert: bool = False
) -> list[Given]:
    """Return the samples in files and folders, in this order.

    Args:
        names: of them; ``-`` is standard input.
        settings: of the data set that the network was trained on.
        invert: make what is dark in pictures light.

    Raises:
        DataError: one is absent, cannot be read, or holds no such samples.
    """
    return [each for name in names for each in _read(str(name), settings, invert)]


def _read(name: str, settings: DataSettings, invert: bool) -> Iterator[Given]:
    if name == STANDARD_INPUT:
        yield _of_bytes(sys.stdin.buffer.read(), settings, invert)
        return
    if not name:
        raise DataError(f"the name of a file is empty; {_kinds(settings)}")
    path, member = file_of(name)
    if path.is_dir():
        for found in _files_in(path, settings):
            yield from _read(str(found), settings, invert)
        return
    _refuse_absent(path)
    end, recordings = path.suffix.lower(), settings.recordings()
    if end in recordings:
        yield GivenRecording(path, recordings[end], settings)
    elif end == ".npy":
        yield GivenArray(str(path), ArrayFile(path).open(), settings)
    elif end == ".npz":
        yield GivenArray(name, ArrayFile(path, _member(path, member)).open(), settings)
    elif end in _TABLES:
        delimiter = "\t" if end == ".tsv" else getattr(settings, "delimiter", ",")
        yield GivenArray(str(path), _table(str(path), rows_of(path, delimiter), settings), settings)
    elif end in extensions():
        yield GivenPicture(path, settings, invert)
    else:
        raise DataError(f"{path}: is of no known kind; {_kinds(settings)}")


def _kinds(settings: DataSettings) -> str:
    """Return which files could be read."""
    ends = ", ".join([*_ARRAYS, *_TABLES, *settings.recordings()])
    return f"expected {ends}, a picture, a folder of these, or - for stdin"


def file_of(name: str) -> tuple[Path, str]:
    """Return the file that samples lie in, and the array in it that was named, if one was.

    Example:
        >>> file_of("xy.npz/x"), file_of("xy.npz")
        ((PosixPath('xy.npz'), 'x'), (PosixPath('xy.npz'), ''))
    """
    file, inside, member = name.partition(".npz/")
    return expanded(f"{file}.npz" if inside else name), member


def _refuse_absent(path: Path) -> None:
    if not os.path.exists(path):
        if os.path.lexists(path):
            raise DataError(f"{path}: is a link to what is not there, or may not be read")
        beside = os.listdir(path.parent) if path.parent.is_dir() else []
        guess = near(path.name, beside)
        hint = f"; did you mean {path.with_name(guess)}?" if guess else ""
        raise DataError(f"{path}: there is no such file{hint}")
    if path.is_file() and not path.stat().st_size:
        raise DataError(f"{path}: is empty")


def _files_in(folder: Path, settings: DataSettings) -> list[Path]:
    """Return what can be read below a folder, without names that begin with a dot."""
    ends, found = {*_ARRAYS, *_TABLES, *extensions(), *settings.recordings()}, []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found += [
            Path(place, file)
            for file in sorted(files)
            if not file.startswith(".") and os.path.splitext(file)[1].lower() in ends
        ]
    if not found:
        raise DataError(f"{folder}: holds no file of samples; {_kinds(settings)}")
    return found


def _member(path: Path, wanted: str) -> str:
    """Return the name of the array that is meant."""
    known = members(path)
    if not wanted and len(known) == 1:
        return known[0]
    if wanted in known:
        return wanted
    listed = cut(", ".join(known), 300)
    if not known:
        raise DataError(f"{path}: holds no array")
    if not wanted:
        raise DataError(f"{path}: holds several arrays, {listed}; name one: {path}/{known[0]}")
    guess = near(wanted, known)
    hint = f"did you mean {guess!r}?" if guess else f"it holds {listed}"
    raise DataError(f"{path}: holds no array {cut(repr(wanted), 80)}; {hint}")


def _of_bytes(content: bytes, settings: DataSettings, invert: bool) -> Given:
    """Return the samples on standard input."""
    name = "standard input"
    if not content:
        raise DataError(f"{name}: is empty")
    if not content.startswith((_NPY, *_NPZ)):
        text = _text(content)
        if text is None:
            if not is_picture(content):
                raise DataError(f"{name}: is no array, no table and no picture")
            return GivenPicture(Bytes(name, content), settings, invert)
        return GivenArray(name, _table(name, _rows(name, text, settings), settings), settings)
    try:
        read = np.load(io.BytesIO(content), allow_pickle=False)
        arrays = dict(read.items()) if content.startswith(_NPZ) else {"": read}
    except Exception as error:  # what is damaged makes these readers raise anything
        raise DataError(f"{name}: no array of numbers: {cut(first_line(error), 300)}") from error
    if len(arrays) != 1:
        known = cut(", ".join(arrays), 300)
        raise DataError(f"{name}: holds {len(arrays)} arrays: {known}; expected one")
    (given,) = arrays.values()
    return GivenArray(name, given, settings)


def _text(content: bytes) -> str | None:
    """Return bytes as the text that they are, or None: no picture is one."""
    try:
        return None if b"\0" in content else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _rows(name: str, text: str, settings: DataSettings) -> Iterator[tuple[int, list[str]]]:
    try:
        reader = csv.reader(io.StringIO(text), delimiter=getattr(settings, "delimiter", ","))
        yield from ((reader.line_num, row) for row in reader if row)
    except csv.Error as error:
        raise DataError(f"{name}: cannot be read as a table: {error}") from error


def _table(name: str, rows: Iterable[tuple[int, list[str]]], settings: DataSettings) -> Array:
    """Return the numbers ``[rows, columns]`` of a table; integers, if all of them are."""
    every, names = list(rows), None
    if not every:
        raise DataError(f"{name}: is empty")
    first = every[0][1]
    columns = _columns(first, None, settings.forms)
    fields = [first[column] for column in columns or range(len(first))]
    if not all(map(is_number, fields)) and not _is_row(fields):
        names = [each.strip() for each in first]
        every = every[1:]
        columns = _columns(first, names, settings.forms)
        if not every:
            raise DataError(f"{name}: has a header, and no rows below it")
    if columns is None:
        sizes = " or ".join(str(math.prod(form.shape)) for form in settings.forms)
        raise DataError(
            f"{name}: has rows of {len(first)} columns; expected {sizes}, "
            f"for samples of shape {words(settings.forms)}"
        )
    texts = []
    for line, row in every:
        if len(row) != len(first):
            raise DataError(f"{name}: line {line} has {len(row)} columns; expected {len(first)}")
        texts.append([row[column].strip() for column in columns])
        odd = next((column for column in columns if not is_number(row[column])), None)
        if odd is not None:
            raise DataError(
                f"{name}: line {line}: column {(names[odd] if names else odd)!r} holds "
                f"{cut(repr(row[odd]), 80)}; expected a number"
            )
    whole = all(_WHOLE.fullmatch(text) for row in texts for text in row)
    numbers = np.array([[float(text) for text in row] for row in texts])
    return numbers.astype(np.int64) if whole else numbers


def _is_row(fields: Sequence[str]) -> bool:
    """Tell whether fields are more of them numbers, or lacking, than names: a row, not a header.

    Example:
        >>> _is_row(["0.5", "", "3"]), _is_row(["x", "y", "1"])
        (True, False)
    """
    numbers = sum(map(is_number, fields))
    return numbers > 0 and 2 * (numbers + sum(not each.strip() for each in fields)) > len(fields)


def _columns(
    row: Sequence[str], names: Sequence[str] | None, forms: Sequence[Form]
) -> Sequence[int] | None:
    """Return which columns are a sample; None where they are of no form."""
    for form in forms:
        if form.columns is not None:
            found = form.columns(names, len(row))
        else:
            found = range(len(row)) if len(row) == math.prod(form.shape) else None
        if found is not None:
            return found
    return None
