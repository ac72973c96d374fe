"""Pictures in files, in any format that Pillow opens, as bytes of one size."""

import re
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


def extensions() -> frozenset[str]:
    """Return how the names of pictures end, in small letters, with their dot."""
    from PIL import Image

    known = Image.registered_extensions()
    return frozenset(end for end, kind in known.items() if kind in Image.OPEN)


def read_image(path: Path, size: tuple[int, int], fit: Fit, colours: Colours) -> NDArray[np.uint8]:
    """Return a picture as bytes ``[channel, height, width]``.

    Args:
        path: of the file.
        size: height and width to come to, by a bilinear filter as wide as the coarser grid.
        fit: crop: what is too long or too high goes, the middle stays; stretch: all stays.
        colours: three channels, or one of brightness.

    Raises:
        DataError: the file is no picture, or a damaged one.
    """
    from PIL import Image, ImageOps

    try:
        with open_file(path) as content, Image.open(content) as file:
            image = _of_bytes(file).convert("L" if colours == "grey" else "RGB")
    except Exception as error:  # each format has its own
        said = getattr(error, "strerror", None) or re.sub("<.*>", "it", str(error))
        said = said or type(error).__name__
        raise DataError(f"{path}: cannot be read as a picture: {said}") from error
    filter_, wanted = Image.Resampling.BILINEAR, size[::-1]
    if image.size != wanted and fit == "crop":
        image = ImageOps.fit(image, wanted, filter_)
    elif image.size != wanted:
        image = image.resize(wanted, filter_)
    pixels = np.asarray(image)
    return pixels[None] if colours == "grey" else pixels.transpose(2, 0, 1)


def _of_bytes(image: "Image") -> "Image":
    """Return a picture of 16 bits as one of 8, where Pillow would cut all above 255."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("pixels have 32 bits; expected 8 or 16")
    return image
