"""Which pages are pictured by tools.shots, and what must have happened in the district before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.urls import resolve

from linli.people import second_factor
from linli.people.models import User
from tests.browser.resident_pages import PAGES as RESIDENT_PAGES
from tests.browser.resident_pages import resident_names
from tests.browser.scenes import SCAN_TOKEN, papers_and_people, standards
from tests.browser.staff_pages import PAGES, filled_names
from tests.browser.world import PASSWORD
from tools.shots import Shot

LONG = (
    "从上个月开始，楼下的垃圾桶每天傍晚就满了，附近几家店铺把纸箱和厨余垃圾也堆在旁边，第二天上午才有人来清运。"
    "天气热的时候气味很大，老人和孩子经过要绕到机动车道上走，很不安全。我们几户邻居已经跟物业说过三次，物业说这"
    "一段归街道管；给街道打电话，说会转给环卫，可是一直没有变化。希望能增加一次傍晚的清运，或者换成带盖的大桶，"
    "并请店铺自己的垃圾按时投放。另外路灯杆旁边的那个桶已经破了，汤水流到人行道上，夜里看不清容易滑倒。谢谢你们。"
)


def pages(world: Any, *, public: bool = True, staff: bool = True) -> list[Shot]:
    """Every page, once the district has something to show."""
    shots: list[Shot] = []
    made = prepare(world)
    if public:
        shots += public_pages(made)
        shots += other_pages(RESIDENT_PAGES, resident_names(world), shots)
    if staff:
        shots += staff_pages(world, made)
        shots += other_pages(PAGES, filled_names(world, SCAN_TOKEN), shots)
    return shots


def other_pages(pages: Mapping[str, tuple[str, ...]], names: dict[str, str], already: list[Shot]) -> list[Shot]:
    """Every page of a list that has no picture of its own yet: a test holds the lists against the addresses."""
    pictured = {resolve(urlsplit(shot.path).path).route for shot in already if not shot.name.startswith("error-")}
    shots: list[Shot] = []
    for who, paths in pages.items():
        for path in paths:
            address = path.format(**names)
            if resolve(urlsplit(address).path).route not in pictured:
                name = re.sub(r"[^a-z]+", "-", path.removeprefix("/desk/").partition("?")[0]).strip("-")
                shots.append(Shot(f"{name}-{len(shots)}", address, who))
    return shots


def prepare(world: Any) -> dict[str, Any]:
    """Requests in every state that looks different, papers, shifts, a delegation and a hand-over."""
    made = {"new": world.report(uploads=(world.upload(), world.upload(60)))}
    made["long"] = world.report(LONG, address="墨河小区北门外人行道，公交站牌往东二十米")
    made["closed"] = world.report("路口垃圾成堆，没人清运", uploads=(world.upload(),))
    world.close(made["closed"])
    made["asked"] = world.report("三单元门口的垃圾桶满了")
    world.take("handler", made["asked"].item_id, "sign")
    world.take("handler", made["asked"].item_id, "ask_reporter", question="请问是单元门的左边还是右边？大约有多少袋？")
    made["received"] = world.report("想问一下老年证在哪里办", kind="consultation")
    made["refused"] = world.report("邻居在阳台养了三只鸡，早上很吵", kind="report")
    world.take("duty", made["refused"].item_id, "refuse", reason="请先与物业联系；属于邻里纠纷，可到社区调解。")
    made["track"] = world.report("健身器材的螺丝松了", phone="13800138000", wants_news=True)
    made["accepted"] = world.report("门口的店铺把货物堆到人行道上", kind="report")
    world.take("duty", made["accepted"].item_id, "accept")
    for name in ("handling", "replied", "verifying", "returned"):
        made[name] = world.report("垃圾桶盖坏了，垃圾露在外面", uploads=(world.upload(),))
        world.take("handler", made[name].item_id, "sign")
    after = {"outcome": "solved", "answer": "已更换桶盖并清运，加派一次傍晚巡回保洁。"}
    for name in ("replied", "verifying", "returned"):
        world.take("handler", made[name].item_id, "reply", **after, after=[world.upload(150)])
    world.take("unithead", made["returned"].item_id, "return_by_head", reason="请补拍桶内情况")
    world.take("unithead", made["verifying"].item_id, "endorse_reply")
    world.take("dispatcher", made["verifying"].item_id, "approve_reply")
    papers_and_people(world, made["handling"])
    with world.inside():
        second_factor.enrol(User.objects.get(username="callback"), second_factor.new_secret(), None)
    return made


def public_pages(made: dict[str, Any]) -> list[Shot]:
    """The pages of residents."""
    token = {name: reported.tracking_token for name, reported in made.items()}

    def filled(page: Any) -> None:
        page.fill("#words", "楼下垃圾桶满了，两天没人清运")
        page.wait_for_selector("#categories input:checked")

    def wrong(page: Any) -> None:
        page.fill("#phone", "12") if page.is_visible("#phone") else None
        page.locator("form.report-form button[type=submit]:visible").last.click()

    return [
        Shot("home", "/"),
        Shot("home-dark", "/", theme="dark"),
        Shot("home-elder", "/", elder=True, widths=("390",)),
        Shot("home-english", "/", language="en"),
        Shot("report", "/report/"),
        Shot("report-filled", "/report/", before=filled),
        Shot("report-wrong", "/report/", before=wrong),
        Shot("report-elder", "/report/", elder=True, widths=("390",)),
        Shot("report-dark", "/report/", theme="dark", widths=("390",)),
        Shot("report-no-script", "/report/", scripts=False),
        Shot("report-english", "/report/", language="en", widths=("390",)),
        Shot("sent", f"/r/{token['new']}/sent/"),
        Shot("follow", f"/r/{token['new']}/"),
        Shot("follow-long", f"/r/{token['long']}/"),
        Shot("follow-asked", f"/r/{token['asked']}/"),
        Shot("follow-closed", f"/r/{token['closed']}/"),
        Shot("follow-closed-elder", f"/r/{token['closed']}/", elder=True, widths=("390",)),
        Shot("follow-closed-dark", f"/r/{token['closed']}/", theme="dark", widths=("390",)),
        Shot("follow-received", f"/r/{token['received']}/", widths=("390",)),
        Shot("follow-refused", f"/r/{token['refused']}/", widths=("390",)),
        Shot("error-link-unknown", "/r/abcdefghijklmnopqrstuv/", widths=("390",)),
        Shot("error-not-found", "/nothing-here/", widths=("390",)),
        Shot("track", "/track/"),
        Shot("my-signed-out", "/my/"),
        Shot("map", "/map/"),
        Shot("map-dark", "/map/", theme="dark", widths=("1280",)),
        Shot("map-closed", "/map/?state=closed", widths=("390",)),
        Shot("categories", "/categories/"),
        Shot("procedure", "/procedure/"),
        Shot("procedure-english", "/procedure/", language="en", widths=("390",)),
        Shot("procedure-dark", "/procedure/", theme="dark", widths=("390",)),
        Shot("privacy", "/privacy/"),
        Shot("about", "/about/"),
        Shot("figures", "/about/figures/"),
        Shot("preferences", "/preferences/"),
        Shot("login-phone", "/login/phone/"),
        Shot("login", "/login/"),
    ]


def staff_pages(world: Any, made: dict[str, Any]) -> list[Shot]:
    """The pages of staff, each as the role that uses it most."""
    return [
        *desk_pages(made), *item_pages(made), *paper_pages(made), *board_pages(world), *people_pages(world),
        *register_pages(world), *sign_in_pages(world), *standard_pages(world),
    ]  # fmt: skip


def standard_pages(world: Any) -> list[Shot]:
    """Standards: the list, a version, its editor, what changed, on paper."""
    keys = standards(world)
    version, draft = (f"/desk/standards/versions/{keys[name]}/" for name in ("standard", "draft"))

    def opened(page: Any) -> None:
        page.locator(".standard-item summary").first.click()

    def wrong(page: Any) -> None:
        page.fill("[name=title]", "灯亮")
        page.fill("[name=weight]", "两分")
        page.fill("[name=lead]", "没有这个单位")
        page.locator(".node-form button[type=submit]").first.click()

    return [
        Shot("standards", "/desk/standards/", who="director"),
        Shot("standards-version", version, who="street", before=opened),
        Shot("standards-kind", f"{version}?kind=market", who="grid", widths=("390",)),
        Shot("standards-version-dark", version, who="street", theme="dark", before=opened),
        Shot("standards-draft", draft, who="director"),
        Shot("standards-criterion", f"/desk/standards/nodes/{keys['in_force']}/", who="street"),
        Shot("standards-editor", f"/desk/standards/nodes/{keys['criterion']}/", who="director"),
        Shot("standards-editor-wrong", f"/desk/standards/nodes/{keys['criterion']}/", who="director", before=wrong),
        Shot("standards-add", f"{draft}add/?level=criterion&parent={keys['content']}", who="director", elder=True),
        Shot("standards-compare", f"{draft}compare/", who="director"),
        Shot("standards-print", f"{version}print/", who="street"),
        Shot("standards-english", version, who="street", language="en", before=opened),
    ]  # fmt: skip


def desk_pages(made: dict[str, Any]) -> list[Shot]:
    """The desk in its looks, its map, its search, intake, what a phone's navigation has no room for."""

    def typed(page: Any) -> None:
        page.fill("#words", "楼下垃圾桶满了，两天没人清运")
        page.fill("#phone", "13800138000")
        page.locator("#address").press_sequentially("墨河小区", delay=5)
        page.wait_for_selector("#places-found input")
        page.wait_for_selector("#beside a")

    def panel(page: Any) -> None:
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-panel]")

    def chosen(page: Any) -> None:
        for box in page.locator("[data-key-row] input[type=checkbox]").all()[:3]:
            box.check()

    return [
        Shot("desk-dispatcher", "/desk/?tab=all", who="dispatcher"),
        Shot("desk-grid-worker", "/desk/", who="grid"),
        Shot("desk-captain", "/captain/", who="captain"),
        Shot("desk-handler", "/desk/", who="handler"),
        Shot("desk-empty", "/desk/", who="property"),
        Shot("desk-no-match", "/desk/?tab=all&q=没有这样的事", who="dispatcher"),
        Shot("desk-panel", "/desk/?tab=all", who="dispatcher", before=panel, widths=("1280",)),
        Shot("desk-chosen", "/desk/?tab=all", who="handler", before=chosen),
        Shot("desk-dark", "/desk/?tab=all", who="dispatcher", theme="dark"),
        Shot("desk-elder", "/desk/?tab=all", who="grid", elder=True),
        Shot("desk-english", "/desk/?tab=all", who="dispatcher", language="en"),
        Shot("desk-narrow", "/desk/?tab=all", who="dispatcher", widths=("320",)),
        Shot("desk-no-script", "/desk/?tab=all", who="dispatcher", scripts=False, widths=("390",)),
        Shot("desk-search", "/desk/search/?q=垃圾", who="dispatcher"),
        Shot("desk-map", "/desk/map/?tab=all", who="street"),
        Shot("desk-map-dark", "/desk/map/?tab=all", who="street", theme="dark", widths=("1280",)),
        Shot("desk-new", "/desk/new/", who="duty"),
        Shot("desk-new-typed", "/desk/new/", who="duty", before=typed),
        Shot("desk-new-dark", "/desk/new/", who="duty", theme="dark", before=typed, widths=("1280",)),
        Shot("desk-new-elder", "/desk/new/", who="duty", elder=True),
        Shot("desk-new-no-script", "/desk/new/", who="duty", scripts=False, widths=("390",)),
        Shot("desk-inbox", "/desk/inbox/", who="handler"),
        Shot("desk-inbox-empty", "/desk/inbox/", who="property", widths=("390",)),
        Shot("desk-more", "/desk/more/", who="street"),
        Shot("desk-feedback", "/desk/feedback/", who="street"),
    ]  # fmt: skip


