"""Absurd values in JSON and in files of tensors, with checksums that fit them."""

import hashlib
import json
import zlib
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from snnrun.core.disk import read_file
from tests.faults.damage import Fault

_NUMBERS = [
    -1, 0, 1, 2, 3, 7, 100, 10**6, 2**31, 2**53, 2**63, 2**64, 10**30, -(10**18), 0.5, 1e-300,
    1e300, float("nan"), float("inf"), -float("inf"), True, False,
]  # fmt: skip
_OTHERS: list[Any] = [
    None, "", "text", "NaN", "Infinity", "1", "x" * 3000, "a\0b", "\ud800", "\x1b[2J", "../..",
    "/dev/zero", "epoch_0001", [], {}, [[]], [None], {"": 1}, {"a": {}}, [1] * 2000,
    {str(k): k for k in range(500)},
]  # fmt: skip
#: Texts that no value is written as.
_RAW = [
    "[" * 100_000, '{"a":' * 2000, "1e999", "9" * 5000, "-" + "9" * 400, "nul", '"\\ud800"',
    "[" + "1," * 3000 + "1]", "NaN", "", '{"a": 1, "a": 2}',
]  # fmt: skip
_MARK = "@raw@"
_TYPES = [
    torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int8, torch.bool, torch.uint8,
    torch.complex64,
]  # fmt: skip


# ---- JSON ----


def json_changed(value: Any, draw: Random, changes: int = 1) -> str:
    """Return JSON like that of a value, with something in it changed for the worse."""
    raw = ""
    for _ in range(changes):
        value, new = _with_one_changed(value, draw)
        raw = new or raw
    return json.dumps(value, indent=2).replace(f'"{_MARK}"', raw)


def _with_one_changed(value: Any, draw: Random) -> tuple[Any, str]:
    """Return a copy with one value changed, and what stands for the mark in it."""
    value = json.loads(json.dumps(value))
    inner = [part for part in _parts(value) if part]
    raw = draw.choice(_RAW) if draw.random() < 0.1 else ""
    if not inner or draw.random() < 0.02:
        return (_MARK if raw else draw.choice(_OTHERS)), raw
    part = draw.choice(inner)
    key: Any = draw.choice(list(part)) if isinstance(part, dict) else draw.randrange(len(part))
    how = draw.random()
    if how < 0.12:
        del part[key]
    elif how < 0.2:
        other: Any = draw.choice(inner)
        part[key] = json.loads(json.dumps(other))
    elif how < 0.25 and isinstance(part, dict):
        part[str(draw.choice(_NUMBERS + _OTHERS))[:2000]] = part.pop(key)
    elif how < 0.3 and isinstance(part, list):
        part.extend(part[:] * draw.choice([1, 50]))
    else:
        part[key] = _MARK if raw else draw.choice(_NUMBERS if how < 0.7 else _OTHERS)
    return value, raw


def _parts(value: Any) -> list[Any]:
    """Return all maps and lists in a value."""
    if not isinstance(value, dict | list):
        return []
    inside = value.values() if isinstance(value, dict) else value
    return [value, *(part for each in inside for part in _parts(each))]


def json_file(path: Path, draw: Random) -> Fault:
    """Change a JSON file of a run folder, with the checksum that it has at its end."""
    content = json.loads(path.read_text())
    had = content.pop("crc", None) if isinstance(content, dict) else None  # changed twice
    text = json_changed(content, draw, draw.choice([1, 1, 2]))
    if had is not None and text.endswith("\n}"):
        text = text.removesuffix("\n}")
        text = f'{text},\n  "crc": "{_crc(text)}"\n}}\n'
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return Fault(path.name, "absurd values", mended=True)


