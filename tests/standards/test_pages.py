"""Pages of standards: who sees what, editing in the browser's forms, nothing lost on errors, statements counted."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from linli.people.access import Actor
from linli.people.models import User
from linli.standards import node_services, selectors, services
from linli.standards.models import Node, Version
from linli.work.seed import seed_catalogue
from tests.standards.conftest import FIELD, Desk
from tests.support.people import signed_in_client

FORM = {
    "title": "路面整洁", "weight": "40", "method": "field", "rule": "proportion", "points": "", "basis": "total",
    "grades": "",
    "site_kinds": ["lane"], "guidance": "", "lead": "", "supporting": "", "code": "",
}  # fmt: skip


def browser(actor: Actor) -> Client:
    return signed_in_client(User.objects.get(pk=actor.user_id))


@pytest.fixture
def director(desk: Desk) -> Client:
    return browser(desk.director)


@pytest.fixture
def street(desk: Desk) -> Client:
    return browser(desk.district.actor("street_officer", place="street_b"))


def text(response) -> str:
    return response.content.decode()


def test_the_list_and_the_tree_show_what_may_be_seen(desk: Desk, director: Client, street: Client) -> None:
    version = f"/desk/standards/versions/{desk.version.pk}/"
    assert "示例体系" in text(director.get("/desk/standards/"))
    assert "示例体系" not in text(street.get("/desk/standards/"))
    assert street.get(version).status_code == 404
    shown = text(director.get(version))
    assert "路面整洁" in shown and "扣减：每处扣 0.5 分，扣完为止" in shown and "新增标准" in shown
    services.publish(desk.director, desk.version.pk)
    for page in (version, f"{version}print/", f"{version}compare/", f"/desk/standards/nodes/{desk.nodes['环境'].pk}/"):
        found = street.get(page)
        assert found.status_code == 200 and "新增标准" not in text(found)
    english = street.get(version, headers={"accept-language": "en"})
    assert "Deduction: 0.5 for each failure, down to 0" in text(english)


def test_the_tree_is_narrowed_by_kind_method_and_words(desk: Desk, director: Client) -> None:
    version = f"/desk/standards/versions/{desk.version.pk}/"
    for question, inside, outside in (
        ("kind=lane", "路面整洁", "制度健全"),
        ("method=material", "制度健全", "路面整洁"),
        ("q=路灯", "路灯亮灯", "路面整洁"),
        ("q=office_b&method=material", "制度健全", "路面整洁"),
        ("q=没有", "没有符合的标准", "路面整洁"),
    ):
        shown = text(director.get(f"{version}?{question}"))
        assert inside in shown and outside not in shown, question


def test_a_page_takes_a_fixed_number_of_statements(desk: Desk, director: Client, query_counter: Callable) -> None:
    entries = [node_services.NewNode("item", {"title": "多"})]
    entries += [node_services.NewNode("criterion", {**FIELD, "title": f"第{n}条"}, above=0) for n in range(200)]
    address = f"/desk/standards/versions/{desk.version.pk}/"
    with query_counter() as few:
        director.get(address)
    node_services.add_tree(desk.director, desk.version.pk, entries)
    with query_counter(at_most=len(few)):
        assert director.get(address).status_code == 200
    assert len(few) <= 10


def test_a_standard_is_made_and_filled_in_the_browser(desk: Desk, director: Client) -> None:
    key = str(uuid4())
    made = director.post("/desk/standards/new/", {"name": "新体系", "note": "", "key": key})
    again = director.post("/desk/standards/new/", {"name": "新体系", "note": "", "key": key})
    assert made.status_code == 302 and made.url == again.url
    version = Version.objects.get(standard__name="新体系")
    add = f"/desk/standards/versions/{version.pk}/add/"
    director.post(f"{add}?level=item", {"title": "环境", "key": str(uuid4()), "lead": "bureau"})
    item = Node.objects.get(version=version)
    assert selectors.unit_ids(item) == {"lead": [desk.district.units["bureau"].pk]}
    form = FORM | {
        "key": str(uuid4()),
        "rule": "graded",
        "grades": "A 100%、B 50%",
        "more": "1",
        "supporting": "station、other",
    }
    form |= {"evidence_photo_count": "3", "evidence_photo_days": "90", "evidence_photo_caption": "50"}
    first = director.post(f"{add}?level=criterion&parent={item.pk}", form)
    director.post(f"{add}?level=criterion&parent={item.pk}", form)
    assert first.url.startswith(add)
    criterion = Node.objects.get(version=version, level="criterion")
    assert criterion.rule["grades"][1] == {"name": "B", "share": "0.5"}
    assert criterion.evidence == [{"kind": "photo", "count": 3, "days": 90, "caption": 50}]
    assert len(selectors.unit_ids(criterion)["supporting"]) == 2
    fresh = text(director.get(f"{add}?level=criterion&parent={item.pk}"))
    assert "A 100%、B 50%" in fresh and 'value="lane" ' in fresh
    moved = director.post(f"/desk/standards/nodes/{criterion.pk}/move/", {"way": "up"})
    assert moved.status_code == 302
    gone = director.post(f"/desk/standards/nodes/{criterion.pk}/delete/")
    assert gone.status_code == 302 and not Node.objects.filter(pk=criterion.pk).exists()
    assert director.post(f"/desk/standards/nodes/{criterion.pk}/delete/").status_code == 302


def test_the_category_of_a_problem_is_chosen_shown_and_carried_into_the_next_version(
    desk: Desk, director: Client
) -> None:
    seed_catalogue()
    node = desk.nodes["路面整洁"]
    address = f"/desk/standards/nodes/{node.pk}/"
    seen = director.get(address).context["seen"]
    assert director.post(address, FORM | {"category": "moon", "seen": seen}).status_code == 422
    assert director.post(address, FORM | {"category": "0109", "seen": seen}).status_code == 302
    director.post(address, FORM | {"category": "0102", "seen": seen})
    node.refresh_from_db()
    assert node.category == "0109", "who read another one overwrites nothing"
    services.publish(desk.director, desk.version.pk)
    assert "<dd>道路破损</dd>" in text(director.get(address))
    draft = services.draft_from(desk.director, desk.version.pk)
    assert Node.objects.get(version=draft, title="路面整洁").category == "0109"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"weight": "两分"}, "分值须是数字"),
        ({"title": ""}, "title"),
        ({"lead": "火星局"}, "没有叫“火星局”的单位"),
        ({"rule": "deduction", "points": "-1"}, "每处扣分须是大于 0"),
        ({"rule": "graded", "grades": "好"}, "分档写成"),
        ({"evidence_photo_count": "x"}, "照片：数量 1–200"),
        ({"weight": "两分", "lead": "火星局"}, "有 2 处要改"),
    ],
)
def test_a_form_with_an_error_says_so_and_keeps_what_was_typed(
    desk: Desk, director: Client, typed: dict, said: str
) -> None:
    node = desk.nodes["路面整洁"]
    answer = director.post(f"/desk/standards/nodes/{node.pk}/", FORM | {"guidance": "看两段路"} | typed)
    shown = text(answer)
    assert answer.status_code == 422 and said in shown and "看两段路" in shown
    assert all(str(value) in shown for value in typed.values())
    assert Node.objects.get(pk=node.pk).guidance == ""


def test_whoever_saves_second_keeps_the_text_and_sees_the_other(desk: Desk, director: Client) -> None:
    address = f"/desk/standards/nodes/{desk.nodes['路面整洁'].pk}/"
    seen = director.get(address).context["seen"]
    assert director.post(address, FORM | {"title": "路面平整", "seen": seen}).status_code == 302
    second = director.post(address, FORM | {"title": "路面干爽", "seen": seen})
    assert second.status_code == 409 and "路面干爽" in text(second) and "现在的内容" in text(second)
    assert Node.objects.get(pk=desk.nodes["路面整洁"].pk).title == "路面平整"
    assert director.post(address, FORM | {"title": "路面干爽", "seen": second.context["seen"]}).status_code == 302


def test_publishing_copying_and_retiring(desk: Desk, director: Client, street: Client) -> None:
    address = f"/desk/standards/versions/{desk.version.pk}/"
    assert "发布这份草稿" in text(director.get(address))
    bad = director.post(f"{address}publish/", {"valid_from": "哪天"})
    assert bad.status_code == 422 and Version.objects.get(pk=desk.version.pk).state == "draft"
    assert director.post(f"{address}publish/", {"valid_from": "2026-01-01"}).status_code == 302
    assert director.post(f"/desk/standards/nodes/{desk.nodes['环境'].pk}/", {"title": "x"}).status_code == 302
    assert Node.objects.get(pk=desk.nodes["环境"].pk).title == "环境"
    for action in ("draft", "retire", "publish", "drop"):
        assert street.post(f"{address}{action}/", {"valid_from": "2026-01-01"}).status_code == 403, action
    assert director.post(f"{address}burn/").status_code == 404
    assert director.post(f"{address}drop/").status_code == 409
    made = director.post(f"{address}draft/")
    draft = Version.objects.get(state="draft")
    assert made.url == f"/desk/standards/versions/{draft.pk}/"
    assert "两版内容相同" in text(director.get(f"{made.url}compare/"))
    assert director.post(f"{address}retire/").status_code == 302
    assert director.post(f"{made.url}drop/").url == "/desk/standards/"
    assert [version.state for version in Version.objects.all()] == ["retired"]


def test_the_comparison_names_what_changed(desk: Desk, director: Client, street: Client) -> None:
    services.publish(desk.director, desk.version.pk)
    draft = services.draft_from(desk.director, desk.version.pk)
    node = Node.objects.get(version=draft, title="路面整洁")
    node_services.change_node(desk.director, node.pk, values={**FIELD, "title": "路面整洁", "weight": "30"})
    shown = text(director.get(f"/desk/standards/versions/{draft.pk}/compare/"))
    assert "修改 1 条" in shown and "<del>40</del>" in shown and "<ins>30</ins>" in shown
    assert street.get(f"/desk/standards/versions/{draft.pk}/compare/").status_code == 404
    other = street.get(f"/desk/standards/versions/{desk.version.pk}/compare/?with={draft.pk}")
    assert "只有这一版" in text(other)
