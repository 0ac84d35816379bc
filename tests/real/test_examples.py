"""The maps in examples/ are maps of today: each is read, and names only fields and options that its kind has."""

from __future__ import annotations

from pathlib import Path

import pytest

from linli.exchange.column_maps import parse_map
from linli.exchange.kinds import kind_of
from linli.exchange.planning import open_file
from tests.real import test_boston as boston

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
rows = boston.rows


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_an_example_names_what_its_kind_has(path: Path) -> None:
    mapping = parse_map(path.read_text(encoding="utf-8"))
    kind = kind_of(mapping.kind)
    assert kind is not None, mapping.kind
    named = {name for name in (*mapping.columns.values(), *mapping.constants) if name}
    assert named <= {field.name for field in kind.fields}
    options = {option.name for option in kind.options}
    assert not options or set(mapping.options) <= options | {"year", "hidden_rows"}


@boston.pytestmark[1]
def test_the_map_of_boston_says_of_every_column_what_it_is(rows: list[dict[str, str]]) -> None:
    mapping, kind = parse_map(boston.MAP), kind_of("requests")
    assert kind is not None
    assert set(mapping.columns) == set(rows[0])
    opened = open_file(kind, boston.as_file(rows[:20]), "boston.csv", mapping)
    assert not opened.missing
    assert {guess.heading: guess.target for guess in opened.columns} == mapping.columns
