"""Lists of deeds: a dry run says what each line gives, lines count once, the whole list can be taken back."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from linli.awards import award_lists, deciding
from linli.awards.models import Award, RuleSet
from linli.awards.models.awards import GRANTED, REVERSED, WAITING
from linli.exchange import services
from linli.exchange.models import ImportBatch
from linli.exchange.undoing import Obstacles
from linli.people.access import PermissionRefused
from linli.people.importers import importer_for
from tests.support.awarded import RULES, a_member, points_of, the_rules
from tests.support.people import signed_in_client
from tests.support.world import World

HEADS = ("姓名", "手机", "积分项目", "日期", "数量", "备注", "见证人")


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADS, *rows):
        sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def brought(world: World, data: bytes, *, run: bool, who: str = "street", place: str = "street") -> Any:
    importer = importer_for(world.actor(who), world.places[place].pk)
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
    batch, importer = brought(world, data, run=True)
    assert (points_of(first), Award.objects.count()) == (5, 4), "a list that was taken back may be brought again"
    again, _importer = brought(world, data, run=True)
    assert again.report["counts"]["unchanged"] == 2 and points_of(first) == 5
    services.undo(batch, importer)
    assert points_of(first) == 0 and len(brought(world, data, run=True)) and points_of(first) == 5


HANDED_IN = (
    {"category": "customs", "title": "喜事新办", "source": "listed", "points": 6, "confirmer": "officer"},
    {"category": "saving", "title": "光盘行动", "source": "listed", "points": 2},
)


def test_a_community_hands_in_lists_that_the_street_confirms_line_by_line(world: World) -> None:
    the_rules(world, rules=HANDED_IN)
    day = timezone.localdate().isoformat()
    first, second = a_member("吴桂花", "13805327001"), a_member("郑大力", "13805327002")
    data = workbook(
        ("吴桂花", "13805327001", "喜事新办", day, 1, ""),
        ("郑大力", "13805327002", "喜事新办", day, 1, ""),
        ("郑大力", "13805327002", "光盘行动", day, 1, ""),
    )
    batch, importer = brought(world, data, run=True, who="community", place="east")
    assert (batch.report["counts"]["new"], batch.report["counts"]["rejected"]) == (2, 1), "光盘行动 is paid at once"
    assert set(Award.objects.values_list("state", flat=True)) == {WAITING}
    assert "其中 2 行要等街道审定后才入账。" in batch.report["notices"]
    client = signed_in_client(world.users["community"])
    listed = client.get("/desk/points/awards/?state=waiting").content.decode()
    assert listed.count("喜事新办") == 2, "who handed a list in sees what becomes of it"
    assert ">2</span>" in client.get("/desk/points/").content.decode(), "the number is that of its list"
    one = Award.objects.get(person_id=first)
    page = client.get(f"/desk/points/awards/{one.pk}/").content.decode()
    assert "吴**" in page and 'value="confirm"' not in page
    deciding.confirm(world.actor("street"), Award.objects.get(person_id=first).pk)
    assert (points_of(first), points_of(second)) == (6, 0)
    with pytest.raises(Obstacles, match="街道已经审定"):
        services.undo(batch, importer)
    deciding.decline(world.actor("street"), Award.objects.get(person_id=second).pk, "没有证明")
    importer = importer_for(world.actor("street"), world.places["east"].pk)
    services.undo(batch, importer)
    assert points_of(first) == 0, "the street may"
    assert Award.objects.get(person_id=second).reason == "没有证明", "what was decided stays as it was decided"


def test_who_may_not_is_told_before_a_file_is_chosen(world: World) -> None:
    client = signed_in_client(world.users["community"])
    for rules, sentence in ((HANDED_IN[1:], "请把名单交给街道"), (RULES[:1], "还没有按名单计分的项目")):
        the_rules(world, rules=rules)
        for address in ("/desk/points/", "/desk/imports/?kind=awards"):
            page = client.get(address).content.decode()
            assert sentence in page and "导入积分名单" not in page and 'type="file"' not in page
        sent = {"kind": "awards", "file": SimpleUploadedFile("名单.xlsx", workbook())}
        assert sentence in client.post("/desk/imports/new/", sent, follow=True).content.decode()
        assert not ImportBatch.objects.exists()
        RuleSet.objects.update(state=RuleSet.DRAFT)
        RuleSet.objects.all().delete()
    the_rules(world, rules=HANDED_IN)
    assert "kind=awards" in client.get("/desk/points/").content.decode()
    assert 'type="file"' in client.get("/desk/imports/?kind=awards").content.decode()


def test_nobody_proposes_for_a_street_that_is_not_theirs(world: World) -> None:
    rule = the_rules(world, rules=HANDED_IN).rules.select_related("rule_set__place").get(confirmer="record")
    line = award_lists.Line(rule, a_member("吴桂花", "13805327001"), timezone.localdate())
    with pytest.raises(PermissionRefused):
        award_lists.award_lines(world.actor("community"), [line], ground=world.places["east"].path)
    rule.confirmer = "officer"
    for ground in ("", world.places["west"].path):
        with pytest.raises(PermissionRefused):
            award_lists.award_lines(world.actor("community"), [line], ground=ground)


def test_somebody_of_another_name_is_never_meant() -> None:
    assert award_lists.chosen([(1, "吴桂花"), (2, "")], "吴桂花") == 1
    assert award_lists.chosen([(1, "吴桂花"), (2, "")], "郑大力") == 2
    assert award_lists.chosen([(1, "吴桂花")], "郑大力") is None


def test_a_line_names_its_witness_where_the_rule_asks(world: World) -> None:
    rule = {"category": "customs", "title": "喜事新办", "source": "listed", "points": 5, "evidence": "witness"}
    the_rules(world, rules=(rule | {"confirmer": "officer"},))
    a_member("吴桂花", "13805327001")
    day = timezone.localdate().isoformat()
    bare = ("吴桂花", "13805327001", "喜事新办", day, 1, "")
    batch, _importer = brought(world, workbook((*bare, "")), run=True)
    assert batch.report["counts"]["rejected"] == 1 and not Award.objects.exists()
    brought(world, workbook((*bare, "红白理事会")), run=True)
    award = Award.objects.get()
    assert (award.state, award.witness) == (WAITING, "红白理事会")
    page = signed_in_client(world.users["street"]).get(f"/desk/points/awards/{award.pk}/").content.decode()
    assert "红白理事会" in page
