"""The public pages over HTTP: statements, refusals, limits, what a page must not give away."""

from __future__ import annotations

import json
import logging
import uuid

import pytest
from django.test import Client
from shapely.geometry import box

from linli.config.logs import hide_links
from linli.people import throttle
from linli.people.access import Actor, Grant, anonymous
from linli.people.roles import PERMISSIONS
from linli.people.services import create_organisation
from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.places.sheet import Sheet, SheetRow
from linli.requests.models import RequestDetail
from linli.requests.reporting import Report
from linli.requests.services import Reported, report
from linli.work.models import Item
from linli.work.seed import seed_catalogue

pytestmark = pytest.mark.django_db
HERE = (120.442, 36.382)


@pytest.fixture
def district(db: None) -> dict[str, int]:
    """One district with two grids, a sanitation office and the seed catalogue."""
    sheet, area = Sheet(), box(120.44, 36.38, 120.448, 36.384)
    top = sheet.add(SheetRow("district", "即墨区", code="370215", code_scheme="gb2260", geometry=area))
    street = sheet.add(SheetRow("street", "通济街道", top, code="370215003", code_scheme="gb10114", geometry=area))
    community = sheet.add(SheetRow("community", "墨河社区", street, code="370215003001", geometry=area))
    for n in range(2):
        west = 120.44 + n * 0.004
        sheet.add(
            SheetRow(
                "grid", f"通济街道墨河社区第{n + 1}网格", community, geometry=box(west, 36.38, west + 0.004, 36.384)
            )
        )
    ids = sheet.write()
    bump_registry(RegistryVersion.PLACES)
    seed_catalogue()
    maker = Actor(grants=(Grant(PERMISSIONS, everything=True, role="system"),), channel="system")
    create_organisation(
        maker, name="通济街道环境卫生管理所", short_name="通济街道环卫所", kind="station", place_id=ids[street],
        functions=("sanitation",),
    )  # fmt: skip
    return {"district": ids[top], "street": ids[street], "community": ids[community]}


def made(words: str = "楼下垃圾桶满了", **more: object) -> Reported:
    values = {"kind": "help", "longitude": HERE[0], "latitude": HERE[1]} | more
    return report(anonymous(), Report(words=words, **values), key=uuid.uuid4().hex, device="tests")  # type: ignore[arg-type]


def form(**more: str) -> dict[str, str]:
    return {
        "key": uuid.uuid4().hex,
        "kind": "help",
        "words": "楼下垃圾桶满了",
        "lon": "120.442",
        "lat": "36.382",
    } | more


@pytest.mark.parametrize(
    ("path", "at_most"),
    [
        ("/", 2), ("/report/", 3), ("/track/", 1), ("/map/", 4), ("/map/counts.json", 3), ("/categories/", 4),
        ("/procedure/", 1), ("/privacy/", 1), ("/about/", 1), ("/preferences/", 1), ("/my/", 1), ("/robots.txt", 0),
    ],
)  # fmt: skip
def test_a_page_needs_few_statements_however_much_there_is(
    client: Client, district, query_counter, path, at_most
) -> None:
    for _times in range(3):
        made()
    client.get(path)
    with query_counter(at_most=at_most):
        assert client.get(path).status_code == 200


def test_the_follow_page_needs_few_statements(client: Client, district, query_counter) -> None:
    path = made().tracking_path
    client.get(path)
    with query_counter(at_most=5):
        assert client.get(path).status_code == 200


def test_pages_work_before_there_is_any_place(client: Client, db: None) -> None:
    for path in ("/", "/report/", "/map/", "/map/counts.json", "/categories/", "/preferences/"):
        assert client.get(path).status_code == 200, path


def test_a_report_is_sent_and_its_page_is_shown(client: Client, district) -> None:
    answer = client.post("/report/", form())
    assert answer.status_code == 302 and answer["Location"].endswith("/sent/")
    page = client.get(answer["Location"])
    assert "通济街道环卫所" in page.content.decode()
    for header, value in (("Cache-Control", "no-store, private"), ("X-Robots-Tag", "noindex, nofollow, noarchive")):
        assert page[header] == value


