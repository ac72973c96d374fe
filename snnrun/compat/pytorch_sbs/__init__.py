"""Files of pytorch-sbs, https://github.com/davrot/pytorch-sbs, of both its generations.

The code of 2022 takes one JSON file, that of 2023 takes network.json, dataset.json and def.json
from one folder. Rotermund, Pawelzik, Frontiers in Computational Neuroscience 13 (2019).
"""
