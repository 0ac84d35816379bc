"""Little red flowers: made with a budget, printed, handed out, and taken by whoever scans first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.db import connection
from django.utils import timezone

from linli.awards import awarding
from linli.awards import sticker_redeeming as redeeming
from linli.awards import sticker_selectors as selectors
from linli.awards import sticker_services as services
from linli.awards.models import Award, Sticker, StickerMove, StickerSheet
from linli.awards.sticker_papers import SIGNS, Printed, flower_url, sheet_pdf
from linli.awards.sticker_points import committed
from linli.awards.sticker_rules import ALPHABET, Standing, clean_code, digest, grouped, new_code, runs, seen_as
from linli.credits import ledger
from linli.credits.models import Transfer
from linli.people.access import ObjectHidden, PermissionRefused
from linli.work import deeds
from linli.work.engine import StepRefused
from tests.support.awarded import done, the_rules
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]
DAY = date(2026, 6, 15)


def wanted(world: World, **more: Any) -> services.Wanted:
    """A sheet for the eastern community."""
    today = timezone.localdate()
    values: dict[str, Any] = {
        "place_id": world.places["east"].pk, "theme": "安全头盔", "count": 12, "valid_from": today,
        "valid_until": today + timedelta(days=30), "points": 2,
    }  # fmt: skip
    return services.Wanted(**{**values, **more})


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that were drawn, in order; sheets are not drawn as PDF."""
    drawn: list[str] = []

    def draw() -> str:
        drawn.append(new_code())
        return drawn[-1]

    monkeypatch.setattr(services, "new_code", draw)
    monkeypatch.setattr(services, "sheet_pdf", lambda *words, **more: b"%PDF")
    return drawn


@pytest.fixture
def sheet(world: World, codes: list[str]) -> StickerSheet:
    """A printed sheet of which the street officer carries all but the last four."""
    street = world.actor("street")
    made = services.make_sheet(street, wanted(world), key="k")
    services.print_sheet(street, made.pk, 0)
    services.hand_out(street, made.pk, world.users["grid"].person_id, 1, 8)
    return made


def test_codes_are_unguessable_and_can_be_typed() -> None:
    drawn = {new_code() for _ in range(1000)}
    assert len(drawn) == 1000 and {len(code) for code in drawn} == {16}
    assert clean_code(" ABCD-efgh 0OIl\u3000") == "abcdefgh0011"
    assert clean_code(grouped("0123456789abcdef")) == "0123456789abcdef"
    assert runs([8, 3, 5, 6]) == "3、5–6、8" and runs([]) == ""


@pytest.mark.parametrize(
    ("state", "change", "today", "person", "claim"),
    [
        ("ready", {}, DAY, 1, None), ("drawer", {"held": False}, DAY, 1, None), ("void", {"void": True}, DAY, 1, None),
        ("early", {}, DAY - timedelta(days=1), 1, None), ("over", {}, DAY + timedelta(days=11), 1, None),
        ("ready", {}, DAY + timedelta(days=10), None, None), ("own", {"person_id": 1}, DAY, 1, None),
        ("taken", {"person_id": 1}, DAY, 2, None), ("taken", {"person_id": 1}, DAY, None, b"x"),
        ("kept", {"claim": b"x"}, DAY + timedelta(days=20), None, b"x"),
        ("lapsed", {"claim": b"x"}, DAY + timedelta(days=71), None, b"x"), ("taken", {"claim": b"x"}, DAY, 1, b"y"),
        ("taken", {"claim": b"x"}, DAY, 1, None),
    ],
)  # fmt: skip
def test_what_a_sticker_is_to_whoever_scans_it(
    state: str, change: dict[str, Any], today: date, person: int | None, claim: bytes | None
) -> None:
    values: dict[str, Any] = {
        "valid_from": DAY, "valid_until": DAY + timedelta(days=10), "claims_until": DAY + timedelta(days=70),
        "held": True, "void": False, "claim": None, "person_id": None,
    }  # fmt: skip
    assert seen_as(Standing(**{**values, **change}), today, person_id=person, claim=claim) == state


