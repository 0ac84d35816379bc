"""The example standard that ships: what it must hold, and that it loads once."""

from __future__ import annotations

import csv
import time

import pytest

from linli.people.kinds import FUNCTIONS
from linli.places.kinds import SITE_KINDS
from linli.standards import cells, demo, example, selectors
from linli.standards.models import Node, Standard, Version
from linli.work.seed import DATA
from tests.people.conftest import District

pytestmark = pytest.mark.django_db


def test_the_example_is_a_whole_standard(district: District) -> None:
    place = district.places["district"]
    place.code = demo.JIMO
    place.save()
    before = time.process_time()
    count = demo.load()
    assert time.process_time() - before < 2
    assert count >= 120 and demo.load() == 0
    version = Version.objects.select_related("standard").get()
    tree = selectors.tree(version)
    criteria = [line.node for line in tree.lines if line.node.level == Node.CRITERION]
    assert version.standard.synthetic and version.state == "published"
    assert tree.weight == 100 and len(tree.site_kinds) >= 20
    assert {node.method for node in criteria} == {"field", "material", "questionnaire"}
    assert {node.rule["kind"] for node in criteria} == {"proportion", "deduction", "pass_fail", "graded"}
    assert sum(1 for node in criteria if node.evidence) >= 10
    assert not tree.hindered and not any("分值" in entry.text for entry in tree.findings)
    assert len({node.code for node in criteria}) == len({node.title for node in criteria}) == len(criteria)
    assert Standard.objects.get().organisation is None
    with DATA.open(encoding="utf-8", newline="") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    assert {node.category for node in criteria} - {""} <= known, "the catalogue that ships has them"
    assert all(node.category for node in criteria if node.method == "field"), "what the phone proposes"


def test_units_are_found_by_what_they_do(district: District) -> None:
    place = district.places["district"]
    units = example.units_by_function(place)
    assert units["sanitation"] == [district.units["bureau"].pk]
    assert units["street"] == [district.units["office_b"].pk]
    found = example.read(units)
    leads = [entry.units.get("lead") for entry in found.entries if entry.level == "item"]
    assert [district.units["bureau"].pk] in leads
    text = example.FILE.read_text(encoding="utf-8")
    named = {word for word in FUNCTIONS if f'"{word}"' in text}
    assert {"sanitation", "street", "market"} <= named


def test_every_kind_of_site_has_a_word_that_is_understood() -> None:
    assert all(cells.site_kind(label.zh) == slug for slug, label in SITE_KINDS.items())
    assert all(slug in SITE_KINDS for slug in cells.SITE_WORDS.values())
