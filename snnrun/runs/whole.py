"""Read files of runs and of other programs whole, in bounded time and memory.

Whatever lies at a path (a pipe, a device, a file of a terabyte, JSON that is nested a million times
deep), it is read within seconds, or refused by one line that says what it is.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from snnrun.core.disk import read_file
from snnrun.core.memory import total
from snnrun.core.paths import cut
from snnrun.errors import DataError

#: Bytes of a text that people or programs write down as JSON or YAML; real ones have thousands.
TEXT = 16 * 2**20
#: Values of such a text: each takes far more memory than it has characters.
VALUES = 1_000_000
#: Entries of a list or a map: more than epochs that anybody trains.
MOST = 100_000
#: A number of epochs, batches, lines.
Count = Annotated[int, Field(ge=0, lt=2**53)]
_SHOWN = 200


def read_text(path: Path) -> bytes:
    """Return a text such as JSON or YAML, as bytes.

    Raises:
        OSError: it is absent, no file, or larger than any such text.
    """
    return read_file(path, TEXT)


def read_numbers(path: Path) -> bytes:
    """Return a file of numbers or lines, which may take all the memory that the machine has.

    Raises:
        OSError: it is absent, no file, or larger.
    """
    return read_file(path, total())


def parse_json(raw: bytes) -> Any:
    """Return what a JSON text holds.

    Raises:
        ValueError: it is none, is nested too deeply, or holds too many values.

    Example:
        >>> parse_json(b'{"epoch": 2}')
        {'epoch': 2}
    """
    if sum(map(raw.count, (b",", b"[", b"{"))) > VALUES:
        raise ValueError(f"it holds more than {VALUES:,} values")
    try:
        return json.loads(raw)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def brief(what: object) -> str:
    """Return what an error says of a foreign file as one line that people can read.

    Example:
        >>> brief(ValueError("no tensor\\nin line 3"))
        'no tensor in line 3'
    """
    return cut(" ".join(str(what).split()), _SHOWN)


def damaged(where: object, error: ValidationError) -> DataError:
    """Return the error that names the first entry of a file which is not what it should be."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    key = brief(".".join(map(str, first["loc"])))
    return DataError(f"{where} is damaged: {key}: {first['msg']}")
