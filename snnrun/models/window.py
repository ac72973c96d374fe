"""The part of its input that an output position sees: kernel, stride, dilation, padding.

Along each axis an input of size n gives floor((n + 2 p - d (k - 1) - 1) / s) + 1 positions.
Shapes are (channels, height, width).
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from snnrun.core.registry import Settings

Shape = tuple[int, int, int]
AXES = ("rows", "columns")


def _pair(sizes: Any) -> Any:
    return (sizes, sizes) if isinstance(sizes, int) else sizes


MOST = 2**15  # of a size, as many as the kernels take
Size = Annotated[int, Field(ge=1, le=MOST)]
Sizes = Annotated[
    tuple[Size, Size], BeforeValidator(_pair, json_schema_input_type=Size | tuple[Size, Size])
]
Margin = Annotated[int, Field(ge=0, le=MOST)]
Margins = Annotated[
    tuple[Margin, Margin],
    BeforeValidator(_pair, json_schema_input_type=Margin | tuple[Margin, Margin]),
]


def square(size: int) -> tuple[int, int]:
    """Return the same number for rows and columns."""
    return size, size


class WindowSettings(Settings):
    """What an output position sees: a number for each axis, or one for both."""

    kernel: Annotated[
        Sizes | None, Field(description="rows and columns of the kernel; null: those of the input")
    ] = None
    stride: Annotated[Sizes, Field(description="input rows, columns to the next position")] = (1, 1)
    dilation: Annotated[
        Sizes, Field(description="input rows, columns to the next place of the kernel")
    ] = (1, 1)
    padding: Annotated[Margins, Field(description="rows, columns of zeros around the input")] = (
        0,
        0,
    )

    def kernel_size(self, shape: Shape) -> tuple[int, int]:
        """Return the kernel for input of this shape."""
        return shape[1:] if self.kernel is None else self.kernel

    def positions(self, shape: Shape) -> tuple[int, int]:
        """Return rows and columns of output positions.

        Raises:
            ValueError: the kernel is larger than the input; the text begins with the key to blame.
        """
        axes = zip(
            AXES,
            shape[1:],
            self.kernel_size(shape),
            self.stride,
            self.dilation,
            self.padding,
            strict=True,
        )
        rows, columns = (_positions(*axis) for axis in axes)
        return rows, columns

    def reach(self, shape: Shape) -> tuple[list[int], list[int]]:
        """Return how many positions see each row of the input, and how many see each column.

        Example:
            >>> WindowSettings(kernel=3, padding=1).reach((1, 4, 2))
            ([2, 3, 3, 2], [2, 2])
        """
        axes = zip(
            shape[1:],
            self.kernel_size(shape),
            self.stride,
            self.dilation,
            self.padding,
            self.positions(shape),
            strict=True,
        )
        rows, columns = (_reach(*axis) for axis in axes)
        return rows, columns


def _reach(
    size: int, kernel: int, stride: int, dilation: int, padding: int, positions: int
) -> list[int]:
    found = [0] * size
    for place in range(kernel):
        for position in range(positions):
            seen = position * stride + place * dilation - padding
            if 0 <= seen < size:
                found[seen] += 1
    return found


def _positions(axis: str, size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    reach, room = dilation * (kernel - 1) + 1, size + 2 * padding
    if reach > room:
        raise ValueError(f"kernel: reaches over {reach} {axis}, but the input has {room}")
    return (room - reach) // stride + 1