def item_pages(made: dict[str, Any]) -> list[Shot]:
    """The item page where it looks different: who has it, what is expected, how it ended."""
    number = {name: reported.number for name, reported in made.items()}
    who = {
        "received": "duty", "accepted": "dispatcher", "new": "handler", "long": "dispatcher", "asked": "handler",
        "handling": "handler", "replied": "unithead", "verifying": "grid", "closed": "director",
        "refused": "supervisor", "returned": "handler",
    }  # fmt: skip
    shots = [Shot(f"item-{name}", f"/desk/items/{number[name]}/", who=one) for name, one in who.items()]
    return [
        *shots,
        Shot("item-dark", f"/desk/items/{number['closed']}/", who="director", theme="dark"),
        Shot("item-elder", f"/desk/items/{number['handling']}/", who="handler", elder=True),
        Shot("item-narrow", f"/desk/items/{number['long']}/", who="dispatcher", widths=("320",)),
        Shot("item-no-script", f"/desk/items/{number['handling']}/", who="handler", scripts=False, widths=("390",)),
        Shot("item-english", f"/desk/items/{number['accepted']}/", who="dispatcher", language="en"),
        Shot("item-merge", f"/desk/items/{number['new']}/?step=merge", who="dispatcher"),
        Shot("item-verify", f"/desk/verify/{number['verifying']}/", who="grid"),
        Shot("item-duplicates", f"/desk/items/{number['new']}/duplicates/", who="dispatcher", widths=("1280",)),
    ]


