"""Crash, race and abuse: the rows of docs/reliability.md, how often each is tried, and what it does not prove.

The proofs themselves are tests (tests/chaos). `make test` runs them with the small numbers, `python -m chaos` with the
large ones.
"""
