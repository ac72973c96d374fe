"""Figures of networks of first-spike times."""
