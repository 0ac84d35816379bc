"""Lists of deeds: a dry run says what each line gives, lines count once, the whole list can be taken back."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from django.utils import timezone

from linli.awards import listing
from linli.awards.models import Award
from linli.awards.models.awards import GRANTED, REVERSED, WAITING
from linli.exchange import services
from linli.people.importers import importer_for
from tests.support.awarded import a_member, points_of, the_rules
from tests.support.world import World

HEADS = ("姓名", "手机", "积分项目", "日期", "数量", "备注")


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADS, *rows):
        sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def brought(world: World, data: bytes, *, run: bool) -> Any:
    importer = importer_for(world.actor("street"), world.places["street"].pk)
    batch = services.receive(importer, "awards", data, "名单.xlsx")
    services.check(batch, importer)
    if run:
        services.begin(batch)
        services.run(batch, importer)
    batch.refresh_from_db()
    return batch, importer


def test_a_list_is_reckoned_first_then_written_once_and_taken_back(world: World) -> None:
    the_rules(world)
    day = timezone.localdate().isoformat()
    first, second = a_member("吴桂花", "13805327001"), a_member("郑大力", "13805327002")
    data = workbook(
        ("吴桂花", "13805327001", "社区名单", day, 1, ""),
        ("郑大力", "138 0532 7002", "社区名单", day, 2, "一"),
        ("没有来", "13805327009", "社区名单", day, 1, ""),
        ("别的人", "13805327001", "社区名单", day, 1, ""),
        ("吴桂花", "13805327001", "没有的项目", day, 1, ""),
    )
    batch, _importer = brought(world, data, run=False)
    counts = batch.report["counts"]
    assert (counts["new"], counts["rejected"]) == (2, 3)
    assert not Award.objects.exists(), "a dry run writes nothing"
    batch, importer = brought(world, data, run=True)
    states = dict(Award.objects.values_list("person_id", "state"))
    assert states == {first: GRANTED, second: WAITING}, "10 points are above the threshold of 9"
    assert (points_of(first), points_of(second)) == (5, 0)
    again, _importer = brought(world, data, run=True)
    assert again.report["counts"]["new"] == 0 and again.report["counts"]["unchanged"] == 2
    assert Award.objects.count() == 2 and points_of(first) == 5
    services.undo(batch, importer)
    assert points_of(first) == 0
    assert set(Award.objects.values_list("state", flat=True)) == {REVERSED, "none"}


def test_somebody_of_another_name_is_never_meant() -> None:
    assert listing.chosen([(1, "吴桂花"), (2, "")], "吴桂花") == 1
    assert listing.chosen([(1, "吴桂花"), (2, "")], "郑大力") == 2
    assert listing.chosen([(1, "吴桂花")], "郑大力") is None
