"""Shares of batches that sum exactly."""


class Share(float):
    """A share of a batch that knows of how many, so that shares of any batches sum exactly.

    Args:
        count: how many it is.
        of: how many there are.

    Example:
        >>> Share(1, 4), Share(1, 4).count, Share(1, 4).of
        (0.25, 1, 4)
    """

    def __new__(cls, count: float, of: int) -> "Share":
        """Divide."""
        return super().__new__(cls, count / of)

    def __init__(self, count: float, of: int) -> None:
        self.count, self.of = count, of

    def __reduce__(self) -> tuple[type["Share"], tuple[float, int]]:
        """Travel to other processes."""
        return Share, (self.count, self.of)
