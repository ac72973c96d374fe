"""Runs and sweeps, packed for others."""
