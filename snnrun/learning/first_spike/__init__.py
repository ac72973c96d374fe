"""Learning with exact first-spike times."""
