"""The public pages: parse, call, answer."""
