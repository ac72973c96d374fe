"""Figures of Spike-By-Spike networks."""