def paper_pages(made: dict[str, Any]) -> list[Shot]:
    """Printing, and taking signed papers back."""
    papers = f"/desk/items/{made['handling'].number}/"
    return [
        Shot("papers", f"{papers}papers/", who="unithead"),
        Shot("papers-empty", f"/desk/items/{made['new'].number}/papers/", who="handler", widths=("390",)),
        Shot("papers-print", f"{papers}print/reminder/", who="unithead"),
        Shot("papers-pile", "/desk/scan/", who="street"),
        Shot("papers-scan", f"/scan/{SCAN_TOKEN}/", who="unithead"),
    ]


def board_pages(world: Any) -> list[Shot]:
    """Boards of a district, a street, a grid."""
    district, street, grid = world.places["district"], world.places["street"], world.places["grid"]
    return [
        Shot("board-district", f"/desk/board/{district}/", who="director"),
        Shot("board-street", f"/desk/board/{street}/", who="director"),
        Shot("board-grid", f"/desk/board/{grid}/", who="director"),
        Shot("board-dark", f"/desk/board/{street}/", who="director", theme="dark"),
        Shot("board-elder", f"/desk/board/{street}/", who="director", elder=True, widths=("390",)),
        Shot("board-narrow", f"/desk/board/{street}/", who="director", widths=("320",)),
    ]


