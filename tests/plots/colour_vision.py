r"""How far apart two colours look, to people with all kinds of cones and to those who lack one.

Distances are CIEDE2000: Sharma, Wu & Dalal, Color Research and Application 30 (2005). What a
dichromat sees follows Viénot, Brettel & Mollon, Color Research and Application 24 (1999): of the
responses of the cones (L, M, S), the absent one becomes that mix of the others which leaves white
and the blue primary as they are.
"""

import numpy as np
from matplotlib.colors import to_rgb

_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375],
     [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
_LMS = np.array(
    [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
)


def lacking(cone: int) -> np.ndarray:
    """Return the matrix of linear RGB for people without the cone: 0 long, 1 middle, 2 short."""
    others = [each for each in range(3) if each != cone]
    kept = _LMS.sum(axis=1), _LMS[:, 2]  # white and blue
    mix = np.linalg.solve([each[others] for each in kept], [each[cone] for each in kept])
    change = np.eye(3)
    change[cone] = 0
    change[cone, others] = mix
    return np.linalg.inv(_LMS) @ change @ _LMS


def lab(colours: list[str], seen: np.ndarray | None = None) -> np.ndarray:
    """Return the colours in Lab ``[colours, 3]``, as seen through a matrix of linear RGB."""
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = linear if seen is None else np.clip(linear @ seen.T, 0, 1)
    x = linear @ _XYZ.T / _XYZ.sum(axis=1)
    f = np.where(x > 216 / 24389, np.cbrt(x), (24389 / 27 * x + 16) / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return CIEDE2000 between colours in Lab ``[..., 3]``."""
    (light, a, b), (other, a2, b2) = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0)
    mean = (np.hypot(a, b) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    chroma, chroma2 = np.hypot(stretch * a, b), np.hypot(stretch * a2, b2)
    hue, hue2 = (np.degrees(np.arctan2(y, stretch * x)) % 360 for x, y in ((a, b), (a2, b2)))
    grey = chroma * chroma2 == 0
    turn = np.where(grey, 0, (hue2 - hue + 180) % 360 - 180)
    middle = np.where(grey, hue + hue2, hue + turn / 2)
    level, mean = (light + other) / 2, (chroma + chroma2) / 2
    weight = (
        1
        - 0.17 * np.cos(np.radians(middle - 30))
        + 0.24 * np.cos(np.radians(2 * middle))
        + 0.32 * np.cos(np.radians(3 * middle + 6))
        - 0.20 * np.cos(np.radians(4 * middle - 63))
    )
    lightness = (other - light) / (1 + 0.015 * (level - 50) ** 2 / np.sqrt(20 + (level - 50) ** 2))
    colourful = (chroma2 - chroma) / (1 + 0.045 * mean)
    turned = 2 * np.sqrt(chroma * chroma2) * np.sin(np.radians(turn / 2))
    turned = turned / (1 + 0.015 * mean * weight)
    blue = 60 * np.exp(-(((middle % 360 - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(mean**7 / (mean**7 + 25.0**7)) * np.sin(np.radians(blue))
    return np.sqrt(lightness**2 + colourful**2 + turned**2 + rotation * colourful * turned)


def least(colours: list[str], seen: np.ndarray | None = None) -> float:
    """Return the distance of the two colours that are closest to each other."""
    found = lab(colours, seen)
    apart = distances(found[:, None], found[None])
    return float(apart[np.triu_indices(len(colours), 1)].min())
