"""Linli places."""
