"""Times and states as residents say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from linli.kernel.labels import Label
from linli.requests.workflow import REQUEST
from linli.site.words import day, sentence, when

# Monday 23 November 2026, 10:00 in the district.
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DISPATCHED = Label("已转给{unit}，{due}前处理", "Passed to {unit}, to be handled by {due}")


@pytest.mark.parametrize(
    ("hours", "said", "english"),
    [
        (-24, "昨天 10:00", "yesterday 10:00"),
        (7.5, "今天 17:30", "today 17:30"),
        (24, "明天 10:00", "tomorrow 10:00"),
        (48, "后天 10:00", "the day after tomorrow 10:00"),
        (96, "11月27日（周五） 10:00", "Fri 27 Nov 10:00"),
        (24 * 40, "2027年1月2日（周六） 10:00", "Sat 2 Jan 2027 10:00"),
    ],
)
def test_a_moment_is_said_as_people_say_it(hours: float, said: str, english: str) -> None:
    moment = NOW + timedelta(hours=hours)
    with translation.override("zh-hans"):
        assert when(moment, NOW) == said
    with translation.override("en"):
        assert when(moment, NOW) == english


def test_today_is_the_districts_day_and_not_that_of_utc() -> None:
    just_after_midnight = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    with translation.override("zh-hans"):
        assert when(just_after_midnight, NOW) == "今天 00:30"
        assert day(just_after_midnight, NOW) == "11月23日（周一）"


def test_a_sentence_names_one_unit_and_one_date() -> None:
    with translation.override("zh-hans"):
        told = sentence(DISPATCHED, unit="通济街道环卫所", due=NOW + timedelta(hours=31.5), now=NOW)
    assert told == "已转给通济街道环卫所，明天 17:30前处理"


def test_what_is_not_known_yet_is_left_out_of_the_sentence() -> None:
    with translation.override("zh-hans"):
        assert sentence(DISPATCHED, unit="通济街道环卫所", now=NOW) == "已转给通济街道环卫所"
        assert sentence(Label("{unit}向您提问", "{unit} asks you a question"), now=NOW) == "正在办理"
    with translation.override("en"):
        assert sentence(DISPATCHED, unit="Sanitation", now=NOW) == "Passed to Sanitation"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("state", REQUEST.states, ids=lambda state: state.code)
def test_every_state_reads_well_with_and_without_its_values(state, language: str) -> None:
    with translation.override(language):
        for unit in ("", "环卫所"):
            for due in (None, NOW):
                told = sentence(state.plain, unit=unit, due=due, now=NOW)
                assert told and "{" not in told and not told.startswith(("，", ","))
