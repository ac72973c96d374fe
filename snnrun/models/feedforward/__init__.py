"""Feed-forward networks of any shape, for surrogate gradients: a list of layers."""
