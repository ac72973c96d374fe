"""The JSON files of a run folder, which tell whether they are damaged, and what must be in them.

The last entry, ``crc``, is the CRC-32 of everything before it::

    {
      "state": "finished",
      "epoch": 40,
      "crc": "5d2e7a01"
    }

Files of earlier versions have no ``crc`` and are taken as they are, as far as the entries that
something here depends on are of the kind that they should be.
"""

import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from snnrun.core.paths import MOST_CHARACTERS, MOST_KEYS
from snnrun.errors import DataError
from snnrun.runs.whole import MOST, Count, brief, damaged, parse_json, read_text

#: The last entry of a file: a flipped byte in its name does not make it an ordinary one.
_CRC = re.compile(rb',\n  "(.{3})": "(.{8})"\n\}\n?$', re.DOTALL)
_Epoch = Annotated[str, Field(pattern=r"^[0-9]{1,15}$")]
_Numbers = Annotated[dict[str, float | None], Field(max_length=MOST)]
_Key = Annotated[str, Field(pattern=r"^([^.]*\.){0,100}[^.]*$")]  # as deep as configs may be
_DEEPEST = 20  # lists and maps in each other, in a setting


def _shallow(value: Any, most: int = _DEEPEST) -> Any:
    """Refuse values that are nested deeper than anybody means."""
    if most == 0:
        raise ValueError("is nested too deeply")
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _shallow(inner, most - 1)
    return value


def _few(settings: dict[str, Any]) -> dict[str, Any]:
    """Refuse keys that are longer than those of any config."""
    if sum(map(len, settings)) > MOST_CHARACTERS:
        raise ValueError("holds longer keys than anybody means")
    return settings


class _File(BaseModel):
    """What a file must hold where it holds it; what nobody depends on may be anything."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Status(_File):
    state: str = ""
    reason: str | None = None
    epoch: Count = 0
    batch: Count = 0
    epochs: Count = 0
    best: _Numbers = {}
    seconds: Annotated[float, Field(ge=0)] = 0.0


class _Summary(_Status):
    data: str = ""
    encoder: str = ""
    model: str = ""
    learning: str = ""
    judged_by: str = ""
    settings: Annotated[
        dict[_Key, Any], Field(max_length=MOST_KEYS), AfterValidator(_shallow), AfterValidator(_few)
    ] = {}
    last: Annotated[dict[str, _Numbers], Field(max_length=MOST)] = {}
    test: Annotated[dict[_Epoch, _Numbers], Field(max_length=MOST)] = {}


class _Environment(_File):
    plugins: Annotated[dict[str, dict[str, str | None]], Field(max_length=MOST)] = {}
    continued: Annotated[list[dict[str, Any]], Field(max_length=MOST)] = []


class _Source(_File):
    sha256: Annotated[dict[str, str], Field(max_length=MOST)] = {}
    weights: Annotated[dict[_Epoch, str | None], Field(max_length=MOST)] = {}
    notes: Annotated[list[str], Field(max_length=MOST)] = []


_KINDS: Mapping[str, type[_File]] = {
    "status.json": _Status,
    "summary.json": _Summary,
    "environment.json": _Environment,
    "source.json": _Source,
}


def to_text(content: Mapping[str, Any]) -> str:
    """Return a map, not an empty one, as a text that can be checked.

    Example:
        >>> print(to_text({"epoch": 2}), end="")
        {
          "epoch": 2,
          "crc": "055a4a55"
        }
    """
    text = json.dumps(content, indent=2)[: -len("\n}")]
    return f'{text},\n  "crc": "{_sum(text.encode())}"\n}}\n'


def read(path: Path) -> dict[str, Any] | None:
    """Return what a file holds; None where it is absent.

    Raises:
        DataError: it cannot be read, is damaged, or holds something of another kind.
    """
    try:
        raw = read_text(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        return _checked(raw, _KINDS.get(path.name, _File))
    except ValidationError as error:
        raise damaged(path, error) from error
    except ValueError as error:
        raise DataError(f"{path} is damaged: {brief(error)}") from error


def _checked(raw: bytes, kind: type[_File]) -> dict[str, Any]:
    found = _CRC.search(raw)
    if found and (found[1] != b"crc" or _sum(raw[: found.start()]).encode() != found[2]):
        raise ValueError("its checksum differs")
    content = parse_json(raw)
    if not isinstance(content, dict):
        raise ValueError("it holds no map")
    if "crc" in content and not found:
        raise ValueError("it has no checksum")
    kind.model_validate(content)
    return {key: value for key, value in content.items() if key != "crc"}


def _sum(text: bytes) -> str:
    return f"{zlib.crc32(text):08x}"
