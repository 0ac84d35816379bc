"""Linli requests."""
