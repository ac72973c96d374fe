"""Lambert's W function."""
