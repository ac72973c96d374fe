"""Numeric kernels: pure functions on arrays, each with a readable twin and a compiled one."""
