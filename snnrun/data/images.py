"""Pictures in files, in any format that Pillow opens, as bytes of one size."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from snnrun.core.disk import open_file
from snnrun.errors import DataError

if TYPE_CHECKING:  # Pillow is imported where a picture is
    from PIL.Image import Image

Colours = Literal["rgb", "grey"]
Fit = Literal["crop", "stretch"]
_OPAQUE = 255


@dataclass(frozen=True)
class Bytes:
    """What a file holds that has no path.

    name: what messages call it.
    content: of it.
    """

    name: str
    content: bytes


def extensions() -> frozenset[str]:
    """Return how the names of pictures end, in small letters, with their dot."""
    from PIL import Image

    known = Image.registered_extensions()
    return frozenset(end for end, kind in known.items() if kind in Image.OPEN)


def is_picture(content: bytes) -> bool:
    """Tell whether bytes are those of a picture, though it may be a damaged one."""
    try:
        with _opened(Bytes("", content)):
            return True
    except DataError:
        return False


def read_image(
    file: Path | Bytes, size: tuple[int, int], fit: Fit, colours: Colours
) -> NDArray[np.uint8]:
    """Return a picture as bytes ``[channel, height, width]``.

    Args:
        file: its path, or what it holds.
        size: height and width to come to, by a bilinear filter as wide as the coarser grid.
        fit: crop: what is too long or too high goes, the middle stays; stretch: all stays.
        colours: three channels, or one of brightness.

    Raises:
        DataError: the file is no picture, or a damaged one.
    """
    from PIL import Image, ImageOps

    with _opened(file) as picture:
        image = _of_bytes(picture).convert("L" if colours == "grey" else "RGB")
    filter_, wanted = Image.Resampling.BILINEAR, size[::-1]
    if image.size != wanted and fit == "crop":
        image = ImageOps.fit(image, wanted, filter_)
    elif image.size != wanted:
        image = image.resize(wanted, filter_)
    pixels = np.asarray(image)
    return pixels[None] if colours == "grey" else pixels.transpose(2, 0, 1)


def left_out(file: Path | Bytes) -> str:
    """Return what a picture has beside its pixels, which are all that is read of it; in words.

    Raises:
        DataError: the file is no picture, or a damaged one.
    """
    with _opened(file) as picture:
        frames = getattr(picture, "n_frames", 1)
        if frames > 1:
            return f"of {frames} pictures in a file, the first is taken"
        if picture.has_transparency_data:
            alpha = np.asarray(picture.convert("RGBA").getchannel("A"))
            if alpha.min() < _OPAQUE:
                return "where a picture is transparent, the colour beneath is taken"
    return ""


@contextmanager
def _opened(file: Path | Bytes) -> Iterator["Image"]:
    from PIL import Image

    name = file.name if isinstance(file, Bytes) else file
    try:
        content = BytesIO(file.content) if isinstance(file, Bytes) else open_file(file)
        with content, Image.open(content) as picture:
            yield picture
    except Exception as error:  # each format has its own
        said = getattr(error, "strerror", None) or re.sub("<.*>", "it", str(error))
        said = said or type(error).__name__
        raise DataError(f"{name}: cannot be read as a picture: {said}") from error


def _of_bytes(image: "Image") -> "Image":
    """Return a picture of 16 bits as one of 8, where Pillow would cut all above 255."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("pixels have 32 bits; expected 8 or 16")
    return image
