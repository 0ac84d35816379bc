"""From a record at a site to the audit pack: linked by its own day, within its window, marked late for good."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from linli.assessment import erasure as assessment_erasure
from linli.assessment import jobs, packing, services
from linli.assessment.models import Assessment, AuditPack, EvidenceLink, IndicatorTask
from linli.inspections import erasure
from linli.inspections.models import Observation, Round
from linli.people import erasing
from linli.standards.models import Node, NodeUnit
from linli.work import services as work
from linli.work import storage, uploads
from linli.work.models import EventText
from linli.work.verify import verify
from tests.inspections.conftest import Patrol, at
from tests.support.people import signed_in_client
from tests.work.conftest import encoded, picture

CAPTION, WINDOW = 15, 3


def photo(seed: int) -> str:
    return str(uploads.receive(BytesIO(encoded(picture(seed=seed))), owner="d1").token)


@pytest.fixture
def opened(patrol: Patrol, monkeypatch: pytest.MonkeyPatch) -> Assessment:
    """An assessment that ends today and asks the community for two photos of the last three days, short captions."""
    monkeypatch.setattr(jobs.link_evidence, "defer", lambda **_: 0)
    node = patrol.criteria["clean"]
    Node.objects.filter(pk=node.pk).update(evidence=[{"kind": "photo", "count": 3, "days": WINDOW, "caption": CAPTION}])
    NodeUnit.objects.create(node=node, organisation=patrol.world.units["east"])
    today = timezone.localdate()
    Round.objects.filter(pk=patrol.round.pk).update(since=today - timedelta(days=20))
    wanted = services.NewAssessment(
        patrol.version.pk, patrol.world.places["district"].pk, "年度测评", today - timedelta(days=30), today,
        timezone.now() + timedelta(days=9),
    )  # fmt: skip
    made = services.open_assessment(patrol.world.actor("director"), wanted, key="open")
    return Assessment.objects.select_related("place", "version").get(pk=made.assessment_id)


def recorded(patrol: Patrol) -> dict[str, Observation]:
    """On time; a day and a half after it was seen; without a photo; before the window; and what failed."""
    ticks = {
        "on_time": patrol.tick(0, photos=(photo(1),)),
        "late": patrol.tick(1, photos=(photo(2),), observed_at=at(-36)),
        "bare": patrol.tick(2),
        "too_old": patrol.tick(3, photos=(photo(3),), observed_at=at(-24 * (WINDOW + 2))),
        "failed": patrol.tick(3, result="fail", photos=(photo(4),)),
    }
    patrol.send(*ticks.values())
    return {name: Observation.objects.get(client_key=tick.client_key) for name, tick in ticks.items()}


def made_pack(patrol: Patrol, opened: Assessment) -> tuple[AuditPack, zipfile.ZipFile]:
    pack = services.ask_pack(patrol.world.actor("director"), opened.pk)
    packing.make(str(pack.pk))
    pack.refresh_from_db()
    with storage.backend().open(packing.file_name(pack)) as file:
        return pack, zipfile.ZipFile(io.BytesIO(file.read()))


def paper_of(archive: zipfile.ZipFile, title: str) -> list[str]:
    from docx import Document

    name = next(name for name in archive.namelist() if name.endswith(".docx") and title in name)
    return [paragraph.text for paragraph in Document(io.BytesIO(archive.read(name))).paragraphs]


def test_what_happened_is_linked_within_its_window_and_a_late_entry_stays_marked_into_the_pack(
    patrol: Patrol, opened: Assessment
) -> None:
    seen = recorded(patrol)
    assert seen["late"].late and not seen["on_time"].late
    assert services.link_evidence(opened.pk) == 2 and services.link_evidence(opened.pk) == 0
    links = {link.object_id: link for link in EvidenceLink.objects.all()}
    assert set(links) == {str(seen["on_time"].pk), str(seen["late"].pk)}, "no photo, too old, failed: not linked"
    late = links[str(seen["late"].pk)]
    assert late.late and late.happened_on == seen["late"].day and late.recorded_at == seen["late"].recorded_at

    task = IndicatorTask.objects.get()
    node = patrol.criteria["clean"]
    client = signed_in_client(patrol.world.users["director"])
    page = client.get(reverse("assessment:node", args=[opened.pk, node.pk])).content.decode()
    assert "补录" in page

    pack, archive = made_pack(patrol, opened)
    assert pack.state == AuditPack.DONE
    index = archive.read("index.html").decode()
    marked = re.findall(r"<span class='late'>([^<]*)</span>", index)
    assert len(marked) == 1 and marked[0].endswith("（补录）") and "点位2" in marked[0]
    sheet = load_workbook(io.BytesIO(archive.read("index.xlsx")))["佐证"]
    rows = {row[4]: row for row in sheet.iter_rows(min_row=3, values_only=True)}
    assert (rows["点位2"][7], rows["点位1"][7]) == ("补录", None)
    captions = [line.partition("　")[2] for line in paper_of(archive, node.title) if line.startswith("图 ")]
    assert [line[:3] for line in captions] == ["点位2", "点位1"], "oldest first, each once"
    assert all(len(line) <= CAPTION for line in captions)
    assert captions[0].endswith("（补录）"), "the limit cuts the words, never the mark"
    assert any("还缺 1 件佐证" in line for line in paper_of(archive, node.title)), "what is missing is named"
    assert sum(name.startswith("photos/") for name in archive.namelist()) == 2
    assert task.needed == 3


def test_a_correction_does_not_take_the_mark_away(patrol: Patrol, opened: Assessment) -> None:
    seen = recorded(patrol)
    services.link_evidence(opened.pk)
    patrol.send(patrol.tick(1, photos=(photo(9),), observed_at=at(-36), replaces=seen["late"].client_key))
    services.link_evidence(opened.pk)
    assert set(EvidenceLink.objects.filter(place_name="点位2").values_list("late", flat=True)) == {True}


def test_a_pack_with_a_photo_that_was_erased_is_removed_and_can_be_made_again_without(
    patrol: Patrol, opened: Assessment, django_capture_on_commit_callbacks: Any
) -> None:
    recorded(patrol)
    services.link_evidence(opened.pk)
    pack, archive = made_pack(patrol, opened)
    assert sum(name.startswith("photos/") for name in archive.namelist()) == 2
    assert assessment_erasure.drop_stale_packs() == 0, "the control: nothing was erased yet"
    person = patrol.world.users["grid"].person_id or 0
    subject, director = erasing.Subject(person, (person,), "", ""), patrol.world.actor("director")
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(subject, director, "ordered")
        assert assessment_erasure.erase_packs(subject, director, "ordered") == 1
    assert not AuditPack.objects.exists() and not storage.backend().exists(packing.file_name(pack))
    assert EvidenceLink.objects.count() == 2, "that something happened stays"
    _pack, archive = made_pack(patrol, opened)
    assert not any(name.startswith("photos/") for name in archive.namelist())


def test_words_of_a_task_in_which_a_phone_stands_go_and_the_task_stays(patrol: Patrol, opened: Assessment) -> None:
    task = IndicatorTask.objects.get()
    words = "请找赵铁柱 138-0532-7788 补照片"
    work.advance(patrol.world.actor("community"), task.pk, [("submit", {"words": words})], key="s")
    work.advance(patrol.world.actor("supervisor"), task.pk, [("return_evidence", {"reason": "缺照片"})], key="r")
    subject, director = erasing.Subject(0, (), "13805327788", "赵铁柱"), patrol.world.actor("director")
    assert assessment_erasure.count_words(subject).total == 1
    assert assessment_erasure.erase_words(subject, director, "ordered") == 1
    left = str(list(EventText.objects.filter(event__item_id=task.pk).values_list("texts", flat=True)))
    assert "7788" not in left and "缺照片" in left
    task.item.refresh_from_db()
    assert task.item.state == "returned" and patrol.criteria["clean"].title in task.item.title
    assert verify().whole and assessment_erasure.count_words(subject).total == 0
