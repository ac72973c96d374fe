"""This machine's compiled kernels beside their readable twins."""
