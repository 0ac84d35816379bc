"""PDFs as evidence: drawn anew with their seals, without anything else; hostile ones refused with a sentence."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from linli.work import documents, uploads
from linli.work.models import Upload
from linli.work.refused import FileRefused
from tests.support.pdfs import SECRET, hostile_pdfs, pdf, sealed, with_everything
from tests.work.conftest import encoded, picture


def test_what_is_kept_shows_the_same_and_carries_nothing_else() -> None:
    clean = documents.clean_document(with_everything())
    assert clean.made_at == datetime(2026, 3, 1, 2, 20, 30, tzinfo=UTC)
    assert clean.pages == 1 and set(clean.cover.copies) == {320, 1280}
    assert not any(word in clean.pdf for word in (SECRET, b"JavaScript", b"/AA", b"/Annots", b"EmbeddedFile", b"/Info"))
    made = pypdfium2.PdfDocument(clean.pdf)
    assert [round(side) for side in made[0].get_size()] == [200, 200]
    assert made[0].render(scale=1).to_pil().convert("RGB").getpixel((100, 100))[2] > 200
    assert made[0].get_textpage().get_text_range() == ""


def test_a_seal_that_is_a_signature_field_is_drawn_and_colour_is_kept_only_where_there_is_some() -> None:
    red = pypdfium2.PdfDocument(documents.clean_document(sealed()).pdf)[0].render(scale=1).to_pil().convert("RGB")
    assert red.getpixel((140, 140))[0] > 180 and red.getpixel((140, 140))[1] < 60
    sheets, _made = documents.drawn(pdf(2), most=30, side=400)
    grey, coloured = documents.assembled(sheets), documents.assembled(documents.drawn(sealed(), most=1, side=400)[0])
    assert b"DeviceGray" in grey and b"DeviceRGB" in coloured and b"DeviceGray" not in coloured
    assert documents.assembled(sheets) == grey and len(pypdfium2.PdfDocument(grey)) == 2


@pytest.mark.parametrize("name", [name for name in hostile_pdfs() if "bomb" not in name])
def test_hostile_pdfs_are_refused_with_a_sentence(name: str, media: Path, db: Any) -> None:
    with pytest.raises(FileRefused) as refused:
        uploads.receive(BytesIO(hostile_pdfs()[name]), owner="p1", documents=True, name="a.pdf")
    assert len(refused.value.message) > 8 and refused.value.status in (415, 422)
    assert not Upload.objects.exists() and not list(media.rglob("*.pdf"))


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "SECONDS_MAX", 1)
    begun = time.process_time()
    with pytest.raises(FileRefused) as refused:
        documents.clean_document(hostile_pdfs()["pdf bomb of forms"])
    assert refused.value.code == "pdf_too_heavy" and time.process_time() - begun < 1


def test_flipped_bits_are_refused_or_drawn() -> None:
    chance, whole = random.Random(20261129), sealed()
    for _ in range(3):
        turned = bytearray(whole)
        turned[chance.randrange(len(turned))] ^= 1 << chance.randrange(8)
        try:
            assert documents.clean_document(bytes(turned)).pdf.startswith(b"%PDF-1.4")
        except FileRefused as refused:
            assert refused.message


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("D:20260301102030+08'00'", datetime(2026, 3, 1, 2, 20, 30, tzinfo=UTC)),
        ("D:20260301102030Z", datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)),
        ("D:20260301102030", datetime(2026, 3, 1, 2, 20, 30, tzinfo=UTC)),
        ("20260301", datetime(2026, 2, 28, 16, tzinfo=UTC)),
        ("D:20269901", None), ("D:19990101000000Z", None), ("D:29990101000000Z", None), ("gestern", None), ("", None),
    ],
)  # fmt: skip
def test_the_day_of_a_pdf_is_read_as_it_stands_or_not_at_all(text: str, moment: datetime | None) -> None:
    assert documents._moment(text) == moment


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("关于整治背街小巷的通知.pdf", "关于整治背街小巷的通知"),
        ("C:\\scans\\报告 .PDF", "报告"), ("../../etc/x.pdf", "x"),
        ("a\u202egpj\x00.pdf", "a gpj"), ("长" * 300, "长" * 120), (".pdf", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_document_is_called_as_its_file_without_what_nobody_sees(name: str, caption: str) -> None:
    assert documents.caption_of(name) == caption


def test_a_document_is_stored_with_its_pages_its_day_and_small_copies(media: Path, db: Any) -> None:
    made = time.struct_time((2026, 3, 1, 2, 3, 4, 6, 60, 0))
    row = uploads.receive(BytesIO(pdf(2, made=made)), owner="p1", documents=True, name="台账.pdf")
    assert (row.kind, row.media_type, row.pages, row.caption) == ("document", "application/pdf", 2, "台账")
    assert row.perceptual_hash is None and row.taken_at == datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)
    assert len(list(media.rglob("*.pdf"))) == 1 and len(list(media.rglob("*.webp"))) == 2


@pytest.mark.parametrize(
    ("data", "documents_too", "code", "said"),
    [
        (b"PK\x03\x04" + b"\0" * 100, True, "office", "PDF"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, True, "office", "PDF"),
        (b"plain words", True, "unknown_type", "PDF"),
        (pdf(), False, "unknown_type", "JPEG"),
    ],
)
def test_what_is_no_pdf_is_told_what_to_do_and_pdfs_come_only_where_they_are_asked_for(
    data: bytes, documents_too: bool, code: str, said: str, media: Path, db: Any
) -> None:
    with pytest.raises(FileRefused) as refused:
        uploads.receive(BytesIO(data), owner="p1", documents=documents_too)
    assert refused.value.code == code and said in refused.value.message


def test_photos_come_where_documents_may_come_too(media: Path, db: Any) -> None:
    row = uploads.receive(BytesIO(encoded(picture())), owner="p1", documents=True, name="x.jpg")
    assert (row.kind, row.caption, row.pages) == ("photo", "", None)
