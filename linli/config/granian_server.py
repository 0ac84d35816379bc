"""`python -m linli.config.granian_server …`: granian, with the application loaded before its processes are made.

They are forks of this one (on Linux), so it is loaded once and not by each, they share its memory, and one that died is
there again at once. Started by `linli serve` while the database still starts, it loads and then waits at the gate:
nothing listens before the installation was looked at.
"""

from __future__ import annotations

import os
import sys

from django.db import connections
from granian.cli import entrypoint

from linli.config.termination import GATE
from linli.config.wsgi import application

__all__ = ["application"]


def may_serve() -> bool:
    """Wait at the gate, if there is one; False when whoever was to open it has gone."""
    descriptor = os.environ.pop(GATE, "")
    if not descriptor:
        return True
    with os.fdopen(int(descriptor), "rb", buffering=0) as gate:
        return gate.read(1) == b"1"


if __name__ == "__main__":
    # A connection that loading had opened would be one for all processes.
    connections.close_all()
    if not may_serve():
        sys.exit(1)
    entrypoint()  # type: ignore[no-untyped-call]
