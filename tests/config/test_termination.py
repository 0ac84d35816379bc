"""A process that is told to end ends, whenever that is."""

from __future__ import annotations

import subprocess
import sys

TELL = (
    "import os, signal; from linli.config import termination; termination.end_when_told()\n"
    "{0}os.kill(os.getpid(), signal.SIGTERM)"
)
SWALLOWED = "class Loading:\n  def __del__(self): os.kill(os.getpid(), signal.SIGTERM)\nLoading(); import sys; "
SAID = "sys.exit(0 if termination.told_to_end.is_set() else 5)"


def left(program: str) -> int:
    """The exit code of a Python program."""
    return subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode


def test_a_command_that_is_told_to_end_leaves_with_143() -> None:
    assert left(TELL.format("")) == 143


def test_being_told_is_known_though_the_exception_was_swallowed() -> None:
    program = TELL.format(SWALLOWED + SAID + "\n")
    assert left(program) == 0


def test_a_worker_that_was_told_while_it_loaded_does_not_begin() -> None:
    program = (
        "import asyncio; from linli.config import jobs, termination\n"
        "termination.told_to_end.set()\nasyncio.run(jobs._work(None))"
    )
    assert left(program) == 0
