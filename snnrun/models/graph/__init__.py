"""Networks as graphs of neurons and synapses."""
