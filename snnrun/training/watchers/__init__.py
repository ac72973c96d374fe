"""What looks on while a network trains: progress bar, live plot, loggers."""
