"""Linli people."""
