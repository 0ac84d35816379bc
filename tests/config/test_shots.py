"""`make shots`: every page of the lists can be pictured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
def test_a_page_is_pictured_after_the_district_was_prepared(tmp_path: Path) -> None:
    checkout = Path(__file__).parents[2]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    run = subprocess.run(
        [sys.executable, "-m", "tools.shots", str(tmp_path), "--only", "error-not-found"],
        cwd=checkout, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    assert (tmp_path / "error-not-found-390.png").read_bytes().startswith(b"\x89PNG")
