"""An officer confirms the hours of an activity in two taps; a volunteer's own pages hold on narrow phones."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Page, expect

from linli.people.models import User
from linli.volunteering.models import Certificate, Service
from tests.browser.helpers import NARROW, TapCounter, complaints
from tests.browser.volunteering import volunteering
from tests.browser.world import World

Opener = Callable[..., Page]


def test_an_activity_is_confirmed_in_two_taps_and_what_the_volunteer_sees_holds(
    open_page: Opener, world: World
) -> None:
    made = volunteering(world)
    page = open_page(sign_in="community")
    page.goto("/desk/volunteers/hours/")
    counter = TapCounter(page)
    page.get_by_role("link", name="周五创建日").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("周五创建日")
    page.get_by_role("button", name="确认勾选的时长").tap()
    expect(page.locator("#messages")).to_contain_text("确认了 4 人的时长")
    assert counter.taps == 2
    with world.inside():
        assert Service.objects.filter(activity_id=made["hours_activity"], state="confirmed").count() == 4
        person = int(made["volunteer_person"])
        User.objects.create(username="13800550000", person_id=person, created_at=timezone.now())
        code = Certificate.objects.exclude(code="").latest("pk").code
        service = Service.objects.filter(person_id=person, state="confirmed").order_by("pk")[0].pk
    own = open_page(sign_in="13800550000", viewport=NARROW)
    wrong: list[str] = []
    for path in (
        "/volunteering/", "/volunteering/join/", "/volunteering/leave/", "/volunteering/enter/",
        f"/volunteering/services/{service}/", "/volunteering/stars/", "/volunteering/rules/", f"/verify/{code}/",
    ):  # fmt: skip
        own.goto(path)
        wrong += complaints(own)
    assert not wrong, "\n".join(wrong)
