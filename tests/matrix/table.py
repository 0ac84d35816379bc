"""Expected tables kept in the repository as CSV: how they are read, compared and written anew."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent
UPDATING = os.environ.get("LINLI_MATRIX_UPDATE") == "1"
"""Set by `python -m tests.matrix.update`: the measured tables are written instead of compared."""

Table = dict[tuple[str, ...], dict[str, str]]


def read(name: str, keys: int) -> Table:
    """Rows by their first `keys` columns; an absent file is an empty table."""
    path = FOLDER / name
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    heads = rows[0][keys:]
    return {tuple(row[:keys]): dict(zip(heads, row[keys:], strict=True)) for row in rows[1:]}


def write(name: str, heads: tuple[str, ...], table: Table) -> None:
    """Sorted rows, so that a change shows as the lines that changed."""
    columns = list(next(iter(table.values())))
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*heads, *columns])
        for key in sorted(table):
            writer.writerow([*key, *(table[key][column] for column in columns)])


def completed(name: str, measured: Table, columns: tuple[str, ...]) -> Table:
    """Measured rows with the cells that were not asked in the quick set as the file has them."""
    keys = len(next(iter(measured)))
    expected = {} if UPDATING else read(name, keys)
    return {
        key: {who: row[who] if who in row else expected.get(key, {}).get(who, "") for who in columns}
        for key, row in measured.items()
    }


def differences(expected: Table, measured: Table) -> list[str]:
    """What has no expected row, what is expected and gone, and every cell that differs."""
    found = [f"no expected row: {' '.join(key)}" for key in sorted(set(measured) - set(expected))]
    found += [f"expected, but gone: {' '.join(key)}" for key in sorted(set(expected) - set(measured))]
    for key in sorted(set(expected) & set(measured)):
        for column in sorted(set(expected[key]) | set(measured[key])):
            was, now = expected[key].get(column, "nothing"), measured[key].get(column, "nothing")
            if was != now:
                found.append(f"{' '.join(key)} as {column}: expected {was}, found {now}")
    return found


def settle(
    name: str, heads: tuple[str, ...], measured: Table, *, meant: Callable[[tuple[str, ...]], bool] = lambda key: True
) -> None:
    """Compare with those rows of the file that are meant, or write it when updating."""
    if UPDATING:
        write(name, heads, measured)
        return
    wrong = differences({key: row for key, row in read(name, len(heads)).items() if meant(key)}, measured)
    hint = "\nIf this is meant, look at each line and run `python -m tests.matrix.update`."
    assert not wrong, "\n".join(wrong[:60]) + hint
