"""NIR, the Neuromorphic Intermediate Representation: graphs of nodes in HDF5 files.

Pedersen et al., Neuromorphic intermediate representation, Nature Communications 15 (2024). What
becomes of which node is told in docs/nir.md.
"""
