"""Pages of the desk: activities are planned, changed, called off; registers, calendars and figures agree."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from linli.activities import checkin, closing, setup, signups
from linli.activities.models import Activity, Format, Series
from linli.activities.signups import Asked
from tests.activities.conftest import resident, role_of
from tests.activities.visitors import Held, anonymous, as_resident, as_staff, body, under_way
from tests.support.world import World


def form(world: World, **more: Any) -> dict[str, Any]:
    """The form as the browser sends it."""
    begin = timezone.localtime() + timedelta(days=3)
    return {
        "title": "清理楼道", "starts_at": f"{begin:%Y-%m-%d}T15:00", "ends": "17:00", "risk": "none",
        "place": world.places["east"].pk, "post_name_0": "清理组", "post_capacity_0": "5", "post_skills_0": "会用铲刀",
        "topics": "两反一禁、垃圾分类", "tools": "铲刀，手套", "key": str(uuid4()), "act": "publish", **more,
    }  # fmt: skip


def test_a_single_activity_is_planned_on_one_page(world: World) -> None:
    client = as_staff(world, "community")
    setup.setup()
    one = Format.objects.get(name="四老课堂")
    assert "讲课的老同志" in body(client.get(f"/desk/activities/new/?format={one.pk}"))
    answer = client.post("/desk/activities/new/", form(world, format=one.pk))
    row = Activity.objects.get()
    assert answer["Location"] == f"/desk/activities/{row.pk}/" and row.state == "published"
    assert (row.topics, row.tools) == (["两反一禁", "垃圾分类"], ["铲刀", "手套"]) and row.roles.get().serves
    assert row.ends_at - row.starts_at == timedelta(hours=2) and row.roles.get().skills == ["会用铲刀"]
    page = body(client.get(f"/desk/activities/{row.pk}/"))
    assert "清理楼道" in page and "已发布" in page


def test_a_series_of_fridays_and_the_last_day_of_the_month(world: World) -> None:
    client = as_staff(world, "community")
    sent = form(world, weekdays=["FR"], last_day="1", skip_holidays="1")
    client.post("/desk/activities/new/", sent)
    row = Series.objects.get()
    assert row.rule == "FREQ=WEEKLY;BYDAY=FR\nFREQ=MONTHLY;BYMONTHDAY=-1" and row.skip_holidays
    days = row.activities.order_by("occurs_on").values_list("occurs_on", flat=True)
    assert all(day.weekday() == 4 or (day + timedelta(days=1)).day == 1 for day in days) and len(days) >= 4
    first = row.activities.order_by("occurs_on")[0]
    assert "每周五、每月最后一天" in body(client.get(f"/desk/activities/{first.pk}/"))
    month = f"{first.starts_at:%Y-%m}"
    assert "只看系列" in body(client.get(f"/desk/activities/?series={row.pk}&month={month}"))


def test_what_is_refused_on_the_form_stays_typed(world: World) -> None:
    client = as_staff(world, "community")
    for change, words in (
        ({"title": ""}, "请填写这一项"), ({"risk": "high"}, "先写明保险再发布"), ({"ends": ""}, "请填写结束时间"),
        ({"rule": "FREQ=HOURLY"}, "重复规则不对"), ({"post_name_0": ""}, "岗位要有"),
        ({"post_capacity_0": "x"}, "请填写数字"), ({"leader": "查无此人"}, "查无此人"),
        ({"site": "没有的地方"}, "确切的点位名称"), ({"purpose": "找13812345678"}, "会公开"),
    ):  # fmt: skip
        answer = client.post("/desk/activities/new/", form(world, **change))
        assert answer.status_code == 422 and words in answer.content.decode(), change
        assert 'value="铲刀，手套"' in answer.content.decode()
    assert not Activity.objects.exists()
    assert client.post("/desk/activities/new/", form(world, place=world.places["west"].pk)).status_code == 403


def test_a_post_says_that_one_only_attends_and_the_form_keeps_it(world: World) -> None:
    client = as_staff(world, "community")
    setup.setup()
    talk = Format.objects.get(name="小院好声音")
    page = body(client.get(f"/desk/activities/new/?format={talk.pk}"))
    assert re.findall(r'name="post_attends_(\d)" value="1" checked', page) == ["2"], "the audience of 演出、布置、观众"
    posts = {"post_name_1": "观众", "post_capacity_1": "80", "post_attends_1": "1"}
    client.post("/desk/activities/new/", form(world, **posts))
    row = Activity.objects.get()
    assert list(row.roles.order_by("position").values_list("name", "serves")) == [("清理组", True), ("观众", False)]
    assert 'name="post_attends_1" value="1" checked' in body(client.get(f"/desk/activities/{row.pk}/edit/"))
    assert "不计志愿时长" in body(as_resident(1).get(f"/activities/{row.pk}/"))


def test_one_or_the_rest_of_a_series_is_changed(world: World) -> None:
    client = as_staff(world, "community")
    client.post("/desk/activities/new/", form(world, weekdays=["FR"]))
    first, second, third, *_rest = Activity.objects.order_by("starts_at")
    page = body(client.get(f"/desk/activities/{second.pk}/edit/"))
    assert "只改这一次" in page and "清理组" in page
    sent = form(world, starts_at=f"{timezone.localtime(second.starts_at):%Y-%m-%dT%H:%M}", title="改了名")
    client.post(f"/desk/activities/{second.pk}/edit/", {**sent, "reach": "rest", "rule": "FREQ=WEEKLY;BYDAY=FR"})
    titles = Activity.objects.order_by("starts_at").values_list("title", flat=True)
    assert list(titles)[:3] == ["清理楼道", "改了名", "改了名"]
    sent = form(world, starts_at=f"{timezone.localtime(third.starts_at):%Y-%m-%dT%H:%M}", title="只这次")
    client.post(f"/desk/activities/{third.pk}/edit/", {**sent, "reach": "one", "key": str(uuid4())})
    titles = Activity.objects.order_by("starts_at").values_list("title", flat=True)
    assert list(titles)[:4] == ["清理楼道", "改了名", "只这次", "改了名"]
    assert first.pk


def test_publishing_calling_off_and_ending(world: World, held: Held) -> None:
    client = as_staff(world, "community")
    client.post("/desk/activities/new/", form(world, weekdays=["FR"], act="draft"))
    first, second, *_rest = Activity.objects.order_by("starts_at")
    client.post(f"/desk/activities/{first.pk}/act/", {"act": "publish"})
    client.post(f"/desk/activities/{second.pk}/act/", {"act": "publish_series"})
    assert not Activity.objects.filter(state="draft").exists()
    answer = client.post(f"/desk/activities/{first.pk}/act/", {"act": "cancel", "reason": ""})
    assert answer.status_code == 422
    client.post(f"/desk/activities/{first.pk}/act/", {"act": "cancel", "reason": "下雨"})
    client.post(f"/desk/activities/{second.pk}/act/", {"act": "end_series", "reason": "不办了"})
    first.refresh_from_db()
    assert first.state == "cancelled" and Activity.objects.count() == 2
    assert "下雨" in body(anonymous().get(f"/activities/{first.pk}/"))
    single = held()
    assert client.post(f"/desk/activities/{single.pk}/act/", {"act": "end_series", "reason": "x"}).status_code == 404


def test_the_list_goes_out_as_a_spreadsheet_with_masked_phones(held: Held, world: World) -> None:
    from openpyxl import load_workbook

    activity = held()
    signups.sign_up_other(
        world.actor("community"), Asked(role_of(activity).pk), name="欧阳建国", phone="13911113333", key=uuid4()
    )
    answer = as_staff(world, "community").get(f"/desk/activities/{activity.pk}/people.xlsx")
    cells = [
        cell for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True) for cell in row
    ]
    assert "欧阳建国" in cells and not any("13911113333" in str(cell) for cell in cells)
    assert as_staff(world, "community_west").get(f"/desk/activities/{activity.pk}/people.xlsx").status_code == 404


def test_the_register_goes_out_for_month_and_year_and_names_nobody(held: Held, world: World) -> None:
    from openpyxl import load_workbook

    activity = held()
    signups.sign_up_other(
        world.actor("community"), Asked(role_of(activity).pk), name="欧阳建国", phone="13911113333", key=uuid4()
    )
    month = timezone.localdate(activity.starts_at)
    for who, query, there in (
        ("community", f"month={month:%Y-%m}", 1), ("community", f"month={month:%Y}-01&span=year", 1),
        ("community", "month=2020-01", 0), ("community_west", f"month={month:%Y-%m}", 0),
    ):  # fmt: skip
        answer = as_staff(world, who).get(f"/desk/activities/register.xlsx?{query}")
        rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(min_row=3, values_only=True))
        assert [row[2] for row in rows] == [activity.title] * there
        assert not any("欧阳" in str(cell) or "1391111" in str(cell) for row in rows for cell in row)


def test_the_calendar_counts_days_beyond_the_page(held: Held, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from linli.activities import figures, pages_desk

    first, second = held(), held()
    monkeypatch.setattr(figures, "PAGE", 1)
    monkeypatch.setattr(pages_desk, "PAGE", 1)
    month = timezone.localdate(first.starts_at)
    page = body(as_staff(world, "community").get(f"/desk/activities/?month={month:%Y-%m}"))
    assert "2 场" in page and first.starts_at.date() == second.starts_at.date()


def test_figures_of_the_month_are_those_of_the_list(held: Held, world: World) -> None:
    activity = under_way(held, 1)
    checkin.tick(world.actor("community"), activity.pk, [
        checkin.Ticked(resident(1).person_id or 0, False, timezone.now(), uuid4())])  # fmt: skip
    closing.close(world.actor("community"), activity.pk)
    closing.count_heads(world.actor("community"), activity.pk, {"riders": 46})
    month = f"{timezone.localtime(activity.starts_at):%Y-%m}"
    page = body(as_staff(world, "street").get(f"/desk/activities/?month={month}&state=closed"))
    assert activity.title in page and "受众 46 人次" in page and "到 1 人" in page
    empty = body(as_staff(world, "community_west").get(f"/desk/activities/?month={month}"))
    assert "这个月还没有活动" in empty
