"""Every page of staff, by the member of staff who uses it most, and a district in which each has something to show."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from linli.people import erasing
from tests.browser.flowering import awarded, flowered
from tests.browser.gathering import gathered
from tests.browser.promising import promised
from tests.browser.scenes import assessed, papers_and_people, rounds_and_sites, standards
from tests.browser.stalling import stalled
from tests.browser.visiting import visited
from tests.browser.volunteering import volunteering
from tests.browser.world import World

# Each page once, by the member of staff who uses it most. One browser context serves all pages of one of them.
PAGES: Mapping[str, tuple[str, ...]] = {
    "dispatcher": (
        "/desk/?tab=all", "/desk/?tab=asked", "/desk/items/{number}/", "/desk/items/{number}/?step=merge",
        "/desk/items/{closed}/", "/desk/items/{number}/duplicates/", "/desk/map/?tab=all", "/desk/search/?q=路灯",
    ),
    "duty": ("/desk/new/", "/desk/?tab=all&q=没有这样的事", "/desk/inbox/"),
    "director": (
        "/desk/board/{district}/", "/desk/board/{street}/", "/desk/board/{street}/month/", "/desk/board/{grid}/",
        "/desk/people/erasures/", "/desk/imports/", "/desk/standards/", "/desk/standards/versions/{draft}/",
        "/desk/standards/versions/{draft}/compare/", "/desk/standards/nodes/{criterion}/",
        "/desk/standards/versions/{draft}/add/?level=criterion&parent={content}",
        "/desk/assessment/", "/desk/assessment/new/", "/desk/assessment/{assessment}/board/",
        "/desk/assessment/{assessment}/tasks/?show=gaps", "/desk/assessment/{assessment}/units/{unit}/",
        "/desk/assessment/{assessment}/nodes/{assessed}/", "/desk/assessment/{assessment}/failing/",
        "/desk/assessment/{assessment}/remind/?show=overdue",
        "/desk/assessment/{assessment}/tasks/{assessed_task}/records/",
        "/desk/assessment/{assessment}/plan/", "/desk/assessment/{assessment}/packs/",
        "/desk/assessment/{assessment}/packs/{pack}/", "/desk/campaigns/", "/desk/campaigns/new/",
        "/desk/campaigns/{campaign}/", "/desk/campaigns/{campaign}/edit/",
        "/desk/campaigns/{campaign}/records/requests/", "/desk/campaigns/{campaign}/items/",
        "/desk/campaigns/items/{number}/",
    ),
    "editor": ("/desk/catalogue/", "/desk/catalogue/categories/{category}/", "/desk/calendar/?year={year}"),
    "street": (
        "/desk/places/", "/desk/places/?q=墨河", "/desk/places/{community}/", "/desk/more/", "/desk/feedback/",
        "/desk/scan/", "/desk/rounds/", "/desk/rounds/new/", "/desk/rounds/{round}/", "/desk/sites/{site}/",
        "/desk/rounds/findings/", "/desk/rounds/{round}/teams/?team=new",
        "/account/", "/account/password/", "/my/erasure/", "/desk/standards/versions/{standard}/",
        "/desk/standards/versions/{standard}/print/", "/desk/standards/nodes/{in_force}/",
        "/desk/responsibilities/", "/desk/responsibilities/?show=gaps", "/desk/responsibilities/{responsibility}/",
        "/desk/responsibilities/new/", "/desk/agreements/", "/desk/agreements/{failing}/",
        "/desk/agreements/{failing}/check/", "/desk/agreements/new/?site={shop}", "/desk/sites/{shop}/",
        "/desk/mutual/", "/desk/mutual/new/", "/desk/mutual/{mutual}/", "/desk/mutual/checks/{check}/",
        "/desk/shop/", "/desk/shop/goods/", "/desk/shop/goods/new/", "/desk/shop/goods/{shop_good}/",
        "/desk/shop/counters/", "/desk/shop/counters/new/", "/desk/shop/counters/{shop_counter}/",
        "/desk/shop/counters/{shop_counter}/count/", "/desk/shop/stock/", "/desk/shop/receipts/",
        "/desk/shop/receipts/new/", "/desk/shop/donations/", "/desk/shop/donations/new/", "/desk/shop/stocktakes/",
        "/desk/shop/stocktakes/{stocktake}/", "/desk/shop/partners/", "/desk/shop/partners/new/",
        "/desk/shop/partners/{shop_partner}/", "/desk/shop/settlements/{settlement}/",
        "/desk/shop/reports/?month={shop_month}", "/desk/shop/orders/", "/desk/counter/", "/desk/counter/today/",
        "/desk/shop/orders/{shop_order}/",
        "/desk/points/", "/desk/points/awards/", "/desk/points/awards/{awards_award}/", "/desk/points/nominations/",
        "/desk/points/nominations/{awards_nomination}/", "/desk/points/appeals/",
        "/desk/points/appeals/{awards_appeal}/",
        "/desk/points/rules/", "/desk/points/rules/{awards_set}/", "/desk/points/rules/{awards_set}/try/",
        "/desk/points/rules/{awards_draft}/rule/", "/desk/points/rules/{awards_draft}/rule/{awards_draft_rule}/",
        "/desk/points/nominate/{street}/",
        "/desk/points/ledger/", "/desk/points/ledger/pools/{street}/",
        "/desk/points/ledger/accounts/{points_account}/",
        "/desk/points/ledger/transfers/{points_transfer}/correct/", "/desk/points/flowers/",
        "/desk/points/flowers/new/", "/desk/points/flowers/stickers/", "/desk/points/flowers/{flowers}/",
    ),
    "community": (
        "/desk/", "/desk/visits/", "/desk/visits/plans/", "/desk/visits/plans/{visit_plan}/", "/desk/visits/plans/new/",
        "/desk/letters/", "/desk/letters/{letter}/", "/desk/letters/new/", "/desk/conflicts/", "/desk/dissuasion/",
        "/desk/dissuasion/rounds/", "/desk/dissuasion/themes/", "/desk/dissuasion/{dissuasion}/correct/",
        "/desk/volunteers/", "/desk/volunteers/?q=没有这个人", "/desk/volunteers/new/", "/desk/volunteers/{volunteer}/",
        "/desk/volunteers/hours/", "/desk/volunteers/hours/others/",
        "/desk/volunteers/hours/activity/{hours_activity}/", "/desk/volunteers/services/{service}/",
        "/desk/volunteers/appeals/", "/desk/volunteers/certificates/", "/desk/volunteers/stars/",
        "/desk/activities/", "/desk/activities/new/", "/desk/activities/{running}/", "/desk/activities/{coming}/edit/",
        "/desk/activities/formats/", "/desk/activities/formats/new/", "/desk/activities/formats/{format}/",
        "/desk/volunteers/rules/", "/desk/volunteers/joined/", "/desk/volunteers/joined/new/",
        "/desk/volunteers/joined/{joined}/", "/desk/volunteers/members/",
        "/desk/volunteers/concerns/", "/desk/wishes/", "/desk/wishes/new/",
    ),
    "property": ("/desk/", "/desk/letters/?state=open", "/desk/letters/{letter}/"),
    "grid": ("/desk/", "/desk/verify/{verifying}/", "/desk/visits/new/", "/desk/dissuasion/new/"),
    "unithead": (
        "/desk/items/{handling}/papers/", "/desk/items/{handling}/print/reminder/", "/scan/{scan}/",
        "/desk/people/roster/", "/desk/people/delegations/", "/desk/people/hand-overs/", "/desk/inbox/?unread=1",
    ),
    "security": (
        "/desk/", "/desk/people/staff/", "/desk/people/staff/new/", "/desk/people/staff/{handler}/",
        "/desk/people/staff/{handler}/hand-over/", "/desk/people/staff/accounts/", "/desk/people/roles/",
    ),
    "admin": (
        "/desk/people/", "/desk/people/organisations/{unit}/", "/desk/people/organisations/new/?parent={unit}",
    ),
    "auditor": ("/desk/people/audit/", "/desk/people/refusals/"),
    "captain": ("/captain/", "/captain/report/", "/captain/mine/", "/captain/grid/"),
}  # fmt: skip
# Answers that are no pages: parts of pages, files, addresses that only lead on; a batch is looked at while it is
# imported (test_imports).
NO_PAGES = frozenset({
    "desk/units/", "desk/new/places/", "desk/people/find/<slug:what>/", "desk/map/items.json", "desk/board/",
    "desk/assessment/<int:assessment_id>/", "desk/assessment/<int:assessment_id>/forecast/",
    "desk/assessment/<int:assessment_id>/packs/<uuid:pack_id>/progress/",
    "desk/assessment/<int:assessment_id>/packs/<uuid:pack_id>/pack.zip",
    "desk/changes/", "desk/imports/<int:batch_id>/", "desk/imports/<int:batch_id>/map.toml",
    "desk/imports/<int:batch_id>/rejects.xlsx",
    "desk/agreements/checks.pdf", "desk/agreements/shops/<int:site_id>.pdf", "desk/mutual/<uuid:batch>/slips.pdf",
    "desk/rounds/<int:round_id>/sites.json", "desk/rounds/<int:round_id>/act/",
    "desk/items/<str:number>/point.json", "desk/board/<int:place_id>/parts.json",
    "desk/board/<int:place_id>/month.pdf", "desk/items/<str:number>/contact/",
    "desk/activities/<int:activity_id>/people.xlsx", "desk/activities/<int:activity_id>/act/",
    "desk/shop/settlements/<int:settlement_id>/<slug:kind>/", "desk/shop/partners/<int:partner_id>/settle/",
    "desk/volunteers/export.xlsx", "desk/volunteers/hours.xlsx", "desk/volunteers/joined.xlsx",
    "desk/volunteers/members/units.xlsx", "desk/activities/register.xlsx", "desk/wishes/export.xlsx",
    "desk/volunteers/certificates/<int:certificate_id>.pdf", "desk/points/ledger/pools/<int:street_id>/export/",
    "desk/volunteers/joined/<int:joined_id>/feedback-<int:year>-<int:quarter>.pdf",
})  # fmt: skip


def filled_names(world: World, scan: str = "") -> dict[str, str]:
    """What the addresses are filled with: requests in several states, a paper, a roster, a delegation, a hand-over.

    `scan` is the token of a paper where that and the people's scenes have been made already.
    """
    made = {"number": world.report("小区路灯坏了三天，晚上看不见路", phone="13812345678", contact_name="李明")}
    clerk = world.actor("duty")
    with world.inside():
        erasing.ask_by_phone(clerk, "13812345678", "ordered")
    made["closed"] = world.report("路口垃圾成堆，没人清运", uploads=(world.upload(),))
    world.close(made["closed"])
    made["verifying"] = world.report("楼下垃圾没有人清运", uploads=(world.upload(),))
    world.take("handler", made["verifying"].item_id, "sign")
    world.take(
        "handler", made["verifying"].item_id, "reply", outcome="solved", answer="好了", after=[world.upload(150)]
    )
    world.take("unithead", made["verifying"].item_id, "endorse_reply")
    world.take("dispatcher", made["verifying"].item_id, "approve_reply")
    made["handling"] = world.report("垃圾桶盖坏了")
    world.take("handler", made["handling"].item_id, "sign")
    filled = {name: one.number for name, one in made.items()}
    filled |= {name: str(world.places[name]) for name in ("district", "street", "community", "grid")}
    filled |= {"category": str(world.category("0102")), "unit": str(world.organisations["sanitation"])}
    filled["year"] = str(timezone.localdate().year + 1)
    filled["handler"] = str(world.staff["handler"].person_id)
    filled |= rounds_and_sites(world) | standards(world)
    filled |= assessed(world) | promised(world)
    filled |= visited(world, int(filled["round"]), int(filled["site"]))
    filled |= flowered(world) | awarded(world)
    filled |= volunteering(world) | gathered(world) | stalled(world)
    return filled | {"scan": scan or papers_and_people(world, made["handling"])}