def test_a_sheet_is_made_once_and_only_where_one_may(world: World) -> None:
    street = world.actor("street")
    made = services.make_sheet(street, wanted(world), key="k")
    assert services.make_sheet(street, wanted(world), key="k").pk == made.pk
    assert (StickerSheet.objects.count(), made.stickers.count(), made.street_id) == (1, 12, world.places["street"].pk)
    with pytest.raises(PermissionRefused):
        services.make_sheet(world.actor("community"), wanted(world, place_id=world.places["west"].pk), key="k2")
    with pytest.raises(PermissionRefused):
        services.make_sheet(world.actor("grid"), wanted(world), key="k3")
    for number, (change, code) in enumerate((
        ({"theme": ""}, "bad_theme"), ({"theme": "举报有奖"}, "bad_theme"), ({"theme": "长" * 25}, "bad_theme"),
        ({"count": 0}, "bad_count"), ({"count": 241}, "bad_count"), ({"points": 0}, "bad_points"),
        ({"valid_until": timezone.localdate() - timedelta(days=1)}, "bad_days"), ({"rule_id": 7}, "no_rule"),
        ({"valid_until": timezone.localdate() + timedelta(days=400)}, "bad_days"),
    )):  # fmt: skip
        with pytest.raises(StepRefused) as refusal:
            services.make_sheet(street, wanted(world, **change), key=f"wrong-{number}")
        assert refusal.value.code == code
    with pytest.raises(StepRefused, match="grid"):
        services.make_sheet(world.actor("director"), wanted(world, place_id=world.places["district"].pk), key="d")
    assert StickerSheet.objects.count() == 1


def test_codes_are_stored_as_digests_and_an_old_printing_is_worth_nothing(world: World, codes: list[str]) -> None:
    street = world.actor("street")
    made = services.make_sheet(street, wanted(world), key="k")
    services.print_sheet(street, made.pk, 0)
    first = list(codes)
    services.hand_out(street, made.pk, world.users["grid"].person_id, 1, 4)
    with pytest.raises(StepRefused) as twice:
        services.print_sheet(street, made.pk, 0)
    assert (twice.value.code, twice.value.status) == ("printed", 409), "the form that is sent twice spoils nothing"
    services.print_sheet(street, made.pk, 1)
    assert len(codes) == 12 + 8
    assert [redeeming.look(code, None, "").state for code in first] == ["ready"] * 4 + ["unknown"] * 8
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(s::text, ' ') FROM awards_sticker s")
        stored = str(cursor.fetchone()[0])
    assert not any(code in stored for code in codes) and digest(codes[-1]).hex() in stored
    with pytest.raises(ObjectHidden):
        services.print_sheet(world.actor("community_west"), made.pk, 2)


def test_who_took_which_numbers_is_written_down(world: World, sheet: StickerSheet) -> None:
    street, grid = world.actor("street"), world.users["grid"].person_id or 0
    assert services.hand_out(street, sheet.pk, grid, 1, 8) == 8, "sent twice"
    assert services.bring_back(street, sheet.pk, 7, 8) == 2
    services.hand_out(street, sheet.pk, world.users["grid2"].person_id, 7, 7)
    assert services.make_void(street, sheet.pk, 1, 1, "lost") == 1
    with pytest.raises(StepRefused, match="drawer"):
        services.hand_out(street, sheet.pk, grid, 7, 9)
    with pytest.raises(StepRefused) as wrong:
        services.bring_back(street, sheet.pk, 6, 7)
    assert wrong.value.label.zh == "7 号不在同一个人手里，请分开登记。"
    with pytest.raises(StepRefused):
        services.make_void(street, sheet.pk, 1, 2, "lost")
    with pytest.raises(StepRefused):
        services.hand_out(street, sheet.pk, world.users["resident"].person_id, 9, 9)
    told = [(row.kind, row.first, row.last, row.holder and row.holder.display_name) for row in selectors.moves(sheet)]
    assert told == [
        ("lost", 1, 1, None), ("taken", 7, 7, "顾北"), ("returned", 7, 8, "葛青"), ("taken", 1, 8, "葛青"),
        ("printed", 1, 12, None),
    ]  # fmt: skip
    assert [(row["holder"], row["numbers"]) for row in selectors.carried(sheet)] == [
        ("葛青", [2, 3, 4, 5, 6]), ("顾北", [7]),
    ]  # fmt: skip
    assert selectors.next_free(sheet) == (8, 12)
    assert StickerMove.objects.filter(recorded_by=street.person_id).count() == 5


def test_signed_in_the_points_come_at_once_and_once(world: World, sheet: StickerSheet, codes: list[str]) -> None:
    resident = world.actor("resident")
    person = resident.person_id or 0
    assert not redeeming.redeem(resident, codes[0]).took, "who does not take part is asked first"
    assert not Transfer.objects.exists()
    done = redeeming.redeem(resident, codes[0], joining=True)
    assert (done.state, done.took, done.points) == ("own", True, 2)
    again = redeeming.redeem(resident, codes[0])
    assert (again.state, again.took) == ("own", False)
    assert ledger.balance(ledger.member_account(person)).points == 2
    row = Transfer.objects.get(source_type="sticker")
    sticker = Sticker.objects.get(code_digest=digest(codes[0]))
    assert (row.key, row.amount, sticker.person_id) == (f"sticker:{sticker.pk}", 2, person)
    assert row.debit_id == ledger.pool(world.places["street"].pk) and row.expires_on > timezone.localdate()
    assert redeeming.look(codes[0], None, "").state == "taken"


