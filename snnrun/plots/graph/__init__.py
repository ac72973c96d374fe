"""Figures of networks that are graphs of groups and synapses."""