def test_the_same_form_twice_is_one_request(client: Client, district) -> None:
    client.get("/report/")
    values = form()
    first, second = client.post("/report/", values), client.post("/report/", values)
    assert first["Location"] == second["Location"]
    assert Item.objects.count() == 1


def test_the_same_form_with_other_words_says_that_it_was_sent(client: Client, district) -> None:
    client.get("/report/")
    values = form()
    first = client.post("/report/", values)
    second = client.post("/report/", values | {"words": "楼下垃圾桶满了，很多"})
    assert second["Location"] == first["Location"] + "?again=1"
    assert "没有重复登记" in client.get(second["Location"]).content.decode()
    assert Item.objects.count() == 1


def test_another_browser_with_the_same_key_gets_no_link(client: Client, district) -> None:
    values = form()
    first = client.post("/report/", values)
    other = Client().post("/report/", values | {"words": "别的"})
    assert other["Location"] != first["Location"] + "?again=1"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"words": ""}, "words"), ({"phone": "12"}, "phone"), ({"lon": "", "lat": ""}, "place"), ({"lon": "100"}, "place"),
     ({"where": "没有这个地方", "lon": "", "lat": ""}, "place"), ({"words": "长" * 5001}, "words")],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_everything_is_kept(client: Client, district, wrong, field) -> None:
    sent = form(contact_name="王女士") | wrong
    answer = client.post("/report/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#{field}-part"' in page and f'id="{field}-part"' in page
    assert "王女士" in page and sent["key"] in page
    assert not Item.objects.exists()


@pytest.mark.parametrize("lon", ["nan", "inf", "1e400", "abc", "120,44"])
def test_a_position_that_is_no_number_is_no_position(client: Client, district, lon) -> None:
    assert client.post("/report/", form(lon=lon)).status_code == 422


def test_anonymous_keeps_no_name_and_no_phone(client: Client, district) -> None:
    client.post("/report/", form(anonymous="on", phone="13800138000", contact_name="王女士"))
    detail = RequestDetail.objects.get()
    assert detail.anonymous and detail.phone_encrypted is None and detail.contact_name_encrypted is None


def test_too_many_reports_are_told_kindly_and_lose_nothing(client: Client, district, monkeypatch) -> None:
    monkeypatch.setattr(throttle, "PUBLIC_REPORT", throttle.Limit("tests:report", 1, throttle.PUBLIC_REPORT.window))
    client.post("/report/", form())
    answer = client.post("/report/", form(words="第二件"))
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert "第二件" in answer.content.decode()


def test_wrong_number_and_wrong_tail_look_the_same(client: Client, district) -> None:
    known = made(phone="13812345678", wants_news=True)
    answers = [
        client.post("/track/", {"number": number, "tail": tail})
        for number, tail in ((known.number, "0000"), ("20260101000000", "5678"), ("x", "5678"), (known.number, "abcd"))
    ]
    assert {answer.status_code for answer in answers} == {404}
    problems = {answer.content.decode().split('id="problems"')[1].split("</div>")[0] for answer in answers}
    assert len(problems) == 1


def test_tracking_is_limited(client: Client, district, monkeypatch) -> None:
    monkeypatch.setattr(throttle, "TRACKING", throttle.Limit("tests:tracking", 1, throttle.TRACKING.window))
    client.post("/track/", {"number": "1", "tail": "1"})
    assert client.post("/track/", {"number": "1", "tail": "1"}).status_code == 429


def test_the_number_alone_opens_nothing(client: Client, district) -> None:
    known = made(phone="13812345678", wants_news=True)
    assert client.get(f"/track/{known.number}/")["Location"] == "/track/"
    assert client.get(f"/track/{known.number}/files/1/320/").status_code == 404
    assert client.get(f"/my/{known.number}/").status_code == 404
    client.post("/track/", {"number": known.number, "tail": "5678"})
    assert client.get(f"/track/{known.number}/").status_code == 200


def test_steps_of_others_are_refused(client: Client, district) -> None:
    path = made().tracking_path
    for step in ("accept", "rate", "reopen", "appeal", ""):
        answer = client.post(path, {"key": uuid.uuid4().hex, "step": step, "text": "x", "rating": "5"})
        assert answer.status_code in (409, 422), step


def test_the_public_map_leaves_out_what_concerns_one_person(client: Client, district) -> None:
    made("楼下垃圾桶满了")
    made("某店主卖假货", kind="report")
    made("老年证在哪里办", kind="consultation")
    counts = json.loads(client.get("/map/counts.json").content)["grids"]
    assert list(counts.values()) == [{"open": 1, "closed": 0}]


def test_a_figure_of_the_first_page_is_the_length_of_the_list_behind_it(client: Client, district) -> None:
    for number in range(3):
        made(f"楼下垃圾桶满了{number}")
    made("某店主卖假货", kind="report")
    home, listed = client.get("/").content.decode(), client.get("/map/").content.decode()
    assert '<a href="/map/">3</a>' in home
    assert listed.count('class="row-title"') == 3


def test_filters_that_are_nonsense_change_nothing(client: Client, district) -> None:
    for query in (
        "place=999999",
        "place=abc",
        "state=x",
        "category=9999999999999",
        "page=-1",
        "page=99999999",
        "place=²",
    ):
        assert client.get(f"/map/?{query}").status_code == 200, query


def test_log_lines_hold_no_follow_link() -> None:
    event = hide_links(logging.getLogger(), "warning", {"event": "Not Found: /r/K-QT3dQ-2B1eWPea9Yw0Rg/sent/"})
    assert event["event"] == "Not Found: /r/…/sent/"


@pytest.mark.parametrize(
    ("cookie", "value"), [("linli_language", "en"), ("linli_theme", "dark"), ("linli_elder", "on")]
)
def test_the_page_of_choices_shows_what_is_chosen(client: Client, district, cookie, value) -> None:
    client.cookies[cookie] = value
    main = client.get("/preferences/").content.decode().split("<main")[1]
    buttons = [part.split(">")[0] for part in main.split("<button")[1:]]
    chosen = [button for button in buttons if 'aria-pressed="true"' in button]
    assert len(chosen) == 3
    assert any(f'value="{value}"' in button for button in chosen)


def test_large_type_offers_three_things_at_once(client: Client, district) -> None:
    client.cookies["linli_elder"] = "on"
    home = client.get("/").content.decode().split("<main")[1]
    before_the_fold, folded = home.split('<details class="fold section">')
    offered = [before_the_fold.count(f'href="{path}"') for path in ("/report/", "/track/", "/my/", "/map/")]
    assert offered == [1, 1, 1, 0]
    assert 'href="/map/"' in folded and "110" in before_the_fold
    assert home.split('class="bottom-nav"')[1].count("<li>") == 3
    report = client.get("/report/").content.decode()
    assert 'name="kind" value="complaint"' in report.split('<details class="fold"><summary>不是求助')[1]
    client.cookies["linli_elder"] = "off"
    assert '<details class="fold section">' not in client.get("/").content.decode()


def test_each_figure_of_the_home_page_opens_its_list(client: Client, district) -> None:
    for rating in (1, 4, 5, None):
        Item.objects.filter(pk=made().item_id).update(rating=rating, needs_site_check=True)
    home = client.get("/").content.decode()
    for state, count in (("satisfied", 2), ("rated", 3)):
        assert f'href="/map/?state={state}"' in home
        listed = client.get(f"/map/?state={state}")
        assert len(listed.context["rows"]) == count
    assert "评价过的" in listed.content.decode()


def test_whoever_sends_nothing_hears_of_all_that_is_missing_at_once(client: Client, district) -> None:
    answer = client.post("/report/", {"key": uuid.uuid4().hex, "kind": "help"})
    assert answer.status_code == 422
    assert [problem.field for problem in answer.context["form"].problems] == ["words", "place"]
