"""The monthly bulletin: every number opens its list, months are kept apart, the PDF says the same."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from django.utils import timezone

from linli.inspections.reading import VIEW
from linli.people import access
from linli.work.models import Item
from tests.desk.conftest import sign_in
from tests.desk.test_board import _many_states
from tests.support.world import World


def _numbers(context: Any) -> list[tuple[str, int]]:
    pairs = [(line["url"], line["number"]) for line in context["lines"]]
    pairs += [(url, number) for part in context["parts"] for number, url in part["numbers"]]
    pairs += [(url, number) for row in context["kinds"] for _head, number, _before, url in row["numbers"]]
    for row in context["categories"]:
        pairs += [(row["received_url"], row["received"]), (row["closed_url"], row["closed"])]
    return pairs


def _address(world: World, month: datetime | None = None, kind: str = "/") -> str:
    asked = f"?month={month:%Y-%m}" if month else ""
    return f"/desk/board/{world.places['street'].pk}/month{kind}{asked}"


def _month_before(moment: datetime) -> datetime:
    return moment.replace(day=1) - timedelta(days=1)


def test_every_number_opens_exactly_the_list_it_counts(world: World) -> None:
    _many_states(world)
    client, now = sign_in(world, "director"), timezone.localtime()
    pairs = _numbers(client.get(_address(world, now)).context)
    assert sum(number for _url, number in pairs) > 15
    shown = [(url, number, client.get(url).context["page"].total) for url, number in pairs if number]
    assert [one for one in shown if one[1] != one[2]] == []
    assert f"{now:%Y-%m} " in re.sub(r"<[^>]+>", " ", client.get(pairs[0][0]).content.decode()), (
        "the list says which month"
    )


def test_kinds_of_work_are_counted_apart_and_are_the_parts_of_the_whole(world: World) -> None:
    _many_states(world)
    numbers = Item.objects.filter(meaning="open").order_by("pk").values_list("pk", flat=True)
    Item.objects.filter(pk=numbers[0]).update(kind="finding", state="handling")
    client, now = sign_in(world, "director"), timezone.localtime()
    page = client.get(_address(world, now)).context
    kinds = {row["label"]: [number for _head, number, _before, _url in row["numbers"]] for row in page["kinds"]}
    assert set(kinds) == {"诉求", "巡查发现"} and kinds["巡查发现"][0] == 1, kinds
    whole = {line["url"].split("figure=")[1].split("&")[0]: line["number"] for line in page["lines"]}
    for place, code in enumerate(("received_month", "closed_month", "late_month", "left_month")):
        assert sum(row[place] for row in kinds.values()) == whole[code], code
    listed = client.get(page["kinds"][1]["numbers"][0][3])
    assert listed.context["page"].total == 1 and "巡查发现" in {chip["text"] for chip in listed.context["chips"]}
    text = "".join(
        one.get_textpage().get_text_range()
        for one in pypdfium2.PdfDocument(client.get(_address(world, now, ".pdf")).content)
    )  # fmt: skip
    assert "巡查发现1（0）" in "".join(text.split())


def test_what_came_last_month_and_was_done_in_this_one_was_open_between(world: World) -> None:
    _many_states(world)
    now = timezone.localtime()
    done = Item.objects.filter(meaning="done")
    came = _month_before(now)
    done.update(received_at=came)
    waits = Item.objects.filter(meaning="open")[0]
    Item.objects.filter(pk=waits.pk).update(received_at=came)
    client = sign_in(world, "director")

    def figures(month: datetime) -> dict[str, tuple[int, int]]:
        lines = client.get(_address(world, month)).context["lines"]
        return {line["url"].split("figure=")[1].split("&")[0]: (line["number"], line["before"]) for line in lines}

    last, this = figures(came), figures(now)
    assert last["received_month"][0] == 4 and this["received_month"] == (3, 4)
    assert last["closed_month"][0] == 0 and this["closed_month"] == (3, 0)
    assert last["left_month"][0] == 4 and this["left_month"] == (4, 4)
    assert this["on_time_month"] == (1, 0) and this["late_month"] == (1, 0)
    assert figures(_month_before(came))["left_month"] == (0, 0)


def test_the_last_whole_month_is_shown_first_and_others_within_a_year(world: World) -> None:
    client, now = sign_in(world, "director"), timezone.localtime()
    assert client.get(_address(world)).context["month"] == _month_before(now).date().replace(day=1)
    assert client.get(_address(world) + "?month=2001-01").status_code == 404
    assert client.get(_address(world) + "?month=nonsense").status_code == 404


def test_the_pdf_says_what_the_page_says(world: World) -> None:
    _many_states(world)
    client, now = sign_in(world, "director"), timezone.localtime()
    page = client.get(_address(world, now)).context
    answer = client.get(_address(world, now, ".pdf"))
    assert answer["Content-Type"] == "application/pdf"
    text = "".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(answer.content))
    plain = "".join(text.split())
    assert f"{now.year}年{now.month}月工作月报" in plain
    for line in page["lines"]:
        assert f"{line['label']}{line['number']}{line['before']}" in plain
    for part in page["parts"]:
        assert part["name"] + "".join(str(number) for number, _url in part["numbers"]) in plain


def test_rooms_one_may_not_read_are_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in(world, "director")
    assert len(client.get(_address(world)).context["others"]) == 5
    may = access.Actor.may
    monkeypatch.setattr(access.Actor, "may", lambda self, code, **more: code != VIEW and may(self, code, **more))
    assert len(client.get(_address(world)).context["others"]) == 3


@pytest.mark.parametrize("kind", ["/", ".pdf"])
def test_the_bulletin_of_a_place_outside_is_hidden(world: World, kind: str) -> None:
    hidden: Client = sign_in(world, "community")
    assert hidden.get(f"/desk/board/{world.places['west'].pk}/month{kind}").status_code == 404
    assert sign_in(world, "grid").get(_address(world, kind=kind)).status_code == 403


def test_statements_do_not_grow_with_the_items(world: World, query_counter: Any) -> None:
    client, now = sign_in(world, "director"), timezone.localtime()
    client.get(_address(world, now))
    with query_counter(at_most=12) as few:
        client.get(_address(world, now))
    _many_states(world)
    client.get(_address(world, now))
    with query_counter() as many:
        client.get(_address(world, now))
    assert len(many) == len(few), str(many)
