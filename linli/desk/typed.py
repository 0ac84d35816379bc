"""What forms of the desk send, read into values; refusals carry the field they belong to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.utils.translation import gettext as _

from linli.desk.wording import language
from linli.inspections.reading import PAGE
from linli.kernel.labels import Label
from linli.kernel.numbers import page_number, whole_number
from linli.people.access import Actor, ObjectHidden, require_somewhere
from linli.people.errors import PeopleProblem
from linli.people.selectors import find_organisations, find_staff
from linli.places.search import search_places
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.work.engine import StepRefused

CANDIDATES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a form was not accepted: the words, the field they belong to, the HTTP status, what could be meant."""

    text: str
    field: str = ""
    status: int = 422
    candidates: tuple[tuple[int, str], ...] = ()


class Unclear(Exception):
    """The words fit several places or units; one is to be chosen, never guessed."""

    def __init__(self, text: str, field: str, candidates: tuple[tuple[int, str], ...]) -> None:
        super().__init__(text)
        self.problem = Problem(text, field, 422, candidates)


def problem_of(error: StepRefused | PeopleProblem | Unclear) -> Problem:
    """A refusal as the form shows it."""
    if isinstance(error, Unclear):
        return error.problem
    if isinstance(error, PeopleProblem):
        return Problem(error.text, error.field, error.status)
    return Problem(error.label.text(language()), error.field or "", error.status)


def refused(field: str, zh: str, en: str) -> StepRefused:
    """A refusal of one field."""
    return StepRefused("invalid_field", Label(zh, en), status=422, field=field)


def key_of(request: HttpRequest) -> uuid.UUID:
    """The key that was sent with the form, or a new one."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def page_in(request: HttpRequest) -> int:
    """Which page of a list the address asks for."""
    return page_number(request.GET.get("page"), 10_000 // PAGE)


def day_in(text: str, field: str) -> date:
    """A day of a form; StepRefused (422) when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise refused(field, "请填写日期。", "Give a date.") from error


def places_now() -> PlaceSnapshot:
    """The places as they are now (1 statement)."""
    return place_snapshot(registry_versions())


def place_within(actor: Actor, permission: str, wanted: int | None, places: PlaceSnapshot) -> PlaceRow:
    """The place that a list is about: the one wanted where the actor may, else the widest of theirs.

    Refused (403) without the permission, ObjectHidden (404) for a place beyond it.
    """
    require_somewhere(actor, permission)
    scopes = actor.scopes(permission)
    if wanted is not None:
        row = places.get(wanted)
        if row is None or not actor.may(permission, place_path=row.path):
            raise ObjectHidden(permission)
        return row
    if scopes.place_paths:
        row = places.get(int(min(scopes.place_paths, key=lambda path: path.count(".")).rpartition(".")[2]))
    else:
        row = next(iter(places.of_kind("district")), None)
    if row is None:
        raise ObjectHidden(permission)
    return row


def place_meant(request: HttpRequest, actor: Actor, permission: str, field: str = "place") -> int:
    """The place of a form: by the id that was chosen, or the words that were typed, looked for where the actor may."""
    chosen = whole_number(request.POST.get(f"{field}_id", ""))
    if chosen is not None:
        return chosen
    words = request.POST.get(field, "").strip()
    if not words:
        raise refused(field, "请填写地点。", "Name a place.")
    scopes = actor.scopes(permission)
    under: list[str | None] = list(scopes.place_paths) or [None]
    hits = {hit.row.id: hit.row for path in under for hit in search_places(words, under=path, limit=20)}
    exact = [row for row in hits.values() if words in (row.name, row.code)]
    best = exact or list(hits.values())
    if not best:
        raise refused(field, f"没有找到“{words[:40]}”，请换个写法。", f"“{words[:40]}” was not found.")
    if len(best) > 1:
        places = places_now()
        lines = tuple((row.id, places.full_name(row.id, "street")) for row in best[:CANDIDATES_SHOWN])
        raise Unclear(_("有几个地点都像，请选一个。"), field, lines)
    return best[0].id


def unit_meant(words: str, field: str = "unit") -> int | None:
    """The one unit meant by a name; None for no words; refused when none or several fit."""
    text = words.strip()
    if not text:
        return None
    found = find_organisations(text, limit=6)
    exact = [row for row in found if text in (row.name, row.short_name)]
    best = exact or found
    if len(best) != 1:
        names = "、".join(row.name for row in best[:5])
        raise PeopleProblem("which_organisation", _("请填写确切的单位名称：%s") % (names or "—"), field=field)
    return best[0].pk


def person_meant(words: str, actor: Actor, field: str = "person") -> int | None:
    """The one person in office meant by a work name or user name; None for no words."""
    if not words.strip():
        return None
    try:
        return find_staff(words, actor).pk
    except PeopleProblem as problem:
        raise PeopleProblem(problem.code, problem.text, status=problem.status, field=field) from problem
