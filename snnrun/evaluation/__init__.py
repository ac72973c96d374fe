"""Trained networks at work."""
