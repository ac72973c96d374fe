"""Random numbers that are counted."""
