"""Shapes of groups of neurons: a number of them, or those of an image. No torch is needed."""


def image(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return channel, height and width of a shape that may leave out the channel.

    Raises:
        ValueError: it is that of no image.

    Example:
        >>> image((8, 6)), image((2, 8, 6))
        ((1, 8, 6), (2, 8, 6))
    """
    if len(shape) not in (2, 3):
        raise ValueError(
            f"expected an image, [channel, height, width], got {list(shape)}; give the group a "
            "size such as [1, 28, 28]"
        )
    channel, height, width = (1, *shape)[-3:]
    return channel, height, width


def windowed(
    shape: tuple[int, ...], filters: int, kernel: int, stride: int, padding: int
) -> tuple[int, int, int]:
    """Return the shape of what windows make of an image, for so many filters.

    Raises:
        ValueError: a window is larger than the image.

    Example:
        >>> windowed((1, 28, 28), 16, kernel=5, stride=2, padding=0)
        (16, 12, 12)
    """
    _, height, width = image(shape)
    if kernel > min(height, width) + 2 * padding:
        raise ValueError(
            f"kernel: {kernel} x {kernel} is larger than an image of {height} x {width}"
            + (f" with padding {padding}" if padding else "")
        )
    sides = [(side + 2 * padding - kernel) // stride + 1 for side in (height, width)]
    return filters, sides[0], sides[1]


def refuse_uneven(group: str, neurons: int, classes: int, what: str = "classes") -> None:
    """Refuse a group whose neurons cannot stand for classes by their place.

    Raises:
        ValueError: their number is no multiple of the classes.
    """
    if neurons % classes:
        below = neurons - neurons % classes
        near = f"{below} or {below + classes}" if below else f"{classes}"
        raise ValueError(
            f"{group} has {neurons} neurons, which cannot be shared among {classes} {what}; "
            f"expected a multiple, such as {near}"
        )
