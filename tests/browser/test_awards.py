"""A neighbour is nominated from the street's rules; on notice the name is masked; all of it fits a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from linli.awards import nominating
from linli.awards.models import Nomination
from linli.people.access import Actor, Grant
from linli.people.models import Person, User
from tests.browser.flowering import awarded
from tests.browser.helpers import TapCounter, check_accessible, check_fits, check_targets
from tests.browser.world import World

Opener = Callable[..., Page]
CODES = frozenset({"awards.rules", "awards.confirm"})


def _office(username: str) -> Actor:
    person = User.objects.get(username=username).person_id
    return Actor(person_id=person, grants=(Grant(CODES, role="demo", everything=True),), channel="system")


@pytest.fixture
def street(world: World) -> int:
    """A street whose rules know nominations."""
    awarded(world)
    return int(world.places["street"])


def test_a_neighbour_is_nominated_and_stands_on_notice_masked(open_page: Opener, world: World, street: int) -> None:
    with world.inside():
        now = timezone.now()
        person = Person.objects.create(kind="resident", created_at=now)
        User.objects.get_or_create(username="neighbour", defaults={"person": person, "created_at": now})
    page = open_page(sign_in="neighbour")
    taps = TapCounter(page)
    page.goto(f"/points/rules/{street}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("做什么能得积分")
    for check in (check_accessible, check_fits, check_targets):
        check(page)
    page.get_by_role("link", name="提名邻居").click()
    for label, text in (("做了什么", "每天给对门老人送饭"), ("邻居的姓名", "赵春梅"), ("邻居的手机", "19900015555")):
        page.get_by_label(label).fill(text)
    for check in (check_accessible, check_fits, check_targets):
        check(page)
    page.get_by_role("button", name="提名").click()
    expect(page.get_by_role("status").first).to_contain_text("谢谢您")
    assert taps.taps <= 2, taps.taps
    with world.inside():
        named = Nomination.objects.latest("pk")
        nominating.put_on_notice(_office("street"), named.pk, "每天给对门邻居送饭")
    page.goto("/points/notices/")
    expect(page.locator("main")).to_contain_text("赵**")
    expect(page.locator("main")).not_to_contain_text("赵春梅")
    page.get_by_role("link", name="每天给对门邻居送饭").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("赵**")
    for check in (check_accessible, check_fits, check_targets):
        check(page)
