"""Faults of processes and disks, tried for as long as there is time: ``make faults``."""
