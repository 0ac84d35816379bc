"""PDFs as evidence of a task: who may add them, where they stand, which gap they fill, who reads them."""

from __future__ import annotations

import io
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.utils import timezone

from linli.assessment import selectors
from linli.assessment.models import Assessment
from linli.standards.models import Node
from linli.work import services as work
from linli.work import uploads
from linli.work.engine import StepRefused
from linli.work.models import Evidence, Item
from tests.requests.walk import Walker
from tests.support.pdfs import hostile_pdfs, pdf
from tests.support.people import signed_in_client
from tests.support.world import World
from tests.work.conftest import encoded, picture

ASKED = [{"kind": "document", "count": 1, "days": 45}, {"kind": "photo", "count": 1}]


@pytest.fixture
def item(world: World, opened: Assessment) -> Item:
    """The task of the sanitation centre, which asks for a document of the last days of the period and a photo."""
    Node.objects.filter(version=opened.version, code="A1").update(evidence=ASKED)
    return Item.objects.get(title__contains="指标A1")


def file(name: str = "关于整治的通知.pdf", data: bytes | None = None) -> io.BytesIO:
    found = io.BytesIO(pdf(2) if data is None else data)
    found.name = name
    return found


def gaps(item: Item) -> dict[str, int]:
    found = selectors.task(item.pk)
    assert found is not None
    return found.missing


def test_a_unit_sends_a_pdf_and_a_photo_and_the_reviewer_reads_them(world: World, item: Item) -> None:
    unit = signed_in_client(world.users["handler"])
    sent = unit.post("/uploads", {"file": file(), "kind": "document"})
    assert sent.status_code == 201, sent.content
    told = sent.json()
    assert (told["kind"], told["pages"], told["caption"]) == ("document", 2, "关于整治的通知")
    assert unit.get(told["thumb"]).status_code == 200
    photo = io.BytesIO(encoded(picture()))
    form = {"key": "s", "version": item.version, "photos": [told["token"]], "photos_files": photo}
    page = unit.post(f"/desk/items/{item.number}/steps/submit/", form, follow=True)
    assert page.status_code == 200 and Item.objects.get(pk=item.pk).state == "submitted"
    rows = {row.kind: row for row in Evidence.objects.filter(item=item)}
    assert set(rows) == {"document", "photo"} and rows["document"].visibility == "internal" and gaps(item) == {}
    for who in ("supervisor", "handler"):
        shown = signed_in_client(world.users[who]).get(f"/desk/items/{item.number}/").content.decode()
        assert "关于整治的通知" in shown and "PDF · 2 页" in shown
    address = f"/media/{rows['document'].pk}"
    read = signed_in_client(world.users["supervisor"]).get(f"{address}/full/")
    assert read["Content-Type"] == "application/pdf" and unquote(read["Content-Disposition"]).endswith(
        "关于整治的通知.pdf"
    )
    assert read["Content-Disposition"].startswith("inline")
    assert read.content.startswith(b"%PDF-1.4") and read["X-Content-Type-Options"] == "nosniff"
    assert signed_in_client(world.users["supervisor"]).get(f"{address}/320/")["Content-Type"] == "image/webp"
    for who in ("enforcer", "grid_west", "admin"):
        assert signed_in_client(world.users[who]).get(f"{address}/full/").status_code == 404


def test_without_scripts_the_form_carries_the_pdf_itself(world: World, item: Item) -> None:
    form = {"key": "s", "version": item.version, "words": "照片后补", "photos_files": file("台账.PDF")}
    signed_in_client(world.users["handler"]).post(f"/desk/items/{item.number}/steps/submit/", form)
    assert Evidence.objects.get(item=item).caption == "台账" and gaps(item) == {"photo": 1}


@pytest.mark.parametrize("name", ["pdf with a password", "pdf of 31 pages", "pdf cut off"])
def test_a_hostile_pdf_is_refused_on_the_page_and_nothing_is_lost(world: World, item: Item, name: str) -> None:
    bad = file("a.pdf", hostile_pdfs()[name])
    form = {"key": "s", "version": item.version, "words": "写了一段话", "photos_files": bad}
    page = signed_in_client(world.users["handler"]).post(f"/desk/items/{item.number}/steps/submit/", form)
    text = page.content.decode()
    assert page.status_code == 422 and "PDF" in text and "写了一段话" in text
    assert Item.objects.get(pk=item.pk).state == "assigned" and not Evidence.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("handler", 201), ("community", 201), ("supervisor", 403), ("resident", 403)]
)
def test_only_who_hands_in_tasks_sends_pdfs(world: World, who: str, status: int) -> None:
    answer = signed_in_client(world.users[who]).post("/uploads", {"file": file(), "kind": "document"})
    assert answer.status_code == status
    assert signed_in_client(world.users[who]).post("/uploads", {"file": file()}).status_code == 415


def test_a_pdf_goes_into_no_step_that_asks_for_photos(world: World) -> None:
    token = str(uploads.receive(io.BytesIO(pdf()), owner="x", documents=True).token)
    walker = Walker(world)
    walker.begin(kind="report")
    walker.take("duty", "accept")
    walker.take("dispatcher", "dispatch", lead=world.units["sanitation"].pk)
    walker.take("handler", "sign")
    with pytest.raises(StepRefused) as refused:
        walker.take("handler", "reply", outcome="solved", answer="已清理", after=[token])
    assert refused.value.code == "no_document" and not Evidence.objects.filter(kind="document").exists()


@pytest.mark.parametrize(("days_ago", "filled"), [(0, True), (10, True), (20, False), (70, False)])
def test_a_pdf_fills_the_gap_only_within_the_window_and_an_old_one_is_marked_late(
    world: World, item: Item, days_ago: int, filled: bool
) -> None:
    """The window is open since fifteen days: 45 days before an end that is 30 days away."""
    made = (timezone.now() - timedelta(days=days_ago)).utctimetuple()
    row = uploads.receive(io.BytesIO(pdf(made=made)), owner="x", documents=True, name="通知.pdf")
    submit = ("submit", {"words": "照片后补", "photos": [str(row.token)]})
    work.advance(world.actor("handler"), item.pk, [submit], key="s")
    assert gaps(item) == {"photo": 1} | ({} if filled else {"document": 1})
    found = selectors.task(item.pk)
    assert found is not None and found.unfit == (0 if filled else 1) and found.uploaded == 1
    assert Evidence.objects.get(item=item).flags == (["old"] if days_ago else [])
    text = signed_in_client(world.users["supervisor"]).get(f"/desk/items/{item.number}/").content.decode()
    assert ("不能抵缺口" in text) is not filled and ("较早的文件" in text) is bool(days_ago)


def test_a_pdf_without_a_day_counts_and_says_so(world: World, item: Item) -> None:
    data = pdf().replace(b"/CreationDate", b"/XreationDate").replace(b"/ModDate", b"/XodDate")
    row = uploads.receive(io.BytesIO(data), owner="x", documents=True)
    assert row.taken_at is None
    work.advance(world.actor("handler"), item.pk, [("submit", {"words": "说明", "photos": [str(row.token)]})], key="s")
    assert gaps(item) == {"photo": 1} and Evidence.objects.get(item=item).flags == ["undated"]
