"""Config files: read them, say what is wrong with them, write them.

========== ==================================================================
tree       YAML text -> plain values that know their line and column
reading    files that extend each other, and overrides -> one such tree
problems   what pydantic finds wrong -> lines that say where and what
wording    what is said of one wrong value
fields     which settings lie inside which
dumping    settings -> YAML that is pleasant to read
========== ==================================================================

What a config may say is not known here: that is :class:`snnrun.experiment.Experiment`.
"""
