"""What pytest need not look into: these hold what tests import, and no tests."""

collect_ignore = ["graph.py", "yinyang.py"]
