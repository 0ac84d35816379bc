"""Linli standards."""
