"""With how many bits the weights of a network act. Settings only; quantised.py does it."""

from typing import Annotated

from pydantic import Field

Bits = Annotated[
    int | None,
    Field(
        ge=2,
        le=32,
        description="bits of the weights as they act; they learn and are saved as they are; null, "
        "or 32: no fewer",
    ),
]
OwnBits = Annotated[
    int | None,
    Field(ge=2, le=32, description="bits of the weights of the layer; null: those of the network"),
]


def told(bits: int | None) -> str:
    """Return what tables say of the bits of a layer, behind its shape.

    Example:
        >>> told(4), told(None), told(32)
        (', 4 bits', '', '')
    """
    return "" if bits in (None, 32) else f", {bits} bits"
