"""What the database itself refuses of standards."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from linli.places.models import Place
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.standards.rules import PROPORTION, Rule, Tally, roll_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> Version:
    place = Place.objects.create(path="1", kind="district", name="测区")
    standard = Standard.objects.create(name="示例", place=place)
    return Version.objects.create(standard=standard, number=1)


def criterion(version: Version, parent: Node | None, position: int = 1, **more: object) -> Node:
    values = {
        "level": "criterion",
        "title": "灯亮",
        "weight": Decimal(2),
        "method": "field",
        "rule": Rule(PROPORTION).as_json(),
    }
    return Node.objects.create(version=version, parent=parent, position=position, **(values | more))


def test_a_tree_is_scored_from_what_is_stored(version: Version) -> None:
    item = Node.objects.create(version=version, level="item", position=1, title="环境")
    one, two = criterion(version, item), criterion(version, item, 2)
    nodes = [node.tree_node() for node in Node.objects.all()]
    found = roll_up(nodes, {one.pk: Tally(2, 1, 1), two.pk: Tally(1, 1)})
    assert found[item.pk].won == 3 and found[item.pk].possible == 4


@pytest.mark.parametrize(
    "wrong",
    [{"weight": -1}, {"method": ""}, {"rule": None}, {"level": "item"}, {"level": "page"}, {"method": "guess"}],
)
def test_only_whole_criteria_are_stored(version: Version, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        criterion(version, None, **wrong)
    assert not Node.objects.exists()


def test_one_draft_and_dates_for_what_is_published(version: Version) -> None:
    for wrong in ({"number": 2}, {"number": 1, "state": "published"}, {"number": 2, "state": "published"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Version.objects.create(standard=version.standard, **wrong)


def test_a_unit_answers_for_a_node_once(version: Version) -> None:
    from linli.people.models import Organisation

    unit = Organisation.objects.create(path="1", kind="department", name="环卫中心")
    node = criterion(version, None)
    NodeUnit.objects.create(node=node, organisation=unit)
    with pytest.raises(IntegrityError), transaction.atomic():
        NodeUnit.objects.create(node=node, organisation=unit, part="supporting")
