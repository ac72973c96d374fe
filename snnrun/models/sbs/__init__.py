"""Spike-By-Spike networks: layers of groups that infer causes from one spike after another."""
