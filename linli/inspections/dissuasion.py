"""Writers of dissuasion (劝导): themes, rounds, records at places, and their corrections."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.inspections.batch import refuse
from linli.inspections.models import Dissuasion, DissuasionNote, DissuasionRound, DissuasionTheme
from linli.inspections.promises import clean_words, place_over
from linli.inspections.visits import without_personal
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.places.models import Place
from linli.work import moments
from linli.work.engine import StepRefused

RECORD, PLAN = "inspection.record", "inspection.plan"
THEMES: tuple[tuple[str, str], ...] = (
    ("文明养犬", "Civil dog-keeping"),
    ("乱扔垃圾、随地吐痰", "Littering and spitting"),
    ("景区乱刻乱画", "Scratching at sights"),
    ("不文明交通行为", "Uncivil traffic behaviour"),
    ("公共场所吸烟", "Smoking in public places"),
    ("占道经营、乱堆乱放", "Trading and stacking on the way"),
)
"""What the project brings along: themes named in the district's plan; a district switches off and adds."""
COUNT_MAX, WORDS_MAX, TITLE_MAX, THEME_MAX = 10_000, 500, 120, 40
REPLACED = Label("这条记录已被更正或撤销，请刷新。", "It has been corrected or withdrawn already; reload.")


def setup_themes() -> None:
    """Give the district the themes the project brings along; those that are there stay as they are."""
    known = set(DissuasionTheme.objects.filter(place=None).values_list("name", flat=True))
    DissuasionTheme.objects.bulk_create(
        DissuasionTheme(name=name, name_en=english) for name, english in THEMES if name not in known
    )


@transaction.atomic
def add_theme(actor: Actor, place_id: int, name: str) -> DissuasionTheme:
    """Add a theme for an area; one of this name that was switched off there comes back."""
    place = place_over(actor, place_id, PLAN)
    wanted = clean_words(name, "name", THEME_MAX, needed=True)
    row, made = DissuasionTheme.objects.get_or_create(
        name=wanted, place=place, defaults={"created_by_id": actor.person_id}
    )
    if not made and not row.active:
        row.active = True
        row.save(update_fields=["active"])
    record("inspection.promise", actor_id=actor.person_id, subject=f"theme:{row.pk}", place=place.pk)
    return row


@transaction.atomic
def switch_theme(actor: Actor, theme_id: int, *, active: bool) -> DissuasionTheme:
    """Offer a theme in forms, or not any more; its records stay. Those that hold everywhere are the district's.

    Raises ObjectHidden (404) for who may not.
    """
    row = DissuasionTheme.objects.select_for_update(of=("self",)).select_related("place").filter(pk=theme_id).first()
    if row is None:
        raise ObjectHidden(PLAN)
    if row.place is not None:
        require(actor, PLAN, place_path=str(row.place.path), hidden=True)
    elif not may_switch_everywhere(actor):
        raise ObjectHidden(PLAN)
    row.active = active
    row.save(update_fields=["active"])
    record("inspection.promise", actor_id=actor.person_id, subject=f"theme:{row.pk}", active=active)
    return row


def may_switch_everywhere(actor: Actor) -> bool:
    """Whether the actor plans for a whole district, and so decides on themes that hold everywhere."""
    scopes = actor.scopes(PLAN)
    wide = Place.objects.filter(kind__in=("district", "city"), path__in=list(scopes.place_paths))
    return scopes.everything or (bool(scopes.place_paths) and wide.exists())


@transaction.atomic
def plan_round(
    actor: Actor, place_id: int, theme_id: int, title: str, since: date, until: date, *, key: UUID
) -> DissuasionRound:
    """劝导活动: a theme in an area in a period, by the actor's unit; the same key again gives the same round."""
    place = place_over(actor, place_id, PLAN)
    known = DissuasionRound.objects.filter(key=key).first()
    if known is not None:
        return known
    if until < since:
        raise refuse("bad_plan", "until", "结束日期要在开始之后。", "The end comes after the beginning.")
    _theme(theme_id, place)
    row = DissuasionRound.objects.create(
        title=clean_words(title, "title", TITLE_MAX, needed=True), theme_id=theme_id, place=place, since=since,
        until=until, organisation_id=actor.organisation_id, created_by_id=actor.person_id, key=key,
    )  # fmt: skip
    record("inspection.round", actor_id=actor.person_id, subject=f"dissuasion:{row.pk}", place=place.pk)
    return row


def _theme(theme_id: int, place: Place, *, also_off: bool = False) -> None:
    """Refuse (422) a theme that is not offered at this place."""
    row = DissuasionTheme.objects.select_related("place").filter(pk=theme_id).first()
    here = row is not None and (row.place is None or _within(place, row.place))
    if row is None or not here or not (row.active or also_off):
        raise refuse("no_theme", "theme", "请选择劝导主题。", "Choose a theme.")


