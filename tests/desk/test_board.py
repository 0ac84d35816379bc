"""Every number of the board is the length of the list it opens."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from openpyxl import load_workbook

from linli.work.models import Item
from tests.desk.conftest import sign_in
from tests.requests.walk import Walker
from tests.support.world import World


def _many_states(world: World) -> None:
    now = timezone.now()
    for number in range(4):
        Walker(world).begin(place="east" if number % 2 else "west")
    done = [Walker(world) for _ in range(3)]
    for walker in done:
        walker.begin()
        walker.run([
            ("handler", "sign", {}), ("handler", "reply", {"outcome": "solved", "answer": "好了"}),
            ("head", "endorse_reply", {}), ("dispatcher", "approve_reply", {}), ("grid", "verify_pass", {}),
        ])  # fmt: skip
    done[0].take("reporter", "rate_satisfied", rating="5")
    Item.objects.filter(pk=done[1].item_id).update(excluded_from_rates=True)
    Item.objects.filter(pk=done[2].item_id).update(handle_due=now - timedelta(days=1))
    first = Item.objects.filter(state="dispatched").order_by("id").first()
    Item.objects.filter(pk=first.pk if first else 0).update(next_due=now - timedelta(hours=1))


def _addresses(found: Any) -> list[tuple[str, int]]:
    """Every number of a context with the address of its list."""
    pairs: list[tuple[str, int]] = [(tile["url"], tile["number"]) for tile in found["tiles"]]
    for rate in found["rates"]:
        parts = [rate["numerator"], rate["denominator"], *rate["others"]]
        pairs += [(part["url"], part["number"]) for part in parts]
    for part in [*found["parts"], *found["parts_rest"], *found["categories"]]:
        pairs += [(part["open_url"], part["open"]), (part["overdue_url"], part["overdue"])]
    for day in found["trend"]:
        pairs += [(day["received_url"], day["received"]), (day["closed_url"], day["closed"])]
    return pairs


def test_every_number_opens_exactly_the_list_it_counts(world: World) -> None:
    _many_states(world)
    client = sign_in(world, "director")
    board = client.get(f"/desk/board/{world.places['street'].pk}/").context
    pairs = _addresses(board)
    assert sum(number for _url, number in pairs) > 20
    wrong = []
    for url, number in pairs:
        if number == 0 and "received_on" in url:
            continue
        split = urlsplit(url)
        page = client.get(f"{split.path}?{split.query}").context["page"]
        if page.total != number or len(page.rows) != min(number, 50):
            wrong.append((url, number, page.total))
    assert wrong == []


def test_what_stands_in_a_category_with_others_below_it_opens_the_list_without_those(world: World) -> None:
    _many_states(world)
    one = Item.objects.filter(meaning="open", category__parent__isnull=False).select_related("category__parent").first()
    assert one is not None and one.category is not None
    above_it = one.category.parent
    Item.objects.filter(pk=one.pk).update(category=above_it)
    client = sign_in(world, "director")
    rows = client.get(f"/desk/board/{world.places['street'].pk}/").context["categories"]
    (above,) = (row for row in rows if row["name"] == above_it.name)
    page = client.get(above["open_url"])
    assert [row.id for row in page.context["page"].rows] == [one.pk] and above["open"] == 1
    assert f"{above_it.name}（不含下级）" in page.content.decode()
    wider = client.get(above["open_url"].replace("alone=1&", "")).context["page"]
    assert wider.total > 1


def test_the_rate_says_what_it_is_made_of(world: World) -> None:
    _many_states(world)
    board = sign_in(world, "director").get(f"/desk/board/{world.places['street'].pk}/").context
    on_time = board["rates"][0]
    assert (on_time["numerator"]["number"], on_time["denominator"]["number"]) == (1, 2)
    assert {part["number"] for part in on_time["others"]} == {1, 0}


def test_boards_outside_of_ones_place_are_hidden(world: World) -> None:
    assert sign_in(world, "community").get(f"/desk/board/{world.places['west'].pk}/").status_code == 404
    assert sign_in(world, "grid").get(f"/desk/board/{world.places['street'].pk}/").status_code == 403


def test_the_way_up_leads_only_to_boards_one_may_open(world: World) -> None:
    for who in ("director", "community"):
        client = sign_in(world, who)
        board = client.get("/desk/board/", follow=True)
        ways = re.findall(r"/desk/board/\d+/", board.content.decode())
        assert ways and {client.get(way).status_code for way in dict.fromkeys(ways)} == {200}


def test_the_wall_shows_the_same_board_and_renews_itself(world: World) -> None:
    client = sign_in(world, "director")
    board = client.get("/desk/board/?wall=1")
    page = client.get(board["Location"]).content.decode()
    assert board["Location"].endswith("?wall=1") and 'class="wall wall-figures"' in page
    assert 'http-equiv="refresh"' in page
    plain = client.get(board["Location"].removesuffix("?wall=1")).content.decode()
    assert "http-equiv" not in plain and "?wall=1" in plain


def test_tables_are_downloaded_by_who_may_export(world: World) -> None:
    street = world.places["street"].pk
    director = sign_in(world, "director")
    for form in ("xlsx", "csv"):
        answer = director.get(f"/desk/board/{street}/parts.{form}")
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
    assert sign_in(world, "community").get(f"/desk/board/{world.places['east'].pk}/parts.csv").status_code == 403


def test_all_numbers_of_a_board_are_in_one_workbook(world: World) -> None:
    _many_states(world)
    director, street = sign_in(world, "director"), world.places["street"].pk
    shown = director.get(f"/desk/board/{street}/").context
    answer = director.get(f"/desk/board/{street}/board.xlsx")
    book = load_workbook(BytesIO(answer.content))
    assert book.sheetnames == ["指标", "各网格未办结", "近30天登记和办结", "在办最多的类别"]
    figures = {row[0]: row for row in book["指标"].iter_rows(min_row=3, values_only=True)}
    assert {tile["label"]: tile["number"] for tile in shown["tiles"]} == {
        tile["label"]: figures[tile["label"]][1] for tile in shown["tiles"]
    }
    assert figures["近30天按时率"][1:4] == (0.5, 1, 2)
    parts = list(book["各网格未办结"].iter_rows(min_row=3, values_only=True))
    assert sum(row[2] for row in parts) == sum(part["open"] for part in shown["parts"])
    trend = list(book["近30天登记和办结"].iter_rows(min_row=3, values_only=True))
    assert [(row[0].date(), row[1], row[2]) for row in reversed(trend)] == [
        (day["day"], day["received"], day["closed"]) for day in shown["trend"]
    ]
    assert director.get(f"/desk/board/{street}/board.csv").status_code == 404
