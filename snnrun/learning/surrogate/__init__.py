"""Backpropagation through time with surrogate derivatives."""
