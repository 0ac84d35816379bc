"""Pages of visits, letters, conflicts and dissuasion: what they say, take and refuse; how many statements they send."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.inspections.models import (
    Dissuasion,
    DissuasionRound,
    DissuasionTheme,
    Observation,
    PendingConflict,
    UrgingLetter,
    Visit,
)
from linli.inspections.rounds import end_round
from linli.inspections.setup import setup
from linli.work.models import Item, PrintedDocument
from tests.desk.conftest import sign_in
from tests.inspections.conftest import Patrol, patrolled
from tests.inspections.test_visits import photo, planned, visit
from tests.support.world import World
from tests.work.conftest import media

__all__ = ["media"]
STATEMENTS_MAX = 12


@pytest.fixture
def patrol(world: World, media: Any) -> Patrol:
    """The world with a round to walk."""
    return patrolled(world)


def statements(client: Client, path: str, counter: Any) -> int:
    """How many statements a page sends when nothing has to be warmed up."""
    client.get(path)
    with counter() as counted:
        assert client.get(path).status_code == 200
    return len(counted)


# --- Visits -------------------------------------------------------------------------------------------------------


def test_a_visit_is_recorded_and_the_form_is_ready_for_the_next_door(patrol: Patrol) -> None:
    client, grid = sign_in(patrol.world, "grid"), patrol.world.places["east_grid1"]
    page = client.get("/desk/visits/new/")
    assert [one.id for one in page.context["places"] if one.chosen] == [grid.pk], "the own grid, without a tap"
    sent = {
        "key": page.context["key"], "place_id": grid.pk, "kind": "home", "outcome": "met", "words": "楼道灯不亮",
        "follow": "1",
    }  # fmt: skip
    after = client.post("/desk/visits/new/", sent, follow=True)
    again = client.post("/desk/visits/new/", sent, follow=True)
    item = Item.objects.get(kind="finding")
    assert Visit.objects.get().item_id == item.pk
    for answer in (after, again):
        assert item.number in answer.text
        assert answer.context["key"] != sent["key"]


def test_what_was_typed_stays_when_a_visit_is_refused(patrol: Patrol) -> None:
    client, places = sign_in(patrol.world, "grid"), patrol.world.places
    sent = {"place_id": places["east_grid1"].pk, "kind": "home", "outcome": "absent", "words": "敲门无人应"}
    page = client.post("/desk/visits/new/", sent)
    assert page.status_code == 422
    assert "门牌" in page.context["problem"].text
    assert "敲门无人应" in page.text
    beyond = client.post("/desk/visits/new/", sent | {"place_id": places["west_grid1"].pk})
    assert (beyond.status_code, beyond.context["problem"].field) == (422, "place")
    assert not Visit.objects.exists()


def test_a_plan_is_made_its_numbers_are_lists_and_its_form_is_printed(patrol: Patrol) -> None:
    world = patrol.world
    client, today = sign_in(world, "community"), timezone.localdate()
    sent = {
        "title": "冬季走访", "place_id": world.places["east"].pk, "since": today.isoformat(), "wanted": "40",
        "until": (today + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    page = client.post("/desk/visits/plans/new/", sent, follow=True)
    plan = page.context["row"]["id"]
    visit(world, plan_id=plan)
    visit(world, plan_id=plan, outcome="absent", address="1号楼102")
    page = client.get(f"/desk/visits/plans/{plan}/")
    assert "1号楼102" in page.text
    for name, number in (("met", 1), ("absent", 1), ("declined", 0), ("all", 2), ("open", 0)):
        assert client.get(f"/desk/visits/?{page.context['links'][name]}").context["total"] == number
    key = str(uuid.uuid4())
    pdfs = [client.post(f"/desk/visits/plans/{plan}/form/", {"key": key}, follow=True) for _ in range(2)]
    assert all(b"".join(pdf).startswith(b"%PDF") for pdf in pdfs)
    paper = PrintedDocument.objects.get()
    assert (paper.holder, paper.holder_id) == ("visit_plan", plan)
    assert client.get(f"/desk/visits/plans/{plan}/").context["papers"][0].number == paper.number
    assert sign_in(world, "community_west").get(f"/desk/papers/{paper.pk}/").status_code == 404


def test_pages_of_visits_send_few_statements_at_one_and_at_thirty_rows(patrol: Patrol, query_counter: Any) -> None:
    world = patrol.world
    plan = planned(world).pk
    client = sign_in(world, "community")
    paths = ["/desk/visits/", "/desk/visits/?latest=1&outcome=absent", "/desk/visits/plans/", "/desk/visits/new/",
             f"/desk/visits/plans/{plan}/"]  # fmt: skip
    visit(world, plan_id=plan, outcome="absent")
    one = [statements(client, path, query_counter) for path in paths]
    for number in range(29):
        visit(world, plan_id=plan, outcome="absent", address=f"2号楼{number}")
    assert [statements(client, path, query_counter) for path in paths] == one
    assert max(one) <= STATEMENTS_MAX


# --- Letters ------------------------------------------------------------------------------------------------------


def letter(world: World, client: Client, **more: Any) -> Any:
    """A letter to the property manager of the eastern community, sent through the page."""
    sent = {
        "key": str(uuid.uuid4()), "place_id": world.places["east_grid1"].pk, "organisation": world.units["property"].pk,
        "words": "楼道堆物，请三天内清理。", "reply_due": timezone.localdate().isoformat(),
    }  # fmt: skip
    return client.post("/desk/letters/new/", sent | more, follow=True)


def test_a_letter_is_sent_printed_and_answered_by_the_manager(patrol: Patrol) -> None:
    world = patrol.world
    community, manager = sign_in(world, "community"), sign_in(world, "property")
    offered = community.get(f"/desk/letters/new/?place={world.places['east_grid1'].pk}").context["managers"]
    assert offered[0][:2] == (world.units["property"].pk, "东山物业")
    assert "东山物业" in letter(world, community).text
    row = UrgingLetter.objects.get()
    assert (row.issuer_id, row.form) == (world.units["east"].pk, "reminder")
    paper = PrintedDocument.objects.get(holder="letter", holder_id=row.pk)
    assert (paper.template, paper.item_id) == ("property_reminder", None)
    assert "1 封督促函" in manager.get("/desk/").text
    assert [entry["id"] for entry in manager.get("/desk/letters/?state=open").context["rows"]] == [row.pk]
    assert manager.get(f"/desk/papers/{paper.pk}/").content.startswith(b"%PDF")
    manager.post(f"/desk/letters/{row.pk}/reply/", {"reply": "已清理，加派一名保洁。"})
    late = community.post(f"/desk/letters/{row.pk}/reply/", {"reply": "电话答复"})
    assert late.status_code == 409
    assert "加派一名保洁" in community.get(f"/desk/letters/{row.pk}/").text
    assert "封督促函" not in manager.get("/desk/").text
    for name in ("community_west", "handler", "grid2"):
        assert sign_in(world, name).get(f"/desk/letters/{row.pk}/").status_code == 404
    assert sign_in(world, "handler").get("/desk/letters/").status_code == 403


def test_a_letter_about_a_finding_begins_with_it_and_is_found_from_it(patrol: Patrol) -> None:
    world = patrol.world
    patrol.send(patrol.tick(result="fail", finding=patrol.problem(), words="垃圾桶满"))
    number = Item.objects.get(kind="finding").number
    community = sign_in(world, "community")
    assert f"/desk/letters/new/?item={number}" in community.get(f"/desk/items/{number}/").text
    page = community.get(f"/desk/letters/new/?item={number}")
    assert "点位1" in page.context["words"]
    letter(world, community, item=number, place_id="")
    assert [row["number"] for row in community.get(f"/desk/letters/?item={number}").context["rows"]] == [number]
    told = community.get(f"/desk/items/{number}/").text
    assert "发出督促函" in told
    assert f'href="/desk/letters/{UrgingLetter.objects.get().pk}/"' in told
    assert community.get("/desk/letters/?item=none").context["rows"] == []


def test_only_who_enforces_the_law_may_order(patrol: Patrol) -> None:
    world = patrol.world
    community = sign_in(world, "community")
    assert community.get("/desk/letters/new/").context["forms"] == []
    refused = letter(world, community, form="order", basis="某条例第一条")
    assert (refused.status_code, refused.context["problem"].field) == (403, "form")
    world.units["east"].can_order = True
    world.units["east"].save()
    assert letter(world, community, form="order").context["problem"].field == "basis"
    letter(world, community, form="order", basis="某条例第一条")
    assert PrintedDocument.objects.get().template == "property_order"


def test_letters_overdue_come_first_and_counts_are_their_lists(patrol: Patrol, query_counter: Any) -> None:
    world, client = patrol.world, sign_in(patrol.world, "community")
    today, now = timezone.localdate(), timezone.now()
    unit = world.units["property"]

    def write(days: int, **more: Any) -> UrgingLetter:
        return UrgingLetter.objects.create(
            place=world.places["east"], organisation=unit, words="x", reply_due=today + timedelta(days=days),
            sent_at=now, **more,
        )  # fmt: skip

    write(2)
    one = statements(client, "/desk/letters/", query_counter)
    write(-2)
    write(-9, replied_at=now, reply="好")
    page = client.get("/desk/letters/")
    assert [row["state"] for row in page.context["rows"]] == ["overdue", "open", "answered"]
    for query, _name, count, _current in page.context["tabs"]:
        assert len(client.get(f"/desk/letters/?{query}").context["rows"]) == count
    assert statements(client, "/desk/letters/", query_counter) == one <= STATEMENTS_MAX


# --- Conflicts ----------------------------------------------------------------------------------------------------


def test_conflicts_of_the_area_are_shown_with_photos_and_decided(patrol: Patrol, query_counter: Any) -> None:
    world = patrol.world
    end_round(world.actor("community"), patrol.round.pk)
    finding = patrol.problem()
    patrol.send(patrol.tick(result="fail", words="垃圾未清", photos=(photo(),), finding=finding), patrol.tick(1))
    first = PendingConflict.objects.order_by("id")[0].pk
    community = sign_in(world, "community")
    assert "2 条巡查记录等您决定" in community.get("/desk/").text
    page = community.get("/desk/conflicts/")
    for text in ("这次巡查已经结束", "垃圾未清", "葛青", "社区工作人员（东山社区）", "街道工作人员（试验街道）"):
        assert text in page.text
    assert community.get(f"/desk/conflicts/{first}/photos/0/320/").content
    assert community.get(f"/desk/conflicts/{first}/photos/1/320/").status_code == 404
    assert statements(community, "/desk/conflicts/", query_counter) <= STATEMENTS_MAX
    for name, status in (("community_west", 404), ("grid2", 404)):
        other = sign_in(world, name)
        assert other.post(f"/desk/conflicts/{first}/decide/", {"choice": "store"}).status_code == status
        assert other.get(f"/desk/conflicts/{first}/photos/0/320/").status_code == 404
    assert sign_in(world, "community_west").get("/desk/conflicts/").context["total"] == 0
    assert sign_in(world, "grid").get("/desk/conflicts/").status_code == 403
    done = community.post(f"/desk/conflicts/{first}/decide/", {"choice": "store"}, follow=True)
    assert Item.objects.get(kind="finding").number in done.text
    assert Observation.objects.get(superseded=False).recorded_by_id == world.actor("grid").person_id, "who saw it"
    assert "已由他人决定" in community.post(f"/desk/conflicts/{first}/decide/", {"choice": "store"}, follow=True).text
    assert community.get("/desk/conflicts/").context["total"] == 1


# --- Dissuasion ---------------------------------------------------------------------------------------------------


def dissuaded(client: Client, world: World, **more: Any) -> Any:
    """One record in the first eastern grid, sent through the page."""
    sent = {
        "key": str(uuid.uuid4()), "place_id": world.places["east_grid1"].pk, "persons": "3", "leaflets": "5",
        "theme": DissuasionTheme.objects.get(name="文明养犬").pk,
    }  # fmt: skip
    return client.post("/desk/dissuasion/new/", sent | more, follow=True)


def test_dissuasion_is_recorded_corrected_and_added_up(patrol: Patrol, query_counter: Any) -> None:
    world = patrol.world
    grid, community = sign_in(world, "grid"), sign_in(world, "community")
    assert "劝导 3 人，发放 5 份" in dissuaded(grid, world).text
    one = statements(community, "/desk/dissuasion/", query_counter)
    dissuaded(grid, world, persons="7", leaflets="", words="广场北侧")
    row = Dissuasion.objects.get(persons=3)
    grid.post(f"/desk/dissuasion/{row.pk}/correct/", {"key": str(uuid.uuid4()), "persons": "4", "leaflets": "5"})
    page = community.get("/desk/dissuasion/")
    assert page.context["total"] == {"records": 2, "persons": 11, "leaflets": 5}
    cells = [cell for line in page.context["themes"] for cell in line["cells"]]
    assert [number for _month, number, _query in cells] == [11]
    for _month, number, query in cells:
        assert community.get(f"/desk/dissuasion/?{query}").context["total"]["persons"] == number
    assert [(line["place"], line["persons"]) for line in page.context["by_place"]] == [("东山社区第1网格", 11)]
    assert statements(community, "/desk/dissuasion/", query_counter) == one <= STATEMENTS_MAX
    late = grid.post(f"/desk/dissuasion/{row.pk}/correct/", {"key": str(uuid.uuid4()), "persons": "9"})
    assert late.status_code == 409
    for name in ("grid2", "community_west"):
        assert sign_in(world, name).get(f"/desk/dissuasion/{row.pk}/correct/").status_code == 404
    assert sign_in(world, "community_west").get("/desk/dissuasion/").context["total"]["records"] == 0


def test_a_round_and_a_theme_are_made_used_and_switched_off(patrol: Patrol) -> None:
    world = patrol.world
    community, today = sign_in(world, "community"), timezone.localdate()
    community.post("/desk/dissuasion/themes/", {"name": "高空抛物", "place_id": world.places["east"].pk})
    theme = DissuasionTheme.objects.get(name="高空抛物")
    community.post("/desk/dissuasion/rounds/", {
        "key": str(uuid.uuid4()), "title": "高空抛物劝导月", "theme": theme.pk, "place_id": world.places["east"].pk,
        "since": today.isoformat(), "until": today.isoformat(),
    })  # fmt: skip
    made = DissuasionRound.objects.get()
    grid = sign_in(world, "grid")
    page = grid.get(f"/desk/dissuasion/new/?round={made.pk}")
    assert page.context["theme"] == theme.pk
    dissuaded(grid, world, theme=theme.pk, round=made.pk)
    assert dissuaded(grid, world, round=made.pk).status_code == 422, "the round has another theme"
    row = community.get("/desk/dissuasion/rounds/").context["rows"][0]
    assert (row["persons"], row["leaflets"]) == (3, 5)
    assert community.get(f"/desk/dissuasion/?{row['link']}").context["total"]["persons"] == 3
    community.post("/desk/dissuasion/themes/", {"theme": theme.pk})
    assert dissuaded(grid, world, theme=theme.pk).status_code == 422
    everywhere = DissuasionTheme.objects.get(name="文明养犬")
    assert community.post("/desk/dissuasion/themes/", {"theme": everywhere.pk}).status_code == 404
    sign_in(world, "director").post("/desk/dissuasion/themes/", {"theme": everywhere.pk})
    everywhere.refresh_from_db()
    assert not everywhere.active


def test_the_menu_leads_to_what_a_person_may_open(world: World) -> None:
    setup()
    for name, paths in (
        ("community", ("visits", "letters", "conflicts", "dissuasion")), ("grid", ("visits", "letters", "dissuasion")),
        ("property", ("letters",)), ("handler", ()),
    ):  # fmt: skip
        client = sign_in(world, name)
        text = client.get("/desk/more/").text
        for path in ("visits", "letters", "conflicts", "dissuasion"):
            assert (f'href="/desk/{path}/"' in text) == (path in paths), (name, path)
            assert client.get(f"/desk/{path}/").status_code == (200 if path in paths else 403), (name, path)
