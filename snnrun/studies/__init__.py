"""Sweeps: one config, trained with many settings and seeds, and the table of what came out."""
