"""How many examples a property test draws."""

from __future__ import annotations

import os


def examples(many: int) -> int:
    """A quarter of `many`: they are the same ones at every run. All of them when somebody looks further on purpose."""
    return many if os.environ.get("LINLI_HYPOTHESIS") == "random" else many // 4
