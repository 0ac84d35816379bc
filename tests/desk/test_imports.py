"""The pages of imports: upload, columns, doubts, dry run, import, rejects, undo; who may."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from linli.desk import jobs
from linli.exchange import services
from linli.exchange.column_maps import parse_map
from linli.exchange.models import ImportBatch
from linli.people.importers import importer_for
from linli.people.models import AccessRefusal, Appointment, Person
from linli.places.models import Place
from linli.work.models import Item
from tests.exchange.conftest import workbook
from tests.requests.test_undoing import MAP, file_of
from tests.support.awarded import the_rules
from tests.support.world import World

Browse = Callable[[str], Client]
MAKING = "编号,登记时间,时限,办结时间,类别,大类,承办单位,地点,内容,经度,纬度\n"
WITHOUT_UNITS = """
[columns]
"承办单位" = ""
"""


def _upload(client: Client, kind: str, data: bytes, name: str = "名单.xlsx") -> ImportBatch:
    response = client.post("/desk/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, data)})
    assert response.status_code == 302
    return ImportBatch.objects.latest("id")


def _community(world: World) -> str:
    return Place.objects.filter(kind="community", path__descendant_of=world.places["district"].path)[0].name


def test_from_upload_to_undo(world: World, browse: Browse) -> None:
    client, community = browse("director"), _community(world)
    batch = _upload(client, "staff", workbook([
        ["社区", "姓名", "联系电话", "备注"],
        [community, "周一新", "13800000011", ""],
        [community, "周二新", "138", ""],
    ]))  # fmt: skip
    page = client.get(f"/desk/imports/{batch.pk}/").content.decode()
    assert "名单没有写角色" in page and "13800000011" not in page
    client.post(f"/desk/imports/{batch.pk}/answers/", {"answer-0": "use:community_officer"})
    batch.refresh_from_db()
    assert batch.report["counts"]["new"] == 1 and batch.report["counts"]["rejected"] == 1
    client.post(f"/desk/imports/{batch.pk}/run/")
    batch.refresh_from_db()
    assert batch.state == "done"
    assert Appointment.objects.filter(person__display_name="周一新", role="community_officer").exists()
    page = client.get(f"/desk/imports/{batch.pk}/").content.decode()
    assert "电话号码不完整" in page
    back = client.get(f"/desk/imports/{batch.pk}/rejects.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(back.content)).worksheets[0]
    assert "电话号码不完整" in sheet["E3"].value
    assert "role" not in client.get(f"/desk/imports/{batch.pk}/map.toml").content.decode().split("[columns]")[0]
    client.post(f"/desk/imports/{batch.pk}/undo/")
    assert not Person.objects.filter(display_name="周一新").exists()


def test_columns_can_be_corrected_and_constants_said(world: World, browse: Browse) -> None:
    client = browse("director")
    batch = _upload(client, "grids", workbook([["甲", "乙"], ["某某网格", "x"], ["某二网格", "y"]]))
    page = client.get(f"/desk/imports/{batch.pk}/").content.decode()
    assert "还缺必填的列" in page
    client.post(f"/desk/imports/{batch.pk}/columns/", {
        "heading": ["甲", "乙"], "target": ["name", ""], "constant-community": _community(world)})  # fmt: skip
    batch.refresh_from_db()
    assert batch.report["missing"] == [] and batch.report["counts"]["new"] == 2


def test_large_files_go_by_a_job(world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli.desk.pages_imports.CHECKED_AT_ONCE", 10)
    monkeypatch.setattr("linli.desk.pages_imports.CARRIED_OUT_AT_ONCE", 1)
    client, community = browse("director"), _community(world)
    batch = _upload(client, "grids", workbook([["社区", "网格名称"], [community, "某网格"], [community, "某二网格"]]))
    user = world.users["director"].pk
    assert batch.state == "checking" and client.get(f"/desk/imports/{batch.pk}/progress/").status_code == 200
    jobs.check_import(batch.pk, user)
    client.post(f"/desk/imports/{batch.pk}/run/")
    batch.refresh_from_db()
    assert batch.state == "running"
    jobs.run_import(batch.pk, user)
    batch.refresh_from_db()
    assert batch.state == "done" and Place.objects.filter(name="某二网格").exists()
    ended = client.get(f"/desk/imports/{batch.pk}/progress/")
    assert ended.status_code == 204 and ended["HX-Redirect"].endswith(f"/{batch.pk}/")


def test_many_requests_are_taken_back_by_a_job(world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli.desk.pages_imports.CARRIED_OUT_AT_ONCE", 1)
    client, user = browse("duty"), world.users["duty"].pk
    who = importer_for(world.actor("duty"), world.places["district"].pk)
    batch = services.receive(who, "requests", file_of(), "旧单.csv", parse_map(MAP + WITHOUT_UNITS))
    services.check(batch, who)
    services.begin(batch)
    services.run(batch, who)
    page = client.get(f"/desk/imports/{batch.pk}/").content.decode()
    assert "留下一条撤销记录" in page
    client.post(f"/desk/imports/{batch.pk}/undo/")
    batch.refresh_from_db()
    assert batch.state == "undoing"
    assert "正在撤销" in client.get(f"/desk/imports/{batch.pk}/progress/").content.decode()
    jobs.undo_import(batch.pk, user)
    batch.refresh_from_db()
    assert batch.state == "undone"
    assert client.get(f"/desk/imports/{batch.pk}/progress/").status_code == 204


def test_many_rows_are_taken_back_by_a_job_which_tells_what_stands_in_the_way(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linli.desk.pages_imports.CARRIED_OUT_AT_ONCE", 1)
    client, user, community = browse("director"), world.users["director"].pk, _community(world)
    batch = _upload(client, "grids", workbook([["社区", "网格名称"], [community, "某网格"], [community, "某二网格"]]))
    client.post(f"/desk/imports/{batch.pk}/run/")
    jobs.run_import(batch.pk, user)
    grid = Place.objects.get(name="某网格")
    Place.objects.filter(pk=grid.pk).update(name="某某网格")
    for expected in ("done", "undone"):
        client.post(f"/desk/imports/{batch.pk}/undo/")
        batch.refresh_from_db()
        assert batch.state == "undoing"
        jobs.undo_import(batch.pk, user)
        batch.refresh_from_db()
        assert batch.state == expected
        assert ("后来又改过" in client.get(f"/desk/imports/{batch.pk}/").content.decode()) == (expected == "done")
        Place.objects.filter(pk=grid.pk).update(name="某网格")
    assert not Place.objects.filter(name__in=("某网格", "某二网格")).exists()


def test_an_unreadable_file_is_refused_with_a_sentence(world: World, browse: Browse) -> None:
    client = browse("director")
    answer = client.post(
        "/desk/imports/new/", {"kind": "staff", "file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04x")}, follow=True
    )
    assert "打不开" in answer.content.decode() and not ImportBatch.objects.exists()
    assert answer.context["chosen"] == "staff" and 'value="staff" required checked' in answer.content.decode()
    assert client.get("/desk/imports/?kind=nothing").context["chosen"] == "places"


def test_others_may_not_and_one_row_says_so(world: World, browse: Browse) -> None:
    batch = _upload(browse("director"), "grids", workbook([["社区", "网格名称"], [_community(world), "某网格"]]))
    for name, page in (("community", 200), ("grid", 403), ("handler", 403)):
        # A community takes in volunteers and hours, so it has the page; the grids of others it never sees.
        client, before = browse(name), AccessRefusal.objects.count()
        assert client.get("/desk/imports/").status_code == page
        assert client.get(f"/desk/imports/{batch.pk}/").status_code == 404
        assert client.post(f"/desk/imports/{batch.pk}/run/").status_code == 404
        # What somebody may not do is written down; a batch of others is simply not there.
        assert AccessRefusal.objects.count() > before or page == 200
    data = SimpleUploadedFile("a.xlsx", workbook([["社区", "网格名称"], ["x", "y"]]))
    assert browse("community").post("/desk/imports/new/", {"kind": "grids", "file": data}).status_code == 403
    assert not Place.objects.filter(name="某网格").exists()


def test_a_street_brings_in_what_is_its_own(world: World, browse: Browse) -> None:
    """The page offers requests and awards to a street; they belong to the street, not to the district above it."""
    client, street = browse("street"), world.places["street"]
    assert "导入数据" in client.get("/desk/").content.decode()
    rows = MAKING + "S1,2024-05-01 08:00,2024-05-20 08:00,,路灯,,,不知道的地方,灯不亮,,\n"
    batch = _upload(client, "requests", rows.encode(), "旧单.csv")
    assert batch.under_place_id == street.pk
    client.post(f"/desk/imports/{batch.pk}/columns/", {"option-system": "12345", "option-create": "yes"})
    batch.refresh_from_db()
    assert batch.report["counts"]["rejected"] == 1, "categories hold for the district: a street makes none"
    the_rules(world)
    lists = _upload(
        client, "awards", workbook([["姓名", "手机", "项目", "日期"], ["张三", "13800000001", "x", "2024-05-01"]])
    )
    assert lists.under_place_id == street.pk and "没有“x”这条名单规则" in str(lists.report["rejects"])
    assert browse("director").get(f"/desk/imports/{batch.pk}/").status_code == 404
    assert browse("duty").get(f"/desk/imports/{batch.pk}/").status_code == 200
    assert browse("community").get(f"/desk/imports/{lists.pk}/").status_code == 404


def test_orders_of_another_system_come_in_by_the_page_alone(world: World, browse: Browse) -> None:
    """What nothing can be said without is asked first, on the page; names that are not quite ours are doubts."""
    client, community = browse("duty"), world.places["east"].name
    heads = "编号,登记时间,时限,办结时间,类别,社区,内容"
    rows = f"{heads}\nD1,2024-05-01 08:00,2024-05-20 08:00,,路灯不亮了,{community},灯不亮\n"
    batch = _upload(client, "requests", rows.encode(), "旧单.csv")
    page = client.get(f"/desk/imports/{batch.pk}/").content.decode()
    assert "请先填写" in page and 'name="option-system" required' in page and "放弃这个文件" in page
    assert "重新核对</button>" not in page.split("请先填写")[1].split("</section>")[0]
    client.post(f"/desk/imports/{batch.pk}/columns/", {"option-system": "12345热线"})
    batch.refresh_from_db()
    (doubt,) = batch.report["doubts"]
    assert batch.mapping["options"] == {"system": "12345热线"} and "没有“路灯不亮了”这个类别" in doubt["sentence"]
    client.post(f"/desk/imports/{batch.pk}/answers/", {"answer-0": f"use:{doubt['choices'][0][0]}"})
    client.post(f"/desk/imports/{batch.pk}/run/")
    item = Item.objects.get(source_system="12345热线", source_number="D1")
    assert item.place_id == world.places["east"].pk and str(item.category_id) == doubt["choices"][0][0]
    again = _upload(client, "requests", rows.encode(), "旧单.csv")
    assert again.report["counts"]["unchanged"] == 1, "the name of the system and the category are remembered"


def test_a_file_of_another_kind_is_told(world: World, browse: Browse) -> None:
    client = browse("director")
    roster = workbook([["姓名", "联系电话", "社区", "岗位"], ["张三新", "13800000011", _community(world), "网格员"]])
    page = client.get(f"/desk/imports/{_upload(client, 'places', roster).pk}/").content.decode()
    assert "这个表更像“人员和任职”" in page and "/desk/imports/?kind=staff" in page
    assert "这个表更像" not in client.get(f"/desk/imports/{_upload(client, 'staff', roster).pk}/").content.decode()


def test_second_thoughts_before_the_import(world: World, browse: Browse) -> None:
    """Answers given can be changed, the marked workbook can be had, and a check that stopped begins anew."""
    client, community = browse("director"), _community(world)
    batch = _upload(client, "staff", workbook([
        ["社区", "姓名", "联系电话"], [community, "周一新", "13800000011"], [community, "周二新", "138"],
    ]))  # fmt: skip
    for role in ("community_officer", "grid_worker", "community_officer"):
        client.post(f"/desk/imports/{batch.pk}/answers/", {"answer-0": f"use:{role}"})
        page = client.get(f"/desk/imports/{batch.pk}/").content.decode()
        assert f'value="use:{role}" selected' in page and "导入以前都可以改" in page
    assert "下载标注好的原表" in page
    back = client.get(f"/desk/imports/{batch.pk}/rejects.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(back.content)).worksheets[0]
    assert "电话号码不完整" in sheet["D3"].value and sheet["D2"].value is None
    assert not Person.objects.filter(display_name="周一新").exists()
    for state, report in (("checking", batch.report), ("received", {})):
        ImportBatch.objects.filter(pk=batch.pk).update(state=state, report=report)
        assert "重新核对" in client.get(f"/desk/imports/{batch.pk}/").content.decode()
        client.post(f"/desk/imports/{batch.pk}/answers/")
        batch.refresh_from_db()
        assert batch.state == "ready" and batch.report["counts"]["rejected"] == 1


def test_a_check_that_breaks_says_so(world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli.desk.pages_imports.CHECKED_AT_ONCE", 10)
    client = browse("director")
    batch = _upload(client, "grids", workbook([["社区", "网格名称"], [_community(world), "某网格"]]))

    def breaks(*words: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(services, "check", breaks)
    with pytest.raises(ZeroDivisionError):
        jobs.check_import(batch.pk, world.users["director"].pk)
    page = client.get(f"/desk/imports/{batch.pk}/").content.decode()
    assert "核对时出错" in page and "重新核对" in page and "放弃这个文件" in page


def test_an_import_appoints_no_administrators(world: World, browse: Browse) -> None:
    client = browse("director")
    rows = [
        ["社区", "姓名", "角色"],
        [_community(world), "郑三新", "系统管理员"],
        [_community(world), "郑四新", "区创建办主任"],
    ]
    batch = _upload(client, "staff", workbook(rows))
    assert batch.report["counts"]["new"] == 0
    offered = {value for doubt in batch.report["doubts"] for value, _label in doubt["choices"]}
    assert offered and not offered & {"system_administrator", "security_administrator", "auditor", "office_director"}
