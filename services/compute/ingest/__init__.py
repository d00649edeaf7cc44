"""Importers: from public price tables to snapshots of the catalogue."""