def _within(place: Place, outer: Place) -> bool:
    return f"{place.path}.".startswith(f"{outer.path}.")


def record_dissuasion(
    actor: Actor,
    place_id: int,
    theme_id: int,
    persons: int,
    *,
    leaflets: int = 0,
    words: str = "",
    happened_at: datetime | None = None,
    round_id: int | None = None,
    key: UUID,
) -> Dissuasion:
    """劝导记录: how many persons were dissuaded at a place; a tick, it opens no item and names nobody.

    The same key again gives the same record. Raises PermissionRefused (403), StepRefused (422).
    """
    place = place_over(actor, place_id, RECORD)
    new = _new(actor, place, theme_id, persons, leaflets, happened_at, key)
    said = without_personal(clean_words(words, "words", WORDS_MAX), "words")
    try:
        with transaction.atomic():
            known = Dissuasion.objects.filter(key=key).first()
            if known is not None:
                return known
            new.round_id = _round(round_id, new, place)
            _theme(theme_id, place)
            return _store(new, said)
    except IntegrityError:
        # The same key came by another request meanwhile.
        known = Dissuasion.objects.filter(key=key).first()
        if known is None:
            raise
        return known


def _new(
    actor: Actor, place: Place, theme_id: int, persons: int, leaflets: int, happened_at: datetime | None, key: UUID
) -> Dissuasion:
    now = moments.now()
    at = happened_at or now
    if at > now:
        raise refuse("future", "happened_at", "劝导时间不能在将来。", "It lies in the future.")
    if not (0 <= persons <= COUNT_MAX and 0 <= leaflets <= COUNT_MAX):
        raise refuse("bad_count", "persons", f"人数和份数在0到{COUNT_MAX}之间。", f"From 0 to {COUNT_MAX}.")
    if persons == leaflets == 0:
        raise refuse("nothing_done", "persons", "请填写劝导人数或发放份数。", "Give persons or leaflets.")
    return Dissuasion(
        theme_id=theme_id, place=place, persons=persons, leaflets=leaflets, happened_at=at,
        day=timezone.localdate(at), recorded_at=now, recorded_by_id=actor.person_id, key=key,
    )  # fmt: skip


def _round(round_id: int | None, new: Dissuasion, place: Place) -> int | None:
    if round_id is None:
        return None
    rounds = DissuasionRound.objects.filter(pk=round_id, theme_id=new.theme_id, place__path__ancestor_of=place.path)
    row = rounds.first()
    if row is None:
        raise refuse("no_round", "round", "这次劝导活动不包括这里，或主题不同。", "The round is elsewhere.")
    if not row.since <= new.day <= row.until:
        raise refuse("outside_round", "round", "劝导日期不在活动期间。", "The day lies outside the round.")
    return row.pk


def _store(new: Dissuasion, words: str) -> Dissuasion:
    new.save(force_insert=True)
    if words:
        DissuasionNote.objects.create(record=new, words=words)
    return new


def correct(
    actor: Actor, record_id: int, persons: int, leaflets: int, words: str = "", *, withdraw: bool = False, key: UUID
) -> Dissuasion:
    """Replace a wrong record by a new one, or withdraw it; the old one stays and counts no more.

    Whoever recorded it may, and whoever holds `inspection.resolve` there. Raises ObjectHidden (404) for others,
    StepRefused: 409 when it was replaced already.
    """
    old = Dissuasion.objects.select_related("place").filter(pk=record_id).first()
    own = old is not None and actor.person_id is not None and old.recorded_by_id == actor.person_id
    if old is None or not (own or actor.may("inspection.resolve", place_path=str(old.place.path))):
        raise ObjectHidden(RECORD)
    known = Dissuasion.objects.filter(key=key).first()
    if known is not None:
        return known
    if old.withdrawn:
        raise StepRefused("replaced", REPLACED, status=409)
    said = without_personal(clean_words(words, "words", WORDS_MAX), "words")
    if withdraw:
        new = Dissuasion(
            theme_id=old.theme_id, place=old.place, persons=0, leaflets=0, happened_at=old.happened_at, day=old.day,
            recorded_at=moments.now(), recorded_by_id=actor.person_id, withdrawn=True, key=key,
        )  # fmt: skip
    else:
        new = _new(actor, old.place, old.theme_id, persons, leaflets, old.happened_at, key)
    new.round_id, new.replaces_id, new.synthetic = old.round_id, old.pk, old.synthetic
    try:
        with transaction.atomic():
            return _store(new, said)
    except IntegrityError as error:
        known = Dissuasion.objects.filter(key=key).first()
        if known is not None:
            return known
        raise StepRefused("replaced", REPLACED, status=409) from error
