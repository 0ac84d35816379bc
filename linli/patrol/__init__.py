"""Linli patrol."""
