"""Kinds of files that a figure can be written as."""

FORMATS = ("pdf", "png", "svg")
#: One for print, one for the screen.
USUAL = ("pdf", "png")
