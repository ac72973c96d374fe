"""What TensorBoard and Weights & Biases wrote, read by other code than theirs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK, HEAD = 32768, 7


def events(folder: Path) -> Iterator[Any]:
    """The events of the files of a folder: length (8), checksum (4), event, checksum (4)."""
    from tensorboardX.proto.event_pb2 import Event

    for path in sorted(folder.glob("events.*")):
        raw = path.read_bytes()
        while raw:
            size = int.from_bytes(raw[:8], "little")
            yield Event.FromString(raw[12 : 12 + size])
            raw = raw[16 + size :]


def values(folder: Path, kind: str) -> list[tuple[str, int, Any]]:
    """Tag, step and content of all summaries of a kind: simple_value, histo, image, metadata."""
    return [
        (each.tag, event.step, getattr(each, kind))
        for event in events(folder)
        for each in event.summary.value
        if each.HasField(kind)
    ]


def records(folder: Path) -> list[Any]:
    """The records of a run of Weights & Biases, from a log in LevelDB's format.

    Blocks of 32,768 bytes hold fragments: checksum (4), length (2), kind (1: whole, 2: first, 3:
    middle, 4: last), content. The file begins with seven bytes of its own.
    """
    from wandb.proto.wandb_internal_pb2 import Record

    (path,) = folder.glob("*.wandb")
    raw, at, body, found = path.read_bytes(), HEAD, b"", []
    while at + HEAD <= len(raw):
        if BLOCK - at % BLOCK < HEAD:
            at += BLOCK - at % BLOCK
            continue
        size, kind = int.from_bytes(raw[at + 4 : at + 6], "little"), raw[at + 6]
        body += raw[at + HEAD : at + HEAD + size]
        at += HEAD + size
        if kind in (1, 4):
            found.append(Record.FromString(body))
            body = b""
    return found


def history(every: list[Any]) -> list[dict[str, Any]]:
    """What was logged at each step, of the records of a run."""
    return [
        {item.key or "/".join(item.nested_key): json.loads(item.value_json)
         for item in each.history.item}
        for each in every
        if each.HasField("history")
    ]  # fmt: skip
