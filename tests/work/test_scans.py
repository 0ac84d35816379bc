"""Signed papers come back through their QR: as evidence, with one event, in one transaction, for those who may."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from linli.people.access import ObjectHidden
from linli.work import printing, scans
from linli.work.engine import StepRefused
from linli.work.models import Event, Evidence, PrintedDocument, Upload
from linli.work.refused import FileRefused
from linli.work.scanpages import pages_of
from linli.work.services import KeyConflict
from linli.work.verify import verify
from tests.requests.walk import WAYS, Walker
from tests.support.world import World
from tests.work.conftest import encoded, picture


def printed(world: World, slug: str = "slip") -> printing.Printed:
    walker = Walker(world)
    walker.begin(words="楼下垃圾没人清理")
    walker.run(WAYS["signed"])
    return printing.print_paper(world.actor("community"), walker.item_id, slug, {}, key=f"p{walker.item_id}{slug}")


def photographed(pdf: bytes, *, turned: float = 3.0, scale: float = 2.0) -> bytes:
    """The first page as a phone would take it: askew, on a dark table, grey."""
    page: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=scale).to_pil().convert("RGB")
    table = Image.new("RGB", (page.width + 300, page.height + 300), (90, 80, 70))
    table.paste(page.point(lambda value: int(value * 0.8) + 20), (150, 150))
    return encoded(table.rotate(turned, fillcolor=(90, 80, 70)), "JPEG", quality=70)


def pile_of(*pdfs: bytes, blank_after: int = 0) -> bytes:
    """One PDF with the pages of several, as an office scanner makes it; pages are pictures."""
    pages = []
    for pdf in pdfs:
        pages.append(pypdfium2.PdfDocument(pdf)[0].render(scale=1.6).to_pil().convert("RGB"))
        pages += [picture(800, 1100, seed=n + 2) for n in range(blank_after)]
    out = BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def read(data: bytes) -> list[Any]:
    return list(pages_of(data))


def test_a_photo_of_the_signed_paper_comes_back_to_its_item(world: World) -> None:
    paper = printed(world)
    pages = read(photographed(paper.pdf))
    assert pages[0].token is not None
    actor = world.actor("community")
    done = scans.bring_back(actor, pages[0].token, [pages[0].photo], key="k1", owner="p1")
    assert done.pk == paper.document.pk and done.returned_at is not None and done.scan is not None
    assert (done.scan.kind, done.scan.purpose, done.scan.visibility) == ("scan", "scan", "internal")
    event = Event.objects.get(pk=done.scan.event_id)
    assert event.transition == "comment" and event.codes["paper"] == done.number and event.from_state == event.to_state
    assert event.text.texts is not None and done.number in event.text.texts["advice"]
    assert verify().whole


@pytest.mark.parametrize("turned", [90.0, 180.0, 270.0])
def test_the_qr_is_read_whichever_way_the_paper_lies(world: World, turned: float) -> None:
    assert read(photographed(printed(world).pdf, turned=turned))[0].token is not None


def test_the_same_key_brings_it_back_once(world: World) -> None:
    paper = printed(world)
    page = read(photographed(paper.pdf))[0]
    for _ in range(2):
        scans.bring_back(world.actor("community"), page.token, [page.photo], key="k1", owner="p1")
    assert Evidence.objects.filter(purpose="scan").count() == 1
    assert Upload.objects.filter(kind="scan").count() == 1


def test_the_same_key_with_another_picture_is_a_conflict(world: World) -> None:
    page = read(photographed(printed(world).pdf))[0]
    other = read(encoded(picture()))[0]
    scans.bring_back(world.actor("community"), page.token, [page.photo], key="k1", owner="p1")
    with pytest.raises(KeyConflict):
        scans.bring_back(world.actor("community"), page.token, [other.photo], key="k1", owner="p1")


@pytest.mark.parametrize("name", ["community_west", "grid_west", "resident", "anonymous", "captain", "admin"])
def test_who_may_not_gets_nothing_and_learns_nothing(world: World, name: str) -> None:
    page = read(photographed(printed(world).pdf))[0]
    for token in (page.token, "x" * 22):
        with pytest.raises(ObjectHidden):
            scans.bring_back(world.actor(name), token, [page.photo], key="k1", owner="p1")
    assert not Evidence.objects.exists()


def test_the_unit_that_signed_may_bring_it_back(world: World) -> None:
    page = read(photographed(printed(world).pdf))[0]
    assert scans.bring_back(world.actor("handler"), page.token, [page.photo], key="k1", owner="p1").returned_at


def test_a_pile_of_scans_finds_its_items_by_itself(world: World) -> None:
    one, two = printed(world), printed(world)
    files = [("堆.pdf", BytesIO(pile_of(one.pdf, two.pdf, blank_after=1)))]
    taken = scans.take_files(world.actor("community"), files, key="k1", owner="p1")
    assert [(row.document, row.pages) for row in taken] == [(one.document, 2), (two.document, 2)]
    assert Evidence.objects.filter(item_id=one.document.item_id, purpose="scan").count() == 2
    assert PrintedDocument.objects.exclude(returned_at=None).count() == 2


def test_what_cannot_be_taken_from_a_pile_is_told(world: World) -> None:
    paper = printed(world)
    files = [
        ("风景.jpg", BytesIO(encoded(picture()))), ("坏.pdf", BytesIO(b"%PDF-1.7 broken")), ("空.jpg", BytesIO(b"")),
        ("好.jpg", BytesIO(photographed(paper.pdf))),
    ]  # fmt: skip
    taken = scans.take_files(world.actor("community"), files, key="k1", owner="p1")
    assert [row.document for row in taken] == [None, None, None, paper.document]
    assert all(len(row.message) > 5 for row in taken[:3])
    again = scans.take_files(world.actor("community_west"), files[3:], key="k2", owner="p1")
    assert again[0].document is None


def test_more_files_than_allowed_are_told_of_not_dropped(world: World) -> None:
    files = [(f"{n}.jpg", BytesIO(b"")) for n in range(scans.FILES_MAX + 2)]
    assert len(scans.take_files(world.actor("community"), files, key="k1", owner="p1")) == scans.FILES_MAX + 2


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%%EOF", b"%PDF-" + b"\0" * 5000])
def test_damaged_pdfs_are_refused(data: bytes) -> None:
    with pytest.raises(FileRefused):
        read(data)


def test_a_pdf_with_too_many_pages_is_refused() -> None:
    out = BytesIO()
    pages = [Image.new("L", (20, 20)) for _ in range(21)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    with pytest.raises(FileRefused) as refused:
        read(out.getvalue())
    assert refused.value.code == "too_many_pages"


def test_no_pages_and_too_many_pages_are_refused(world: World) -> None:
    page = read(photographed(printed(world).pdf))[0]
    for pages in ([], [page.photo] * 10):
        with pytest.raises(StepRefused) as refused:
            scans.bring_back(world.actor("community"), page.token, pages, key="k1", owner="p1")
        assert refused.value.status == 422


@pytest.mark.parametrize(("text", "token"), [
    ("https://linli.example/scan/AbCdEfGhIjKlMnOpQrStUv/", "AbCdEfGhIjKlMnOpQrStUv"),
    ("https://linli.example/r/abc/", None),
    ("javascript:alert(1)", None), ("https://x/scan/../etc/", None), ("", None), ("/scan/short/", None),
])  # fmt: skip
def test_only_our_own_codes_are_taken_for_papers(text: str, token: str | None) -> None:
    assert printing.scan_token(text) == token
