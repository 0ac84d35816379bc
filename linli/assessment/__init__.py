"""Linli assessment."""
