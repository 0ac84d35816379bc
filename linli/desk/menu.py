"""The menu of staff: every page that has a line in it, grouped by what it is about, for whoever may open it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.people.access import Actor

Words = str | Promise
SHORT = 12
"""So many lines need no folding: whoever has no more sees them all."""
LETTERS = "letters"
"""Not a permission: letters to property managers are read by holders of `inspection.view` and by managers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: the name of its address, its words, its icon, what it takes (any of it; empty: nothing), and beginnings
    of other addresses that belong to it (one that ends in `$` is meant whole). `beside`: not in the side menu."""

    name: str
    label: Words
    icon: str
    takes: str = ""
    under: tuple[str, ...] = ()
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together; the first group has no heading in the side menu and is never folded."""

    slug: str
    label: Words
    entries: tuple[Entry, ...]


GROUPS = (
    Group("work", pgettext_lazy("menu", "事项"), (
        Entry("desk:home", _("待办"), "desk", under=("/desk/$", "/desk/items/")),
        Entry("desk:new", _("登记"), "add", "request.report_on_behalf"),
        Entry("desk:map", _("地图"), "map", "work.view"),
        Entry("desk:board_home", _("看板"), "board", "work.board"),
        Entry("desk:search", _("查找事项（含已办结）"), "search", beside=True),
        Entry("work:inbox", _("消息"), "bell"),
        Entry("work:pile", _("收回签字的纸件"), "qr", beside=True),
    )),
    Group("inspection", _("巡查和走访"), (
        Entry("patrol:app", _("今日巡查"), "walk", "inspection.record"),
        Entry("desk:rounds", _("巡查"), "check", "inspection.view", ("/desk/sites/",)),
        Entry("desk:conflicts", _("待决定的巡查记录"), "warning", "inspection.resolve"),
        Entry("desk:visits", _("走访"), "household", "inspection.view"),
        Entry("desk:responsibilities", _("包保"), "people", "inspection.view"),
        Entry("desk:agreements", _("门前五包"), "sign", "inspection.view"),
        Entry("desk:mutual", _("互查"), "redo", "inspection.view"),
        Entry("desk:letters", _("督促物业"), "mail", LETTERS),
        Entry("desk:dissuasion", _("文明劝导"), "comment", "inspection.view"),
    )),
    Group("creation", _("创建和测评"), (
        Entry("assessment:index", _("考评"), "rate", "assessment.view"),
        Entry("campaigns:index", pgettext_lazy("menu", "专项行动"), "flag", "campaigns.view"),
        Entry("standards:standards", _("测评标准"), "list", "standards.view"),
    )),
    Group("activities", _("活动和志愿服务"), (
        Entry("activities:desk", pgettext_lazy("menu", "活动"), "calendar", "activities.view"),
        Entry("volunteering:index", _("志愿者"), "heart", "volunteering.view"),
        Entry("wishes:desk", _("微心愿"), "leaf", "wish.register"),
    )),
    Group("points", _("积分"), (
        Entry("awards:overview", _("积分发放"), "rate", "awards.view", (
            "/desk/points/$", "/desk/points/awards/", "/desk/points/nominations/", "/desk/points/appeals/",
            "/desk/points/rules/",
        )),
        Entry("awards:sheets", _("小红花"), "heart", "awards.stickers"),
        Entry("shop:staff", _("积分超市"), "tag", "shop.view"),
        Entry("credits:ledger", _("积分账目"), "file", "credits.view"),
    )),
    Group("registers", _("基础资料"), (
        Entry("desk:places", pgettext_lazy("menu", "地点"), "places", "places.view"),
        Entry("people:organisations", pgettext_lazy("menu", "单位"), "organisation", "people.view", (
            "/desk/people/$", "/desk/people/organisations", "/desk/people/roles",
        )),
        Entry("people:staff", _("人员"), "people", "people.view", ("/desk/people/person",)),
        Entry("people:roster", _("值班"), "roster", "people.view people.roster"),
        Entry("desk:catalogue", _("派单目录"), "category", "catalogue.view"),
        Entry("desk:calendar", _("工作日历"), "calendar", "catalogue.view"),
        Entry("desk:imports", _("导入数据"), "upload", "data.import awards.rules"),
        Entry("people:audit", _("审计记录"), "lock", "audit.view"),
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is shown."""

    name: str
    url: str
    label: Words
    icon: str
    here: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A group as it is shown."""

    slug: str
    label: Words
    lines: tuple[Line, ...]
    open: bool


def may_open(actor: Actor, entry: Entry, letters: bool | None = None) -> bool:
    """Whether a line leads somewhere for this actor (no statement). `letters` where the caller knows it better."""
    if entry.takes == LETTERS:
        known = actor.may_somewhere("inspection.view") or "property_manager" in actor.roles
        return known if letters is None else letters
    return not entry.takes or any(actor.may_somewhere(code) for code in entry.takes.split())


def is_here(path: str, addresses: Iterable[str]) -> bool:
    """Whether a page lies under one of the addresses; one that ends in `$` is meant whole."""
    return any(path == one[:-1] if one.endswith("$") else path.startswith(one) for one in addresses)


def parts(actor: Actor, path: str = "", *, beside: bool = False, letters: bool | None = None) -> list[Part]:
    """The groups with the lines that the actor may open, empty ones left out; open are the one of this page and, where
    there are few lines altogether, all. With `beside` also those that the side menu leaves out."""
    found = []
    for group in GROUPS:
        kept = [one for one in group.entries if (beside or not one.beside) and may_open(actor, one, letters)]
        if kept:
            found.append((group, tuple(_line(one, path) for one in kept)))
    short = sum(len(lines) for _group, lines in found) <= SHORT
    return [Part(g.slug, g.label, lines, short or any(line.here for line in lines)) for g, lines in found]


def _line(entry: Entry, path: str) -> Line:
    url = reverse(entry.name)
    under = entry.under if any(one.endswith("$") for one in entry.under) else (url, *entry.under)
    return Line(entry.name, url, entry.label, entry.icon, is_here(path, under))