def test_staff_on_duty_earn_nothing(world: World, sheet: StickerSheet, codes: list[str]) -> None:
    for name in ("grid", "director"):
        with pytest.raises(PermissionRefused):
            redeeming.redeem(world.actor(name), codes[0], joining=True)
    with pytest.raises(PermissionRefused):
        redeeming.redeem(world.actor("anonymous"), codes[0])
    assert not Transfer.objects.exists() and redeeming.look(codes[0], None, "").state == "ready"


FLOWER_RULE = {"category": "civil_traffic", "title": "小红花", "source": "sticker", "points": 2}


@pytest.mark.parametrize(
    ("rule", "head", "taken"),
    [({}, {}, 4), ({"day_cap": 5}, {}, 2), ({"month_cap": 2}, {}, 1), ({}, {"day_cap": 4}, 2), ({"day_cap": 1}, {}, 1)],
)
def test_the_limit_of_a_day_holds_back_what_is_too_much_and_keeps_it(
    world: World, codes: list[str], rule: dict[str, int], head: dict[str, int], taken: int
) -> None:
    the_rules(world, rules=({**FLOWER_RULE, **rule},), **head)
    street, resident, phone = world.actor("street"), world.actor("resident"), redeeming.new_secret()
    rules = services.sticker_rules_of(world.places["street"].pk, timezone.localdate())
    made = services.make_sheet(street, wanted(world, rule_id=rules[0].pk), key="k")
    services.print_sheet(street, made.pk, 0)
    services.hand_out(street, made.pk, world.users["grid"].person_id, 1, 12)
    seen = [redeeming.redeem(resident, code, phone, joining=True) for code in codes[:4]]
    assert [row.state for row in seen] == ["own"] * taken + ["capped"] * (4 - taken), "whole flowers, the first always"
    assert ledger.balance(ledger.member_account(resident.person_id or 0)).points == 2 * taken
    assert selectors.kept_on(phone).count == 4 - taken, "none is lost"
    assert redeeming.gather(resident, phone) == (0, 0)
    Sticker.objects.exclude(redeemed_at=None).update(redeemed_at=timezone.now() - timedelta(days=40))
    assert redeeming.gather(resident, phone)[0] == min(4 - taken, taken), "another day there is room again"


def test_flowers_count_towards_what_all_rules_give_in_a_day(world: World, codes: list[str]) -> None:
    hours = {"category": "volunteering", "title": "志愿服务", "source": "hours", "points": 2, "unit": "hour"}
    the_rules(world, rules=(FLOWER_RULE, hours), day_cap=5)
    street, resident = world.actor("street"), world.actor("resident")
    person = resident.person_id or 0
    rules = services.sticker_rules_of(world.places["street"].pk, timezone.localdate())
    made = services.make_sheet(street, wanted(world, rule_id=rules[0].pk), key="k")
    services.print_sheet(street, made.pk, 0)
    services.hand_out(street, made.pk, world.users["grid"].person_id, 1, 12)
    assert redeeming.redeem(resident, codes[0], "phone", joining=True).state == "own"
    awarding.hear(deeds.record([done(world, person, "h", quantity=300, days_ago=0)]))
    assert Award.objects.get().points == 3, "of ten points the flower has left three"
    assert redeeming.redeem(resident, codes[1], "phone").state == "capped"


def test_without_an_account_the_phone_keeps_it_until_somebody_signs_in(
    world: World, sheet: StickerSheet, codes: list[str]
) -> None:
    phone, resident = redeeming.new_secret(), world.actor("resident")
    assert [redeeming.keep(code, phone).took for code in (codes[0], codes[1], codes[0])] == [True, True, False]
    assert redeeming.keep(codes[0], redeeming.new_secret()).state == "taken"
    assert redeeming.redeem(resident, codes[0], joining=True).state == "taken", "another phone"
    kept = selectors.kept_on(phone)
    assert (kept.count, kept.points, kept.until) == (2, 4, sheet.claims_until)
    assert redeeming.gather(resident, phone) == (0, 0) and redeeming.gather(resident, "") == (0, 0)
    assert redeeming.gather(resident, phone, joining=True) == (2, 4)
    assert redeeming.gather(resident, phone) == (0, 0)
    assert ledger.balance(ledger.member_account(resident.person_id or 0)).points == 4
    assert redeeming.look(codes[0], resident.person_id, "").state == "own"
    assert selectors.kept_on(phone).count == 0


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("over", {"valid_from": DAY, "valid_until": DAY}),
        ("early", {"valid_from": date(2999, 1, 1), "valid_until": date(2999, 1, 2), "claims_until": date(2999, 3, 1)}),
    ],
)
def test_outside_its_days_nothing_is_given(
    world: World, sheet: StickerSheet, codes: list[str], state: str, change: dict[str, Any]
) -> None:
    StickerSheet.objects.filter(pk=sheet.pk).update(**change)
    assert redeeming.redeem(world.actor("resident"), codes[0], joining=True).state == state
    assert redeeming.keep(codes[1], "x").state == state
    assert not Transfer.objects.exists() and not Sticker.objects.exclude(claimed_at=None).exists()


