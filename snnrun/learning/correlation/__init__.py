"""Learning by correlations of spikes: synapses change while samples run."""
