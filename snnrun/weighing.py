"""Does an experiment fit into the memory of this machine? Known from its settings, without torch.

Counted is what a training holds at the least, all of it at once:

    weights   parameters, their gradients, what the optimiser keeps of each
    a batch   outputs of all layers, at all steps if the rule needs them
    samples   of data sets that draw their own

and compared with all memory that there is, not with what happens to be free. Of a batch a quarter
counts: half precision, and layers that share their memory, may do with so much. So what is refused
cannot fit, and what is not may yet be too large. Of a network that learns nothing, the outputs of
its largest layer count, for one sample at one step. Models of plug-ins that do not tell the sizes
of their outputs are weighed without them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnrun.core.capabilities import Capability, InputKind
from snnrun.core.memory import size_words, total
from snnrun.core.paths import cut
from snnrun.core.paths import steps as keys_in
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment

_WIDTH = {"float32": 4, "float64": 8}  # bytes of a number
_LEAST = 4  # of a batch, such a part is surely held
_TIMED = (InputKind.STEPS, InputKind.IMAGE_STEPS)
#: One of these is there where a graphics card can compute; what is trained then lies in its memory.
_CARDS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))


@dataclass(frozen=True)
class Part:
    """A part of what a training holds.

    key: of the config, that is to blame for most of it.
    size: bytes, at the least.
    words: what it is made of.
    """

    key: str
    size: int
    words: str


def check_memory(whole: Experiment, processes: int = 1, learning: bool = True) -> None:
    """Refuse an experiment that this machine has no memory for.

    Args:
        whole: the experiment.
        processes: that share each batch.
        learning: whether it is to be trained; else it takes samples, weights and one layer at once.

    Raises:
        ConfigError: naming the key that is to blame for most, what it takes and what there is.
    """
    found, there = parts(whole, processes, learning), total()
    if sum(part.size for part in found) > there:
        largest = max(found, key=lambda part: part.size)
        worst = next((part for part in found if part.size > there), largest)
        takes, has = size_words(worst.size), size_words(there)
        raise ConfigError(
            f"{worst.key}: {cut(worst.words, 300)} take {takes} of memory or more; "
            f"this machine has {has}"
        )


def memory_text(whole: Experiment) -> str:
    """Return in a line what a training holds at the least, and what there is."""
    size = sum(part.size for part in parts(whole))
    return f"memory: at least {size_words(size)} of {size_words(total())}"


def parts(whole: Experiment, processes: int = 1, learning: bool = True) -> list[Part]:
    """Return what is held at once; as :func:`check_memory`."""
    if learning:
        samples = min(whole.train.batch_size, whole.data.training_samples or 1)
        held = list(_outputs(whole, max(1, samples // processes), _steps(whole)))
    else:
        held = sorted(_outputs(whole, 1, 1), key=lambda part: part.size)[-1:]
    return [*_samples(whole), _sample(whole), *_weights(whole, learning), *held]


def _samples(whole: Experiment) -> Iterator[Part]:
    for key, size in whole.data.drawn_bytes().items():
        yield Part(f"data.{key}", size, "the samples that are drawn")


def _sample(whole: Experiment) -> Part:
    """Return a single sample: as it is read, and encoded."""
    given, encoded = math.prod(whole.data.sample_shape), whole.input_size
    key, values = ("encoder", encoded) if encoded > given else ("data", given)
    return Part(key, values * _WIDTH["float32"], f"the {values:,} values of a sample")


def _weights(whole: Experiment, learning: bool) -> Iterator[Part]:
    kept = learning and _all_learn(whole) and not _on_a_card(whole)
    optimizer = whole.train.optimizer if kept else None
    copies = 1 if optimizer is None else 2 + optimizer.kept
    shown = "" if optimizer is None else ", their gradients and what the optimiser keeps of them"
    for name, shape, count in whole.layers():
        size = count * copies * _WIDTH[whole.train.precision]
        listed = keys_in(name)[0][0] in type(whole.model).model_fields
        yield Part(
            f"model.{name}" if listed else f"model: {name}",
            size,
            f"the {count:,} weights {shape}{shown}",
        )


def _all_learn(whole: Experiment) -> bool:
    """Tell whether no weights are frozen; else nobody looks which."""
    layers = getattr(whole.model, "layers", ())
    return not whole.train.frozen and all(getattr(each, "trainable", True) for each in layers)


def _outputs(whole: Experiment, shown: int, shown_for: int) -> Iterator[Part]:
    """Yield the outputs of each layer for so many samples at once, at so many steps."""
    outputs = list(whole.model.layer_outputs(whole.model_input, whole.data.outputs))
    if not outputs or _on_a_card(whole):
        return
    width = _WIDTH[whole.train.precision]
    for key, count in outputs:
        factors = {f"model.{key}": count, "encoder.steps": shown_for, "train.batch_size": shown}
        words = f"{count:,} outputs at {shown_for:,} steps of {shown:,} samples at once"
        if shown == shown_for == 1:
            words = f"the {count:,} outputs of a sample"
        size = count * shown_for * shown * width // _LEAST
        yield Part(max(factors, key=lambda each: factors[each]), size, words)


def _steps(whole: Experiment) -> int:
    """Return how many steps of a sample are held."""
    if Capability.TRACES in whole.learning.needs or whole.model.input_kind not in _TIMED:
        return 1
    steps: Any = getattr(whole.encoder, "steps", 1)
    return int(whole.data.steps or steps)


def _on_a_card(whole: Experiment) -> bool:
    able = "cuda" in whole.model.devices and whole.train.device != "cpu"
    return able and any(card.exists() for card in _CARDS)
