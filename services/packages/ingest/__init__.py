"""Imports charts from Helm repositories, OCI registries and Artifact Hub."""
