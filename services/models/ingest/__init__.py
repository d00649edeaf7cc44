"""Importers: the Hub, JSON lines in its shape, and the starter set; each becomes one published snapshot."""
