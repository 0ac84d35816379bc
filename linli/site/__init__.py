"""Linli site."""