def people_pages(world: Any) -> list[Shot]:
    """Organisations, people, duty, delegation, hand-over, roles, audit."""
    handler, unit = world.staff["handler"].person_id, world.organisations["sanitation"]
    return [
        Shot("people-organisations", "/desk/people/", who="admin"),
        Shot("people-organisation", f"/desk/people/organisations/{unit}/", who="admin"),
        Shot("people-organisation-new", f"/desk/people/organisations/new/?parent={unit}", who="admin"),
        Shot("people-staff", "/desk/people/staff/", who="security"),
        Shot("people-staff-empty", "/desk/people/staff/?q=没有这个人", who="security", widths=("390",)),
        Shot("people-staff-new", "/desk/people/staff/new/", who="security"),
        Shot("people-person", f"/desk/people/staff/{handler}/", who="security"),
        Shot("people-person-dark", f"/desk/people/staff/{handler}/", who="security", theme="dark", widths=("1280",)),
        Shot("people-hand-over", f"/desk/people/staff/{handler}/hand-over/", who="security"),
        Shot("people-handovers", "/desk/people/hand-overs/", who="unithead"),
        Shot("people-delegations", "/desk/people/delegations/", who="unithead"),
        Shot("people-roster", "/desk/people/roster/", who="unithead"),
        Shot("people-roster-elder", "/desk/people/roster/", who="unithead", elder=True, widths=("390",)),
        Shot("people-roles", "/desk/people/roles/", who="security"),
        Shot("people-audit", "/desk/people/audit/", who="auditor"),
        Shot("people-refusals", "/desk/people/refusals/", who="auditor"),
    ]


def register_pages(world: Any) -> list[Shot]:
    """Places and the catalogue."""
    category = world.category("0102")
    return [
        Shot("places", "/desk/places/", who="admin"),
        Shot("places-found", "/desk/places/?q=墨河", who="admin"),
        Shot("places-street", f"/desk/places/{world.places['street']}/", who="street"),
        Shot("places-grid", f"/desk/places/{world.places['grid']}/", who="street"),
        Shot("catalogue", "/desk/catalogue/", who="editor"),
        Shot("catalogue-category", f"/desk/catalogue/categories/{category}/", who="editor"),
    ]


def sign_in_pages(world: Any) -> list[Shot]:
    """Signing in with both factors, the own account, and what people see when something is wrong."""

    def sign_in(username: str) -> Callable[[Any], None]:
        def go(page: Any) -> None:
            page.fill("#id_username", username)
            page.fill("#id_password", PASSWORD)
            page.locator("main form button[type=submit]").click()
            page.wait_for_url("**/second-factor/**")

        return go

    return [
        Shot("login-second-factor", "/login/", before=sign_in("callback")),
        Shot("login-enrol", "/login/", before=sign_in("editor")),
        Shot("account", "/account/", who="street"),
        Shot("account-dark", "/account/", who="street", theme="dark", widths=("390",)),
        Shot("account-password", "/account/password/", who="street"),
        Shot("error-forbidden", "/desk/people/staff/new/", who="handler"),
        Shot("error-server", "/error-500/", body=error_page("500.html")),
        Shot("error-too-many", "/error-429/", body=error_page("429.html"), widths=("390",)),
        Shot("error-first", "/error-409/", body=error_page("409.html"), widths=("390",)),
        Shot("error-form-too-old", "/error-csrf/", body=error_page("403_csrf.html"), widths=("390",)),
        Shot("error-dark", "/error-500/", body=error_page("500.html"), theme="dark", widths=("390",)),
    ]


def error_page(template: str) -> str:
    """An error page that no address shows on purpose."""
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    return render_to_string(template, request=RequestFactory().get("/"))
