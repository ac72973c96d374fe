"""What everything else, and every plug-in, imports."""
