"""Networks of neurons that spike at most once."""