def test_void_and_ended_ones_give_nothing_and_free_the_budget(
    world: World, sheet: StickerSheet, codes: list[str]
) -> None:
    street, resident, place = world.actor("street"), world.actor("resident"), world.places["street"].pk
    assert committed(place) == 24
    services.make_void(street, sheet.pk, 1, 1, "damaged")
    assert redeeming.redeem(resident, codes[0], joining=True).state == "void"
    redeeming.keep(codes[1], "phone")
    redeeming.redeem(resident, codes[2], joining=True)
    assert committed(place) == 20
    assert services.end_sheet(street, sheet.pk) == 9 and services.end_sheet(street, sheet.pk) == 0
    assert redeeming.redeem(resident, codes[3], joining=True).state == "void"
    assert committed(place) == 2, "what a phone keeps is still honoured"
    assert redeeming.gather(resident, "phone") == (1, 2) and committed(place) == 0
    with pytest.raises(StepRefused):
        services.print_sheet(street, sheet.pk, 1)
    assert selectors.totals(street) == {
        "drawer": 0, "out": 0, "kept": 0, "redeemed": 2, "void": 10, "all": 12, "points": 4,
    }  # fmt: skip


def test_a_pool_with_a_budget_is_asked_first(world: World) -> None:
    street, pool = world.actor("street"), ledger.pool(world.places["street"].pk)
    ledger.fund(pool, 40, key="fund", actor=street)
    ledger.fund_tranches(pool, 40, key="deal", actor=street)
    services.make_sheet(street, wanted(world), key="k1")
    with pytest.raises(StepRefused) as refusal:
        services.make_sheet(street, wanted(world), key="k2")
    assert (refusal.value.code, refusal.value.status) == ("no_budget", 409)
    assert services.make_sheet(street, wanted(world, count=8), key="k3").count == 8
    assert StickerSheet.objects.count() == 2


def test_numbers_on_the_pages_are_lists_and_name_nobody(
    world: World, sheet: StickerSheet, codes: list[str], query_counter: Any
) -> None:
    street, resident = world.actor("street"), world.actor("resident")
    redeeming.redeem(resident, codes[0], joining=True)
    with query_counter(at_most=1):
        shown = selectors.sheets(street)
    assert [(row["out"], row["redeemed"], row["drawer"]) for row in shown] == [(7, 1, 4)]
    months, lines = selectors.by_theme(street)
    assert len(months) == 1 and lines[0]["cells"] == {months[0]: 1} and lines[0]["all"] == 12
    for state, count in (("out", 7), ("redeemed", 1), ("drawer", 4), ("void", 0)):
        filters = selectors.StickerFilters.of({"state": state, "theme": "安全头盔"})
        with query_counter(at_most=1):
            rows = selectors.stickers(street, filters)
        assert len(rows) == count and not {"person", "person_id"} & set(rows[0] if rows else ())
    assert len(selectors.stickers(street, selectors.StickerFilters(month=months[0]))) == 1
    assert selectors.stickers(world.actor("community_west"), selectors.StickerFilters()) == []


@pytest.mark.parametrize("theme", ["礼让<斑马线>", "主题很长要写成两行的小红花贴纸不能挤到码上"])
def test_the_sheet_on_paper_has_a_code_for_each_sticker(theme: str) -> None:
    rows = [Printed(f"7-{number:03d}", new_code()) for number in range(1, 27)]
    pages = pypdfium2.PdfDocument(sheet_pdf(theme, "东山社区", 2, DAY, rows, synthetic=True))
    shown = [page.get_textpage().get_text_range() for page in pages]
    found = {code.text for page in pages for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil().convert("L"))}
    assert found == {flower_url(row.code) for row in rows}, "every code can be read, and no other is there"
    assert len(shown) == 2 and shown[0].count(theme[:6]) == 24 and shown[1].count("2026-06-15") == 2
    assert all(grouped(row.code) in "".join(shown) and row.number in "".join(shown) for row in rows)


def test_codes_and_numbers_have_their_signs_whatever_is_drawn() -> None:
    assert set(SIGNS) >= set("0123456789-") | set(grouped("0123456789abcdef")) | set(ALPHABET)
