"""Linli : the operating system of a neighbourhood (邻里)."""

__version__ = "0.1.0"
