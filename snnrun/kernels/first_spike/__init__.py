"""First-spike times and their gradients."""
