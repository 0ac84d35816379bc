"""Writing standards: who may, drafts and publishing, editing the tree, forms sent twice, comparing versions."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.http import Http404

from linli.kernel.labels import Label
from linli.people.access import PermissionRefused
from linli.people.models import AuditRecord
from linli.places.snapshot import today
from linli.standards import dependants, node_services, selectors, services
from linli.standards.dependants import Touched
from linli.standards.errors import StandardsProblem
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.standards.node_services import NewNode
from linli.standards.values import print_of
from tests.standards.conftest import FIELD, Desk


def test_a_draft_is_built_and_published(desk: Desk) -> None:
    tree = selectors.tree(desk.version)
    assert [(line.node.title, line.depth) for line in tree.lines] == [
        ("环境", 0), ("街巷", 1), ("路面整洁", 2), ("路灯亮灯", 2), ("服务", 0), ("制度健全", 1),
    ]  # fmt: skip
    assert (tree.weight, tree.criteria, tree.site_kinds, tree.findings) == (100, 3, ["lane"], [])
    assert tree.lines[0].weight == 75
    lead = [[unit.organisation.name for unit in line.units if unit.part == "lead"] for line in tree.lines]
    assert lead == [["bureau"], ["bureau"], ["bureau"], ["bureau"], [], ["office_b"]]
    published = services.publish(desk.director, desk.version.pk)
    assert (published.state, published.valid_from) == ("published", today())
    assert services.publish(desk.director, desk.version.pk).published_at == published.published_at
    assert AuditRecord.objects.filter(action="standard.published").count() == 1
    place = desk.district.places["community"].path
    assert selectors.in_force(place, today()) == [published]
    assert selectors.in_force(place, today() - timedelta(days=1)) == []


@pytest.mark.parametrize("act", ["add", "change", "move", "delete", "publish_again", "delete_draft"])
def test_what_is_published_is_never_edited(desk: Desk, act: str) -> None:
    services.publish(desk.director, desk.version.pk)
    node = desk.nodes["路面整洁"]
    acts = {
        "add": lambda: desk.add("又一条", "item"),
        "change": lambda: node_services.change_node(desk.director, node.pk, values={**FIELD, "title": "改"}),
        "move": lambda: node_services.move_node(desk.director, node.pk, steps=1),
        "delete": lambda: node_services.delete_node(desk.director, node.pk),
        "publish_again": lambda: services.draft_from(desk.director, 0),
        "delete_draft": lambda: services.delete_draft(desk.director, desk.version.pk),
    }
    before = selectors.states(desk.version)
    with pytest.raises(StandardsProblem) as caught:
        acts[act]()
    assert caught.value.code == ("unknown_version" if act == "publish_again" else "published")
    assert selectors.states(desk.version) == before


@pytest.mark.parametrize("role", ["street_officer", "grid_worker", "system_administrator"])
def test_who_only_reads_changes_nothing(desk: Desk, role: str) -> None:
    actor = desk.district.actor(role, place="" if role == "system_administrator" else "street_b")
    node, version = desk.nodes["路面整洁"].pk, desk.version.pk
    place = desk.district.places["district"].pk
    for act in (
        lambda: services.create_standard(actor, name="x", place_id=place),
        lambda: services.draft_from(actor, version),
        lambda: node_services.add_node(actor, version, level="item", parent_id=None, values={"title": "x"}),
        lambda: node_services.add_tree(actor, version, [NewNode("item", {"title": "x"})]),
        lambda: node_services.change_node(actor, node, values={**FIELD, "title": "x"}),
        lambda: node_services.move_node(actor, node, steps=1),
        lambda: node_services.delete_node(actor, node),
        lambda: services.delete_draft(actor, version),
        lambda: services.publish(actor, version),
        lambda: services.retire(actor, version),
    ):
        with pytest.raises(PermissionRefused):
            act()
    assert Standard.objects.count() == 1 and Node.objects.count() == 6


def test_drafts_are_seen_by_editors_only(desk: Desk) -> None:
    street = desk.district.actor("street_officer", place="street_b")
    assert selectors.version(desk.director, desk.version.pk) == desk.version
    assert selectors.standards(street) == []
    with pytest.raises(Http404):
        selectors.version(street, desk.version.pk)
    services.publish(desk.director, desk.version.pk)
    assert [standard.name for standard in selectors.standards(street)] == ["示例体系"]
    assert selectors.node(street, desk.nodes["环境"].pk).title == "环境"
    stranger = desk.district.actor("system_administrator")
    with pytest.raises(Http404):
        selectors.version(stranger, desk.version.pk)


def test_forms_sent_twice_answer_once(desk: Desk) -> None:
    key, place = uuid4(), desk.district.places["district"].pk
    first = services.create_standard(desk.director, name="另一个", place_id=place, key=key)
    assert services.create_standard(desk.director, name="另一个", place_id=place, key=key) == first
    one = node_services.add_node(desk.director, first.pk, level="item", parent_id=None, values={"title": "a"}, key=key)
    two = node_services.add_node(desk.director, first.pk, level="item", parent_id=None, values={"title": "a"}, key=key)
    assert one == two and Node.objects.filter(version=first).count() == 1
    services.publish(desk.director, desk.version.pk)
    key_two = uuid4()
    draft = services.draft_from(desk.director, desk.version.pk, key=key_two)
    assert services.draft_from(desk.director, desk.version.pk, key=key_two) == draft
    assert node_services.delete_node(desk.director, one.pk) == 1
    assert node_services.delete_node(desk.director, one.pk) == 0


def test_two_editors_do_not_overwrite_each_other(desk: Desk) -> None:
    node = desk.nodes["路面整洁"]
    seen = print_of(Node.objects.get(pk=node.pk), selectors.unit_ids(node))
    node_services.change_node(desk.director, node.pk, values={**FIELD, "title": "路面干净"}, seen=seen)
    with pytest.raises(StandardsProblem) as caught:
        node_services.change_node(desk.director, node.pk, values={**FIELD, "title": "路面平整"}, seen=seen)
    assert (caught.value.code, caught.value.status) == ("changed_meanwhile", 409)
    assert Node.objects.get(pk=node.pk).title == "路面干净"


def test_a_change_of_units_alone_is_noticed_too(desk: Desk) -> None:
    node = desk.nodes["制度健全"]
    seen = print_of(Node.objects.get(pk=node.pk), selectors.unit_ids(node))
    values = {"title": "制度健全", "method": "material", "rule": {"kind": "pass_fail"}, "weight": 25}
    bureau = desk.district.units["bureau"].pk
    node_services.change_node(
        desk.director, node.pk, values=values, units={"lead": [bureau], "supporting": [bureau]}, seen=seen
    )
    assert selectors.unit_ids(node) == {"lead": [bureau]}
    with pytest.raises(StandardsProblem):
        node_services.change_node(desk.director, node.pk, values=values, seen=seen)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 501}, "title"),
        ({"weight": "很多"}, "weight"),
        ({"weight": "-1"}, "weight"),
        ({"weight": "1.23456"}, "weight"),
        ({"method": ""}, "method"),
        ({"rule": {}}, "rule"),
        ({"rule": {"kind": "deduction", "points": "0"}}, "points"),
        ({"rule": {"kind": "graded", "grades": [{"name": "A", "share": 3}, {"name": "B", "share": 0}]}}, "grades"),
        ({"site_kinds": ["moon"]}, "site_kinds"),
        ({"evidence": [{"kind": "photo", "count": 0}]}, "evidence"),
    ],
)
def test_bad_fields_are_named_and_change_nothing(desk: Desk, values: dict, field: str) -> None:
    node = desk.nodes["路面整洁"]
    with pytest.raises(StandardsProblem) as caught:
        node_services.change_node(desk.director, node.pk, values={"title": "好", **FIELD, **values})
    assert caught.value.field == field and str(caught.value)
    assert Node.objects.get(pk=node.pk).title == "路面整洁"


def test_the_tree_keeps_its_levels(desk: Desk) -> None:
    for level, above in (
        ("content", None),
        ("criterion", None),
        ("item", "环境"),
        ("content", "街巷"),
        ("item", "路面整洁"),
    ):
        with pytest.raises(StandardsProblem) as caught:
            desk.add("错", level, above)
        assert caught.value.code == "wrong_parent"
    with pytest.raises(StandardsProblem):
        node_services.move_node(desk.director, desk.nodes["街巷"].pk, parent_id=desk.nodes["路面整洁"].pk)


def test_nodes_move_among_brothers_and_to_another_parent(desk: Desk) -> None:
    lamp, road = desk.nodes["路灯亮灯"].pk, desk.nodes["路面整洁"].pk
    node_services.move_node(desk.director, lamp, steps=-1)
    assert desk.titles()[2:4] == ["路灯亮灯", "路面整洁"]
    node_services.move_node(desk.director, lamp, steps=-1)
    assert desk.titles()[2:4] == ["路灯亮灯", "路面整洁"]
    node_services.move_node(desk.director, lamp, place=2)
    assert desk.titles()[2:4] == ["路面整洁", "路灯亮灯"]
    node_services.move_node(desk.director, road, parent_id=desk.nodes["服务"].pk)
    assert desk.titles() == ["环境", "街巷", "路灯亮灯", "服务", "制度健全", "路面整洁"]
    assert node_services.delete_node(desk.director, desk.nodes["环境"].pk) == 3
    assert desk.titles() == ["服务", "制度健全", "路面整洁"]


def test_publishing_says_what_hinders(desk: Desk) -> None:
    desk.add("没有点位", "criterion", "街巷", site_kinds=[], weight="0")
    with pytest.raises(StandardsProblem) as caught:
        services.publish(desk.director, desk.version.pk)
    assert "没有点位" in caught.value.message
    empty = services.create_standard(desk.director, name="空", place_id=desk.district.places["district"].pk)
    with pytest.raises(StandardsProblem):
        services.publish(desk.director, empty.pk)


def test_a_new_version_follows_the_old_one(desk: Desk) -> None:
    services.publish(desk.director, desk.version.pk, valid_from=today() - timedelta(days=30))
    draft = services.draft_from(desk.director, desk.version.pk)
    assert selectors.states(draft) == selectors.states(desk.version)
    with pytest.raises(StandardsProblem) as caught:
        services.draft_from(desk.director, desk.version.pk)
    assert caught.value.code == "draft_exists"
    with pytest.raises(StandardsProblem):
        services.publish(desk.director, draft.pk, valid_from=today() - timedelta(days=30))
    services.publish(desk.director, draft.pk)
    old = Version.objects.get(pk=desk.version.pk)
    assert (old.state, old.valid_to, draft.number) == ("retired", today(), 2)
    place = desk.district.places["district"].path
    assert [version.pk for version in selectors.in_force(place, today())] == [draft.pk]
    assert [version.pk for version in selectors.in_force(place, today() - timedelta(days=1))] == [old.pk]
    assert services.retire(desk.director, draft.pk).state == "retired"
    assert selectors.in_force(place, today()) == []


def test_a_later_version_waits_for_its_day(desk: Desk) -> None:
    services.publish(desk.director, desk.version.pk)
    draft = services.draft_from(desk.director, desk.version.pk)
    day = today() + timedelta(days=10)
    services.publish(desk.director, draft.pk, valid_from=day)
    place = desk.district.places["district"].path
    assert [row.pk for row in selectors.in_force(place, today())] == [desk.version.pk]
    assert [row.pk for row in selectors.in_force(place, day)] == [draft.pk]


def test_versions_are_compared_by_lineage(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    services.publish(desk.director, desk.version.pk)
    draft = services.draft_from(desk.director, desk.version.pk)
    new = {node.title: node for node in selectors.nodes_of(draft)}
    desk.version, desk.nodes = draft, new
    node_services.change_node(
        desk.director, new["路面整洁"].pk,
        values={**FIELD, "title": "路面干净整洁", "weight": "30", "site_kinds": ["lane", "main_road"]},
    )  # fmt: skip
    node_services.delete_node(desk.director, new["制度健全"].pk)
    desk.add("公厕干净", "criterion", "街巷")
    node_services.move_node(desk.director, new["路灯亮灯"].pk, parent_id=new["环境"].pk)
    node_services.move_node(desk.director, new["服务"].pk, steps=-1)

    def open_tasks(version_id: int, lineages: object) -> list[Touched]:
        return [Touched(new["路面整洁"].lineage, 2, Label("任务", "tasks"))]

    monkeypatch.setattr(dependants, "_finders", {"assessment": open_tasks})
    old = Version.objects.get(number=1)
    compared = selectors.comparison(old, draft)
    found = compared.found
    assert [row.value("title") for row in found.added] == ["公厕干净"]
    assert [row.value("title") for row in found.removed] == ["制度健全"]
    changes = {
        change.after.value("title"): [(field.name, field.before, field.after) for field in change.fields]
        for change in found.changed
    }
    assert changes == {
        "路面干净整洁": [
            ("title", "路面整洁", "路面干净整洁"), ("weight", "40", "30"),
            ("site_kinds", "背街小巷", "背街小巷、主次干道"),
        ],
        "路灯亮灯": [("parent", "街巷", "环境")],
    }  # fmt: skip
    assert found.same == 3
    assert {lineage: sum(entry.count for entry in rows) for lineage, rows in compared.work.items()} == {
        new["路面整洁"].lineage: 2
    }
    assert compared.touched == 2 and compared.reassigned == ()
    assert selectors.comparison(old, old).found.empty


def test_criteria_whose_units_change_with_what_is_above_are_named_with_their_work(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.publish(desk.director, desk.version.pk)
    draft = services.draft_from(desk.director, desk.version.pk)
    new = {node.title: node for node in selectors.nodes_of(draft)}
    other = desk.district.units["office_b"].pk
    node_services.change_node(desk.director, new["环境"].pk, values={"title": "环境"}, units={"lead": [other]})
    node_services.change_node(
        desk.director, new["路灯亮灯"].pk, values={**FIELD, "title": "路灯亮灯", "code": "1.2", "weight": "35",
                                               "rule": {"kind": "deduction", "points": "0.5"}},
    )  # fmt: skip
    asked: list[object] = []

    def open_tasks(version_id: int, lineages: Any) -> list[Touched]:
        asked.extend(lineages)
        return [Touched(lineage, 3, Label("任务", "tasks")) for lineage in lineages]

    monkeypatch.setattr(dependants, "_finders", {"assessment": open_tasks})
    compared = selectors.comparison(Version.objects.get(number=1), draft)
    assert [change.after.title for change in compared.found.changed] == ["环境", "路灯亮灯"]
    assert [change.renumbered for change in compared.found.changed] == [False, True]
    assert [row.title for row in compared.reassigned] == ["路面整洁", "路灯亮灯"], "制度健全 names its own unit"
    assert set(asked) == {new[title].lineage for title in ("环境", "路面整洁", "路灯亮灯")}


def test_many_nodes_are_added_at_once(desk: Desk, query_counter) -> None:
    bureau = desk.district.units["bureau"].pk
    entries = [NewNode("item", {"title": "大项"}, units={"lead": [bureau]})]
    entries += [NewNode("criterion", {**FIELD, "title": f"第{n}条"}, above=0) for n in range(300)]
    with query_counter(at_most=16):
        rows = node_services.add_tree(desk.director, desk.version.pk, entries)
    assert len(rows) == 301 and desk.titles()[6:8] == ["大项", "第0条"]
    assert NodeUnit.objects.filter(node=rows[0]).count() == 1
    with query_counter(at_most=2):
        tree = selectors.tree(desk.version)
    assert tree.criteria == 303 and tree.weight == Decimal(12100)
    with query_counter(at_most=5):
        selectors.standards(desk.director)
