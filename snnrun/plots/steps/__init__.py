"""Figures of networks that advance in steps."""
