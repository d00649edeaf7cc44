"""Embedders: text to vectors, each with a name, a dimension and a version that tell its space from others."""
