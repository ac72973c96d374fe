"""Learning in Spike-By-Spike networks."""
