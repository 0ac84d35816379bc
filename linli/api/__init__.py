"""The REST interface, /api/v1/: thin. It parses, calls what the rooms offer, and answers."""
