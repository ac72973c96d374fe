"""Spike-By-Spike layers."""
