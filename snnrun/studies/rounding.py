"""Numbers beside their deviation, with the digits that it gives them, in every table and figure.

A deviation has two digits, and its number ends where it does: ``91.2 ± 1.2``. More than five digits
of a number are those of its rounding, so no deviation asks for more: ``80.833 ± 0.000``.
"""

import math
from decimal import ROUND_HALF_UP, Decimal

_OF_DEVIATION, _OF_NUMBER = 2, 5  # digits
_SMALL, _LARGE = 1e-3, 1e6  # between which numbers are written without a power of ten


def with_deviation(mean: float, deviation: float) -> tuple[str, str]:
    """Return a mean and its standard deviation, in the same digits and power of ten.

    Example:
        >>> with_deviation(91.234, 1.23), with_deviation(80.83333, 4.8e-5)
        (('91.2', '1.2'), ('80.833', '0.000'))
        >>> with_deviation(3.1234e-6, 4e-8), with_deviation(0.5, 0.0)
        (('3.123e-06', '0.040e-06'), ('0.5', '0'))
        >>> with_deviation(42.5, 13.0), with_deviation(42.499999999999996, 13.0)
        (('43', '13'), ('43', '13'))
    """
    if not (math.isfinite(mean) and math.isfinite(deviation)):
        return f"{mean:g}", f"{deviation:g}"
    if not deviation:
        return f"{mean:.4g}", "0"
    power = _power(max(abs(mean), deviation))
    mean, deviation = mean / 10.0**power, deviation / 10.0**power
    end = f"e{power:+03d}" if power else ""
    digits = _digits(mean, deviation)
    return _to(mean, digits) + end, _to(deviation, digits) + end


def told(mean: float, deviation: float | None, percent: bool, between: str = " ± ") -> str:
    """Return what a table says of the runs of a cell.

    Args:
        mean: of them.
        deviation: between them; None of a single run: four digits, in percent two decimals.
        percent: whether it is in percent.
        between: what stands between the two.

    Example:
        >>> told(91.25, 0.5, True), told(91.25, None, True), told(0.12345, None, False)
        ('91.25 ± 0.50', '91.25', '0.1235')
    """
    if deviation is None or not math.isfinite(mean):
        return f"{mean:.2f}" if percent else f"{mean:.4g}"
    return between.join(with_deviation(mean, deviation))


def rounded(value: float, deviation: float) -> str:
    """Return a number with the digits that a deviation gives it.

    Example:
        >>> rounded(88.512, 1.27), rounded(1234567.0, 4000.0), rounded(2.0, 0.0)
        ('88.5', '1.2346e+06', '2')
    """
    return with_deviation(value, deviation)[0]


def _power(largest: float) -> int:
    """Return the power of ten that is taken out of numbers; 0 where they read well."""
    return 0 if _SMALL <= largest < _LARGE else math.floor(math.log10(largest))


def _digits(mean: float, deviation: float) -> int:
    """Return how many digits stand behind the point; negative: so many zeros before it."""
    digits = _OF_DEVIATION - 1 - math.floor(math.log10(deviation))
    if not mean:
        return digits
    return min(digits, _OF_NUMBER - 1 - math.floor(math.log10(abs(mean))))


def _to(value: float, digits: int) -> str:
    """Return a number of so many digits. Halves go up, also those that a sum missed by a bit."""
    exact = Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{exact:,.{max(0, digits)}f}"
