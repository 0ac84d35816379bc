"""`python -m tests.matrix.update` measures the matrices and writes tests/matrix/*.csv. Read the diff, then commit."""

from __future__ import annotations

import os
import subprocess
import sys


def main() -> int:
    """Run the matrix tests with writing switched on."""
    command = [sys.executable, "-m", "pytest", "tests/matrix", "-q", "-p", "no:randomly", *sys.argv[1:]]
    return subprocess.run(command, env=os.environ | {"LINLI_MATRIX_UPDATE": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
