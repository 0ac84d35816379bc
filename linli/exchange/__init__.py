"""Bringing in what people have: one importer for every kind of data. The rooms furnish the kinds."""
