"""Linli insight."""
