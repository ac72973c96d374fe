"""Leaky integrate-and-fire networks that advance in steps."""
