"""Being told to end (SIGTERM) at any moment, also while modules are loading; and to begin."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

GATE = "LINLI_GATE"
"""The variable with the number of the pipe at which a process that has loaded waits until it may serve."""
told_to_end = threading.Event()
"""Set when the process was told to end. The exception alone is not enough: raised while a module in C asks whether an
attribute is there, it is swallowed without a trace, and a worker told to end while it starts would go on for ever."""


def end_when_told() -> None:
    """Leave with 143 on SIGTERM, so that a command leaves the database as it found it."""
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: FrameType | None) -> None:
    told_to_end.set()
    sys.exit(128 + number)
