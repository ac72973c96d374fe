"""Leaky integrate-and-fire neurons over time."""
