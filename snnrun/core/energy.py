"""What synaptic operations cost, as papers on spiking networks estimate it: 32-bit floats, 45 nm.

The numbers are those for the arithmetic alone; memory, neurons and leakage are left out.
"""

MULTIPLICATION = 4.6  #: pJ, of a multiplication with an addition (MAC)
ACCUMULATION = 0.9  #: pJ, of an addition (AC)


_UNITS = {1e-3: "mJ", 1e-6: "µJ", 1e-9: "nJ", 1e-12: "pJ"}


def energy_words(joule: float) -> str:
    """Return an energy with a unit of its size.

    Example:
        >>> energy_words(5.1834e-8), energy_words(0.0)
        ('51.8 nJ', '0 pJ')
    """
    size, name = unit_of(joule)
    return f"{joule / size:.3g} {name}"


def unit_of(joule: float) -> tuple[float, str]:
    """Return the largest unit that is no larger, in J, and its name."""
    size = next((size for size in _UNITS if joule >= size), 1e-12)
    return size, _UNITS[size]


def energy(accumulations: float, multiplications: float) -> float:
    """Return the energy in J.

    Example:
        >>> f"{energy(1000, 100):.3g}"
        '1.36e-09'
    """
    return 1e-12 * (ACCUMULATION * accumulations + MULTIPLICATION * multiplications)