def lines_file(path: Path, draw: Random) -> Fault:
    """Change a line of a file that grows, with its checksum; or repeat, drop, shuffle lines."""
    lines = path.read_text().splitlines(keepends=True)
    number = draw.randrange(len(lines))
    how = draw.choice(["change", "change", "change", "drop", "repeat", "shuffle", "unsigned"])
    if how in ("change", "unsigned"):
        content = json.loads(lines[number])
        if isinstance(content, dict):
            content.pop("crc", None)
        text = json_changed(content, draw).replace("\n", " ")
        signed = text.endswith("}") and how == "change"
        lines[number] = f'{text[:-1]}, "crc": "{_crc(text[:-1])}"}}\n' if signed else text + "\n"
    elif how == "drop":
        del lines[number]
    elif how == "repeat":
        lines[number:number] = [lines[number]] * draw.choice([1, 30])
    else:
        draw.shuffle(lines)
    path.write_bytes("".join(lines).encode("utf-8", "surrogatepass"))
    return Fault(path.name, f"lines: {how}", mended=True)


def _crc(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


# ---- tensors ----


def tensors_file(path: Path, draw: Random) -> Fault:
    """Change tensors of a file, or what its header says of them."""
    if draw.random() < 0.2:
        content = path.read_bytes()
        size = int.from_bytes(content[:8], "little")
        header = json_changed(json.loads(content[8 : 8 + size]), draw).encode("utf-8", "replace")
        length = draw.choice([len(header)] * 9 + [2**63, 0]).to_bytes(8, "little")
        path.write_bytes(length + header + content[8 + size :])
        return Fault(path.name, "absurd header", mended=True)
    tensors = load_file(path)
    name = draw.choice(sorted(tensors)) if tensors else "none"
    what, tensors = _tensors_changed(tensors, name, draw)
    path.write_bytes(save({key: each.clone().contiguous() for key, each in tensors.items()}))
    return Fault(path.name, f"{name}: {what}", mended=True)


def _tensors_changed(
    tensors: dict[str, Tensor], name: str, draw: Random
) -> tuple[str, dict[str, Tensor]]:
    how = draw.choice(["value", "value", "value", "type", "shape", "gone", "new", "name", "swap"])
    if name not in tensors or how == "new":
        return "new", tensors | {"model.more": torch.zeros(draw.choice([0, 1, 5]))}
    found = tensors[name]
    rest = {key: each for key, each in tensors.items() if key != name}
    if how == "gone":
        return how, rest
    if how == "name":
        return how, rest | {draw.choice(["", name + "x", "model.", "rule.", "\x1b[2J"]): found}
    if how == "swap":
        other = draw.choice(sorted(tensors))
        return f"swapped with {other}", tensors | {name: tensors[other], other: found}
    if how == "type":
        kind = draw.choice(_TYPES)
        return str(kind), rest | {name: found.to(kind)}
    if how == "shape":
        flat, turned = found.reshape(-1), found.t() if found.dim() == 2 else found
        shaped = [flat, turned, found[None], flat[:1], flat[:0], flat.repeat(2), found.sum()]
        return how, rest | {name: draw.choice(shaped)}
    return how, rest | {name: _valued(found, draw)}


def _valued(tensor: Tensor, draw: Random) -> Tensor:
    """Return a tensor with one value, or all, at its limits."""
    value = draw.choice([float("nan"), float("inf"), 3e38, -3e38, 1e300, -1.0, 0.0, 1e-45, 1e9])
    if not tensor.is_floating_point():
        value = draw.choice([0, 1, -1, 100, 2**31, -(2**63), 2**62])
        value = bool(value) if tensor.dtype == torch.bool else value
    changed = tensor.clone().reshape(-1)
    where: Any = slice(None) if draw.random() < 0.3 else draw.randrange(max(1, len(changed)))
    if len(changed):
        changed[where] = torch.tensor(value).to(tensor.dtype)
    return changed.reshape(tensor.shape)


def signed(checkpoint: Path) -> None:
    """Let the checksums of a checkpoint fit its files again, as far as it tells any.

    Raises:
        OSError: a file is none any more.
    """
    meta = checkpoint / "meta.json"
    content = json.loads(read_file(meta, 2**20))
    for name in content["sha256"]:
        content["sha256"][name] = hashlib.sha256(read_file(checkpoint / name, 2**24)).hexdigest()
    meta.write_text(json.dumps(content))
