"""Recordings of event cameras and spikes of artificial ears, read and counted into steps."""
