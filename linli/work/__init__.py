"""Linli work."""
