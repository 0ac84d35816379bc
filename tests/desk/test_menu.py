"""The menu of staff: short for every role, grouped, each line for whoever may open it, each page in one group."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linli.desk import menu
from linli.people.access import Actor, Grant
from linli.people.roles import ROLES

STAFF = sorted(slug for slug, role in ROLES.items() if role.staff)
SHOWN_MAX = 14
"""Headings and lines on a screen of 800 px, without scrolling."""


def who(slug: str) -> Actor:
    """Somebody with one role over everything."""
    grant = Grant(ROLES[slug].permissions, everything=True, role=slug)
    return Actor(person_id=1, roles=frozenset({slug}), grants=(grant,), channel="staff", strong=True)


def shown(parts: list[menu.Part]) -> int:
    """Lines and headings one sees before anything is opened."""
    return sum(len(part.lines) if part.open or part.slug == "work" else 0 for part in parts) + len(parts) - 1


@pytest.mark.parametrize("slug", STAFF)
def test_a_role_sees_at_once_no_more_than_a_screen_holds(slug: str) -> None:
    parts = menu.parts(who(slug), "/desk/")
    assert parts[0].slug == "work"
    assert shown(parts) <= SHOWN_MAX


@pytest.mark.parametrize(
    ("path", "group", "name"),
    [
        ("/desk/sites/12/", "inspection", "desk:rounds"),
        ("/desk/letters/", "inspection", "desk:letters"),
        ("/desk/assessment/3/board/", "creation", "assessment:index"),
        ("/desk/points/ledger/", "points", "credits:ledger"),
        ("/desk/points/", "points", "awards:overview"),
        ("/desk/people/staff/7/", "registers", "people:staff"),
        ("/desk/people/", "registers", "people:organisations"),
        ("/desk/items/20261124-01/", "work", "desk:home"),
    ],
)
def test_the_group_of_the_page_is_open_and_only_its_line_is_the_current_one(path: str, group: str, name: str) -> None:
    parts = menu.parts(who("street_officer"), path)
    assert {part.slug for part in parts if part.open} == {group}
    assert [line.name for part in parts for line in part.lines if line.here] == [name]


def test_whoever_has_few_lines_sees_them_all() -> None:
    assert all(part.open for part in menu.parts(who("duty_officer"), "/desk/"))


def test_lines_are_for_those_who_may_open_them() -> None:
    def names(slug: str) -> set[str]:
        return {line.name for part in menu.parts(who(slug), beside=True) for line in part.lines}

    assert "desk:rounds" not in names("auditor")
    assert "people:audit" in names("auditor")
    assert "desk:letters" in names("property_manager")
    assert not {"desk:rounds", "assessment:index", "credits:ledger"} & names("property_manager")
    assert "patrol:app" in names("grid_worker")


def test_no_page_stands_in_the_menu_twice() -> None:
    names = [entry.name for group in menu.GROUPS for entry in group.entries]
    assert len(names) == len(set(names))


def test_every_picture_that_pages_ask_for_is_in_the_sprite() -> None:
    """The sprite is built from these names; a name that it lacks leaves a hole in the line."""
    house = Path(menu.__file__).parents[1]
    source = (house.parent / "frontend" / "scripts" / "icons.mjs").read_text(encoding="utf-8")
    drawn = set(re.findall(r"\b([a-z]+): \"", source)) | {"linli"}
    asked = {entry.icon for group in menu.GROUPS for entry in group.entries}
    for page in house.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        asked |= set(re.findall(r"{% icon \"([a-z]+)\"", text)) | set(re.findall(r"symbol=\"([a-z]+)\"", text))
    assert len(asked) > 60
    assert asked - drawn == set()
