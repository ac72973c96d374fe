"""Local learning: each layer learns from its own activity and a signal from the output."""
