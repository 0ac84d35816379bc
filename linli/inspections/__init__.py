"""Linli inspections."""
