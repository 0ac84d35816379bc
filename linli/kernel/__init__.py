"""Linli kernel."""
