"""Linli campaigns."""
