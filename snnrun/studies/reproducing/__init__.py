"""What papers report, trained again: their sweeps, and our numbers beside theirs."""
