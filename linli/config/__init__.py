"""Linli config."""
