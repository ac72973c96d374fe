"""Figures of any network: how active it is, what an answer costs, and how soon it comes."""
