"""Every page of residents beyond the public ones, by the resident who has something to see on it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from linli.awards.models import Award
from linli.credits import ledger
from linli.credits.models import Transfer
from linli.people.access import Actor, anonymous
from linli.people.loading import load_actor
from linli.people.models import User
from linli.shop.models import Order
from linli.volunteering.models import Certificate
from linli.wishes import services, setup
from linli.work.services import advance
from tests.browser.flowering import awarded, flowered
from tests.browser.gathering import gathered
from tests.browser.stalling import stalled
from tests.browser.volunteering import volunteering
from tests.browser.world import World

# Each page once. One browser context serves all pages of one resident.
PAGES: Mapping[str, tuple[str, ...]] = {
    "own-volunteer": (
        "/volunteering/", "/volunteering/join/", "/volunteering/leave/", "/volunteering/enter/",
        "/volunteering/services/{service}/", "/volunteering/stars/", "/volunteering/rules/", "/verify/",
        "/volunteering/notices/{notice}/",
        "/verify/{certificate}/", "/my/", "/my/erasure/", "/activities/", "/activities/{coming}/", "/activities/mine/",
        "/activities/{running}/here/", "/account/",
    ),
    "own-awarded": (
        "/points/awards/", "/points/awards/{award}/appeal/", "/points/nominate/{street}/", "/points/notices/",
        "/points/notices/{nomination}/", "/points/pool/", "/points/pool/{street}/given/", "/points/rules/{street}/",
        "/flower/", "/flower/{flower}/", "/wishes/mine/", "/wishes/{wish}/", "/wishes/{own_wish}/mine/",
    ),
    "own-buyer": (
        "/points/", "/points/joining/", "/points/lines/{line}/",
        "/points/shop/", "/points/shop/donations/", "/points/shop/goods/{good}/", "/points/shop/orders/",
        "/points/shop/orders/{order}/",
    ),
    "": ("/wishes/w/{wish_link}/", "/wishes/w/{wish_link}/sent/"),
}  # fmt: skip
# Answers that are no pages: files, parts of pages, addresses that only lead on, and what opens in a test of its own.
NO_PAGES = frozenset({
    "health", "robots.txt", "style/", "map/counts.json", "places/<int:place_id>/map.json", "account/password/",
    "activities/<int:activity_id>/calendar.ics", "activities/<int:activity_id>/poster.pdf", "activities/calendar.ics",
    "activities/calendar/<slug:token>.ics", "activities/worker.js", "activities/lead/",
    "activities/<int:activity_id>/lead/", "activities/<int:activity_id>/lead/code/",
    "activities/<int:activity_id>/lead/code/key.json", "patrol/", "patrol/manifest.webmanifest", "patrol/worker.js",
    "points/shop/photos/<int:good_id>/<str:size>/", "volunteering/certificates/<int:certificate_id>.pdf", "shop/",
})  # fmt: skip


def resident_names(world: World) -> dict[str, str]:
    """What the addresses are filled with, and the three who look at them."""
    filled = flowered(world) | awarded(world) | volunteering(world) | gathered(world) | stalled(world)
    with world.inside():
        award = Award.objects.get(pk=filled["awards_award"])
        order = Order.objects.latest("pk")
        assert award.person_id
        for name, person_id in (
            ("own-volunteer", int(filled["volunteer_person"])),
            ("own-awarded", award.person_id),
            ("own-buyer", order.person_id),
        ):
            User.objects.get_or_create(username=name, defaults={"person_id": person_id, "created_at": timezone.now()})
        account = ledger.member_account(order.person_id)
        named = {
            "service": filled["service"], "certificate": Certificate.objects.exclude(code="").latest("pk").code,
            "notice": str(Certificate.objects.exclude(notice_until=None).latest("pk").pk),
            "coming": filled["coming"], "running": filled["running"], "award": str(award.pk),
            "line": str(Transfer.objects.filter(credit_id=account).latest("pk").pk),
            "street": str(world.places["street"]), "nomination": filled["awards_nomination"],
            "flower": filled["sticker"], "good": filled["shop_good"], "order": str(order.pk),
        }  # fmt: skip
    return named | _wished(world)


def _wished(world: World) -> dict[str, str]:
    """A wish that was claimed and agreed, and one that was just made by the claimer."""
    officer = world.actor("community")
    with world.inside():
        setup.setup()
        claimer = load_actor(User.objects.get(username="own-awarded").pk, strong=True)
        assert claimer is not None
        wanted = services.Wanted(
            sort="wish_help", words="我一个人住，腿脚不好，厨房的龙头坏了没人修", place_id=world.places["community"],
            name="冯秀英", phone="13805326789", address="2号楼3单元501室",
        )  # fmt: skip
        made = services.make(anonymous(), wanted, key="resident-pages", device="test")
        own = services.make(claimer, wanted, key="resident-pages-own", device="test")
        steps: tuple[tuple[Actor, str, dict[str, str]], ...] = (
            (officer, "approve", {"public_title": "修一修漏水的龙头", "public_words": "想请会修的邻居上门看看。"}),
            (claimer, "claim", {"offer": "我会修"}),
            (officer, "agree_claim", {}),
        )
        for number, (who, code, data) in enumerate(steps):
            advance(who, made.item_id, [(code, data)], key=f"resident-pages-{number}")
        return {"wish": made.number, "own_wish": own.number, "wish_link": made.token}
