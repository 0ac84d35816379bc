"""The table, the page and JSON of published figures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from linli.config import reproduction
from linli.insight import demo, demo_gatherings
from linli.insight.figures import FIGURES, GAOPING, GASIXIANG, JIMO, PINGGUI, STREETS, YANBEI
from linli.insight.published import YEAR, Verdict
from linli.insight.reproducing import reproduce
from linli.places.services import create_place
from linli.volunteering import bulk
from tests.insight.cases import MID
from tests.support.world import World


@pytest.fixture
def seven(world: World) -> dict[str, int]:
    """The places of the figures, empty."""
    made: dict[str, int] = {}
    for code in (JIMO, GAOPING, PINGGUI):
        made[code] = create_place(
            kind="district", name=code, code=code, code_scheme="gb2260", actor_label="test"
        ).pk  # fmt: skip
    for code in (YANBEI, *STREETS):
        made[code] = create_place(
            kind="street", name=code, code=code, code_scheme="gb10114", parent_id=made[JIMO], actor_label="test"
        ).pk  # fmt: skip
    made[GASIXIANG] = create_place(
        kind="community", name="尕斯巷", code=GASIXIANG, code_scheme="statistics", parent_id=made[YANBEI],
        actor_label="test",
    ).pk  # fmt: skip
    return made


def test_without_the_places_nothing_is_judged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    rows = reproduce()
    assert {row.verdict for row in rows} == {Verdict.NOT_HERE, Verdict.NOT_YET}
    assert reproduction.run(as_json=False, language="zh-hans") == 2
    assert "linli demo" in capsys.readouterr().out


def test_empty_places_hold_nothing_and_all_figures_take_few_statements(
    seven: dict[str, int], query_counter: Any
) -> None:
    with query_counter(at_most=16):
        rows = reproduce()
    computed = [row for row in rows if row.found is not None]
    assert len(computed) == sum(figure.measure is not None for figure in FIGURES)
    assert {row.verdict for row in computed} == {Verdict.FAILS}
    assert not any(row.synthetic for row in computed)


def test_json_says_what_was_found_of_which_days_and_that_it_is_synthetic(
    seven: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [bulk.ConcernRow(f"c{number}", seven[GAOPING], "灯不亮", MID, claimed_on=MID, solved_on=MID, synthetic=True)
            for number in range(385)]  # fmt: skip
    bulk.record_concerns(rows)
    assert reproduction.run(as_json=True, language="en") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["whole"] is False and told["mark"] == "合成数据"
    found = {row["id"]: row for row in told["figures"]}
    assert found["F4.concerns"] | {
        "published": 385, "computed": 385, "n": 385, "verdict": "holds", "kind": "exact", "mark": "合成数据",
        "since": YEAR[0].isoformat(), "until": YEAR[1].isoformat(),
    } == found["F4.concerns"]  # fmt: skip
    assert found["F4.services"]["interval"] == [15500, 16500]
    assert (found["F4.units"]["computed"], found["F4.units"]["verdict"]) == (0, "does not hold")
    assert (found["A6.issues"]["computed"], found["A6.issues"]["verdict"]) == (None, "not yet")


def test_records_that_are_not_marked_are_told_as_real(seven: dict[str, int]) -> None:
    row = bulk.ConcernRow("c1", seven[GAOPING], "灯不亮", MID, claimed_on=MID, solved_on=MID)
    bulk.record_concerns([row])
    found = {row.figure.id: row for row in reproduce()}
    assert found["F4.concerns"].data_text("en") == "with real data"


def test_the_table_shows_figures_rules_and_what_is_not_yet(
    seven: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert reproduction.run(as_json=False, language="zh-hans") == 1
    text = capsys.readouterr().out
    assert "F4.hours" in text and "57500" in text and "尚未接入" in text and "合成数据" in text
    assert reproduction.run(as_json=False, language="en") == 1
    assert "does not hold" in capsys.readouterr().out


def test_the_page_shows_the_same(seven: dict[str, int]) -> None:
    page = Client().get("/about/figures/", headers={"accept-language": "zh-hans"})
    text = page.content.decode()
    assert page.status_code == 200
    for figure in FIGURES:
        assert figure.title.zh in text
    assert "不符" in text and "合成数据" in text


def test_the_page_says_so_where_nothing_is_loaded(world: World) -> None:
    page = Client().get("/about/figures/", headers={"accept-language": "zh-hans"})
    assert page.status_code == 200 and "这里没有演示记录" in page.content.decode()


def test_the_plan_of_activities_reaches_what_was_published() -> None:
    lessons, practice = demo_gatherings.lessons(197), demo_gatherings.practice(89)
    assert sum(row.persons for row in lessons if row.held) >= 300_000
    assert sum(row.held and row.day <= YEAR[1] for row in practice) >= 500
    assert any(not row.held for row in lessons)


def test_writing_activities_again_changes_nothing(world: World) -> None:
    plans = demo_gatherings.lessons(2, count=30)
    spots = [world.places["east"].pk, world.places["west"].pk]
    assert (demo.write_activities(plans, spots), demo.write_activities(plans, spots)) == (30, 0)
