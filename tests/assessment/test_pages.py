"""The pages: numbers and their lists agree, each actor sees what is theirs, forms lose nothing."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from linli.assessment import packing, services
from linli.assessment.models import Assessment, AuditPack
from linli.work import services as work
from linli.work import uploads
from linli.work.models import Item
from tests.assessment.conftest import Bench, Looked, fact
from tests.support.people import signed_in_client
from tests.support.world import World
from tests.work.conftest import encoded, picture


@pytest.fixture
def seen(world: World, bench: Bench, opened: Assessment, looked: Looked, happened: list[Any]) -> Assessment:
    """Observations at both ends of the district, and evidence for A1."""
    nodes, sites = bench.nodes, bench.sites
    for _ in range(3):
        looked.see(nodes["A1"], sites["lane_east"], 1)
    looked.see(nodes["A1"], sites["lane_west"], 0)
    looked.see(nodes["A2"], sites["market_east"], 0, 1.0)
    looked.see(nodes["B1"], sites["market_east"], 1)
    looked.see(nodes["B1"], sites["market_west"], 2)
    happened += [fact(1, timezone.localdate() - timedelta(days=2)), fact(2, timezone.localdate(), late=True)]
    services.link_evidence(opened.pk)
    return opened


def page(world: World, who: str, path: str, status: int = 200) -> str:
    """A page as somebody sees it."""
    response = signed_in_client(world.users[who]).get(path)
    assert response.status_code == status, (who, path, response.status_code)
    return response.content.decode() if status == 200 else ""


def at(name: str, row: Assessment, *args: Any) -> str:
    """An address."""
    return reverse(f"assessment:{name}", args=[row.pk, *args])


def test_every_number_of_the_board_opens_a_list_of_as_many(world: World, seen: Assessment) -> None:
    text = page(world, "director", at("board", seen))
    tiles = re.findall(r'<a class="stat[^"]*" href="([^"]+)"><span class="stat-number">(\d+)</span>', text)
    assert len(tiles) == 5
    for address, number in tiles:
        listed = page(world, "director", address.replace("&amp;", "&"))
        body = listed.split("<main", 1)[1].split("</main>")[0]
        assert len(re.findall(r'class="row"', body)) == int(number), address
    units = re.findall(r'<a href="([^"]+show=[a-z]+[^"]*unit=\d+[^"]*)"[^>]*>(\d+)</a>', text)
    assert units
    for address, number in units:
        listed = page(world, "director", address.replace("&amp;", "&"))
        assert len(re.findall(r'<li class="row"', listed.split("<main", 1)[1])) == int(number), address


def test_observations_and_failing_sites_of_each_place_open_as_many_and_unseen_places_are_named(
    world: World, seen: Assessment
) -> None:
    text = page(world, "director", at("board", seen))
    counted = re.findall(r'<a href="([^"]+/(?:seen|failing)/[^"]*)">(\d+)(?: 次观察)?</a>', text)
    assert len(counted) >= 3, "all observations, and observations and failing sites of the street"
    for address, number in counted:
        listed = page(world, "director", address.replace("&amp;", "&")).split("<main", 1)[1].split("</main>")[0]
        assert len(re.findall(r'class="row"', listed)) == int(number), address
    west = page(world, "director", at("board", seen) + f"?place={world.places['street'].pk}")
    assert "地点还没有检查" not in west, "both communities were seen"
    east = page(world, "director", at("board", seen) + f"?place={world.places['east'].pk}")
    assert world.places["east_grid1"].name in east


def test_a_long_list_goes_on_on_another_page(world: World, bench: Bench, seen: Assessment, looked: Looked) -> None:
    for _ in range(120):
        looked.see(bench.nodes["A1"], bench.sites["lane_east"], 1)
    first = page(world, "director", at("seen", seen))
    total = int(re.findall(r"共 (\d+) 条", first)[0])
    rows = [page(world, "director", at("seen", seen) + f"?page={number}").count('<li class="row"') for number in (1, 2)]
    assert rows[0] == 100 and sum(rows) == total
    node = page(world, "director", at("node", seen, bench.nodes["A1"].pk) + "?result=pass&page=3")
    assert "上一页" in node and "result=pass" in node
    assert page(world, "director", at("seen", seen) + "?page=zz").count('<li class="row"') == 100


def test_the_board_on_the_wall_renews_itself_and_has_nothing_else(world: World, seen: Assessment) -> None:
    text = page(world, "director", at("board", seen) + "?wall=1")
    assert '<body class="wall">' in text and 'http-equiv="refresh"' in text and "退出大屏" in text
    assert 'http-equiv="refresh"' not in page(world, "director", at("board", seen))


def test_the_score_is_that_of_the_observations_and_of_the_place(world: World, bench: Bench, seen: Assessment) -> None:
    # A1: 3 of 4 × 4 = 3; A2: one failing of one, 1 of 3 points off = 2; B1: passed = 2. 7 of 9.
    assert "77.8" in page(world, "director", at("board", seen))
    west = page(world, "director", at("board", seen) + f"?place={world.places['west'].pk}")
    assert ">0.0</a>" in west  # one failing lane, one market that did not apply
    node = page(world, "director", at("node", seen, bench.nodes["A1"].pk))
    assert "75.0" in node and "/photo/" in node and "补录" in node
    assert page(world, "director", at("node", seen, bench.nodes["B2"].pk)).count("还没有检查") == 1


def test_from_every_node_the_way_leads_down_to_each_photo(world: World, bench: Bench, seen: Assessment) -> None:
    item = page(world, "director", at("node", seen, bench.nodes["item"].pk))
    for name, number, words in (("seen", 7, "7 次观察"), ("failing", 2, "现在 2 处不合格")):
        address = f"{at(name, seen)}?node={bench.nodes['item'].pk}"
        assert f'<a href="{address}">{words}</a>' in item
        assert page(world, "director", address).count('<li class="row"') == number
    inside = page(world, "director", f"{at('seen', seen)}?node={bench.nodes['A'].pk}")
    assert inside.count('<li class="row"') == 5 and "指标B1" not in inside
    assert '<a href="/photo/2.jpg">' in inside and "内容A" in inside
    assert page(world, "director", f"{at('failing', seen)}?node={bench.nodes['B'].pk}").count('<li class="row"') == 0
    handler = page(world, "handler", at("node", seen, bench.nodes["A1"].pk))
    assert "次观察" not in handler, "lists of places are for those who see the places"


def test_how_a_score_comes_about_stands_beside_it(world: World, bench: Bench, seen: Assessment, looked: Looked) -> None:
    looked.see(bench.nodes["B2"], bench.sites["compound"], 1, 0.6)
    for code, words in (
        ("A1", "4 分 × 合格 3 次 ÷ 检查 4 次 = 3 分"),
        ("A2", "3 分 − 平均每次扣 1 分（共扣 1 分，检查 1 次）= 2 分"),
        ("B1", "检查 1 次都合格：2 分"), ("B2", "1 分 × 检查 1 次的平均 60% = 0.6 分"),
    ):  # fmt: skip
        assert words in page(world, "director", at("node", seen, bench.nodes[code].pk)), code
    assert "扣 1 分" in page(world, "director", f"{at('seen', seen)}?node={bench.nodes['A2'].pk}")
    assert "B 60%" in page(world, "director", f"{at('seen', seen)}?node={bench.nodes['B2'].pk}")


def test_an_officer_sees_the_own_street_and_a_unit_its_own_tasks(world: World, bench: Bench, seen: Assessment) -> None:
    community = world.places["east"]
    assert f"<h1>{community.name}" in page(world, "community", at("board", seen))
    page(world, "community", at("board", seen) + f"?place={world.places['west'].pk}", 404)
    page(world, "handler", at("board", seen), 404)
    unit = at("unit", seen, world.units["sanitation"].pk)
    assert signed_in_client(world.users["handler"]).get(at("home", seen)).headers["Location"] == unit
    text = page(world, "handler", unit)
    assert "指标A1" in text and "指标B1" not in text
    page(world, "handler", at("unit", seen, world.units["enforcement"].pk), 404)
    page(world, "handler", at("node", seen, bench.nodes["A1"].pk))
    page(world, "handler", at("node", seen, bench.nodes["B1"].pk), 404)
    for who in ("grid", "captain", "resident", "admin", "auditor", "dispatcher"):
        page(world, who, at("board", seen), 403)
    for name in ("plan", "failing", "forecast"):
        page(world, "handler", at(name, seen), 404)
    page(world, "supervisor", at("packs", seen), 403)


def test_the_forecast_names_an_interval_and_what_costs_most(world: World, seen: Assessment) -> None:
    text = page(world, "director", at("forecast", seen))
    found = re.search(r"九成把握在 ([\d.]+) 到 ([\d.]+) 之间", text)
    assert found and float(found[1]) < float(found[2]) <= 100


def test_repairs_are_listed_with_their_effort_and_an_unreachable_target_is_told(
    world: World, bench: Bench, seen: Assessment
) -> None:
    text = page(world, "director", at("plan", seen))
    assert "处整改" in text and f'<a href="/desk/sites/{bench.sites["lane_west"].pk}/">lane_west</a>' in text
    client = signed_in_client(world.users["director"])
    lineage = bench.nodes["A1"].lineage
    client.post(at("plan", seen), {"target": "99", f"effort-{lineage}": "7.5", "half_life": "30", "sample-lane": "1"})
    seen.refresh_from_db()
    assert seen.plan == {"target": 99.0, "half_life": 30.0, "efforts": {str(lineage): 7.5}, "samples": {"lane": 1}}
    before = dict(seen.plan)
    typed = {"target": "abc", f"effort-{lineage}": "2.5"}
    answer = client.post(at("plan", seen), typed)
    told = answer.content.decode()
    assert answer.status_code == 422 and "请填写数字" in told and 'value="abc"' in told and 'value="2.5"' in told
    seen.refresh_from_db()
    assert seen.plan == before
    assert signed_in_client(world.users["supervisor"]).post(at("plan", seen), {"target": "5"}).status_code in (
        302,
        403,
        404,
    )
    seen.refresh_from_db()
    assert seen.plan == before


def test_a_target_that_cannot_be_reached_says_so_and_what_can(world: World, bench: Bench, seen: Assessment) -> None:
    client, lineage = signed_in_client(world.users["director"]), bench.nodes["A1"].lineage
    form = {"target": "95", f"effort-{lineage}": "1", f"stuck-{lineage}": "1"}
    assert client.post(at("plan", seen), form).status_code == 302
    text = page(world, "director", at("plan", seen))
    # Of 4 + 3 + 2 points the two lanes of A1 keep 2: A2 mended, 7 of 9.
    assert "达不到：全部整改后也只有 77.8 分" in text and "1 处标为暂时改不了" in text
    assert re.search(rf'name="stuck-{lineage}" value="1" checked', text) and "lane_west" not in text
    client.post(at("plan", seen), {"target": "95", f"effort-{lineage}": "1"})
    assert "达不到" not in page(world, "director", at("plan", seen))


def test_a_new_assessment_keeps_what_was_typed_when_refused(
    world: World, bench: Bench, looked: Looked, happened: Any
) -> None:
    client = signed_in_client(world.users["director"])
    day = timezone.localdate().isoformat()
    form = {"version": str(bench.version.pk), "place": str(world.places["district"].pk), "title": "上半年测评",
            "since": day, "until": "2020-01-01", "due": day, "key": "form-1"}  # fmt: skip
    answer = client.post(reverse("assessment:new"), form)
    assert answer.status_code == 422 and "上半年测评" in answer.content.decode()
    done = client.post(reverse("assessment:new"), {**form, "until": day, "due": day})
    row = Assessment.objects.get()
    assert done.status_code == 302 and done.headers["Location"] == at("board", row)
    assert client.post(reverse("assessment:new"), {**form, "until": day, "due": day}).status_code == 302
    assert Assessment.objects.count() == 1
    assert row.title in page(world, "director", reverse("assessment:index"))


def test_boards_take_few_statements(world: World, seen: Assessment, query_counter: Any) -> None:
    client = signed_in_client(world.users["director"])
    client.get(at("board", seen))
    with query_counter(at_most=24):
        assert client.get(at("board", seen)).status_code == 200


def test_the_pack_holds_an_index_a_paper_for_each_indicator_and_the_photos(world: World, seen: Assessment) -> None:
    task = Item.objects.get(title__contains="指标B1")
    photo = uploads.receive(io.BytesIO(encoded(picture(seed=5))), owner="x")
    step = ("submit", {"words": "已整改", "photos": [str(photo.token)]})
    work.advance(world.actor("community"), task.pk, [step], key="with-photo")
    client = signed_in_client(world.users["director"])
    answer = client.post(at("packs", seen))
    pack = AuditPack.objects.get()
    assert answer.headers["Location"] == at("pack", seen, pack.pk)
    assert client.post(at("packs", seen)).headers["Location"] == answer.headers["Location"]
    assert "等待生成" in page(world, "director", at("pack", seen, pack.pk))
    page(world, "director", at("pack_file", seen, pack.pk), 404)
    packing.make(str(pack.pk))
    assert client.get(at("pack_progress", seen, pack.pk)).headers["HX-Redirect"] == at("pack", seen, pack.pk)
    file = client.get(at("pack_file", seen, pack.pk))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(file.streaming_content)))
    names = archive.namelist()
    assert {"index.html", "index.xlsx"} <= set(names) and sum(name.endswith(".docx") for name in names) == 4
    assert sum(name.startswith("photos/") for name in names) == 1
    index = archive.read("index.html").decode()
    assert "（补录）" in index and "77.8" in index
    for name in names:
        if name.endswith(".docx"):
            _check_paper(archive.read(name))
    for reference in re.findall(r"href='([^']+)'", index):
        assert reference in names


def _check_paper(data: bytes) -> None:
    from docx import Document

    paper = Document(io.BytesIO(data))
    section = paper.sections[0]
    assert [round(part.mm) for part in (section.top_margin, section.left_margin, section.bottom_margin)] == [37, 28, 35]
    assert paper.paragraphs[0].runs[0].font.size.pt == 22
    assert any(paragraph.text.startswith("一、") for paragraph in paper.paragraphs)


def test_a_pack_that_fails_says_so_and_can_be_made_again(world: World, seen: Assessment, monkeypatch: Any) -> None:
    pack = services.ask_pack(world.actor("director"), seen.pk)
    monkeypatch.setattr(packing, "_write", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        packing.make(str(pack.pk))
    assert "没有生成成功" in page(world, "director", at("pack", seen, pack.pk))
    monkeypatch.undo()
    again = services.ask_pack(world.actor("director"), seen.pk)
    assert again.pk != pack.pk
