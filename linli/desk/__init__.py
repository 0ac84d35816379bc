"""Linli desk."""
