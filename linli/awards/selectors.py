"""The only readers of rules, awards, nominations and appeals for pages. Scopes first, then rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from linli.awards.models import Appeal, Award, Nomination, Objection, Rule, RuleSet
from linli.awards.models.awards import TO_SETTLE, WAITING
from linli.people import personal
from linli.people.access import Actor, ObjectHidden, require
from linli.people.masking import mask_name
from linli.people.models import Person
from linli.places.snapshot import PlaceRow, PlaceSnapshot
from linli.work.models import Evidence

VIEW, CONFIRM = "awards.view", "awards.confirm"
HOLDER = "nomination"
"""The word by which evidence names a nomination as its holder."""
PAGE = 50


def inside(actor: Actor, permission: str = VIEW, field: str = "place__path") -> Q:
    """The condition that rows lie where the actor holds the permission."""
    scopes = actor.scopes(permission)
    if scopes.everything:
        return Q()
    if not scopes.place_paths:
        return Q(pk__in=[])
    return Q(**{f"{field}__descendant_of_any": list(scopes.place_paths)})


# --- rules ---------------------------------------------------------------------------------------------------------


def in_force(day: date | None = None) -> QuerySet[RuleSet]:
    """Versions in force on a day, the newest of each place first."""
    day = day or timezone.localdate()
    rows = RuleSet.objects.exclude(state=RuleSet.DRAFT).filter(
        Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day
    )
    return rows.select_related("place").order_by("place__pinyin", "place_id", "-version")


def public_sets(district: PlaceRow | None) -> list[RuleSet]:
    """One version in force of each place of the district, with the number of its rules (1 statement)."""
    rows = in_force().annotate(count=Count("rules"))
    if district is not None:
        rows = rows.filter(place__path__descendant_of=district.path)
    found: dict[int, RuleSet] = {}
    for row in rows:
        found.setdefault(row.place_id, row)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class PublicRules:
    """The rules of a place as everybody reads them: the version in force, the next one, and those before."""

    now: RuleSet | None
    coming: RuleSet | None
    rules: list[Rule]
    versions: list[RuleSet]


def rules_of(place_id: int, version: int | None = None) -> PublicRules:
    """The rules of a place, today's or of a version (2 statements). Raises ObjectHidden when it has none."""
    today = timezone.localdate()
    versions = list(
        RuleSet.objects.exclude(state=RuleSet.DRAFT)
        .filter(place_id=place_id)
        .select_related("place")
        .order_by("-version")
    )
    if not versions:
        raise ObjectHidden(VIEW)
    held = [row for row in versions if row.valid_from is not None and row.valid_from <= today
            and (row.valid_to is None or today < row.valid_to)]  # fmt: skip
    now = next((row for row in versions if row.version == version), None) if version else next(iter(held), None)
    coming = next((row for row in reversed(versions) if row.valid_from is not None and row.valid_from > today), None)
    shown = now or coming or versions[0]
    return PublicRules(
        shown, coming if coming != shown else None, list(shown.rules.order_by("position", "pk")), versions
    )


def sets_for(actor: Actor) -> list[RuleSet]:
    """All versions that the actor may see, by place (1 statement)."""
    rows = RuleSet.objects.filter(inside(actor)).select_related("place", "written_by").annotate(count=Count("rules"))
    return list(rows.order_by("place__pinyin", "place_id", "-version"))


def set_for(actor: Actor, set_id: int) -> RuleSet:
    """One version; missing and forbidden look alike."""
    row = RuleSet.objects.select_related("place", "written_by", "published_by").filter(pk=set_id).first()
    if row is None:
        raise ObjectHidden(VIEW)
    require(actor, VIEW, place_path=str(row.place.path), hidden=True)
    return row


def places_for(actor: Actor, permission: str, places: PlaceSnapshot) -> list[PlaceRow]:
    """Streets (and districts) for which the actor may write rules or nominate."""
    found: dict[int, PlaceRow] = {}
    scopes = actor.scopes(permission)
    for path in scopes.place_paths:
        root = places.get(int(path.rsplit(".", 1)[-1]))
        if root is None:
            continue
        for row in (root, *places.descendants(root.id, "street")):
            if row.kind in ("district", "street", "community"):
                found[row.id] = row
    return list(found.values())


# --- awards --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list: rows with their persons' masked names."""

    rows: list[Any]
    names: dict[int, str]
    total: int
    page: int

    @property
    def has_more(self) -> bool:
        """Whether a page follows."""
        return self.total > self.page * PAGE


def masked_names(person_ids: Iterable[int | None]) -> dict[int, str]:
    """Names as lists show them: residents masked, staff by work name (1 statement, none for nobody)."""
    wanted = {number for number in person_ids if number is not None}
    if not wanted:
        return {}
    found = personal.contacts(wanted, clear=False)
    return {number: contact.name for number, contact in found.items()}


def public_names(person_ids: Iterable[int]) -> dict[int, str]:
    """Names as everybody may see them: always masked (1 statement)."""
    rows = Person.objects.filter(pk__in=set(person_ids))
    return {row.pk: mask_name(personal.opened(row, "name") or row.display_name) for row in rows}


def _listed(rows: QuerySet[Any], page: int, person: str = "person_id") -> Listed:
    total = rows.count()
    page = max(1, min(page, -(-total // PAGE) or 1))
    found = list(rows[(page - 1) * PAGE : page * PAGE])
    return Listed(found, masked_names(getattr(row, person) for row in found), total, page)


def awards_seen(actor: Actor) -> QuerySet[Award]:
    """Awards of the actor's places, and those of lists that they handed in to a street from a place below it."""
    here = inside(actor)
    if actor.person_id is None or not here:
        return Award.objects.filter(here)
    above = {int(number) for path in actor.scopes(VIEW).place_paths for number in path.split(".")[:-1]}
    return Award.objects.filter(here | Q(source="listed", proposed_by_id=actor.person_id, place_id__in=above))


def awards_for(actor: Actor, state: str = "", page: int = 1) -> Listed:
    """Awards that the actor may see, those that wait longest first; else the newest (3 statements)."""
    rows = awards_seen(actor).select_related("rule", "place")
    if state:
        rows = rows.filter(state=state)
    return _listed(rows.order_by("pk" if state in (WAITING, TO_SETTLE) else "-pk"), page)


def award_for(actor: Actor, award_id: int) -> Award:
    """One award with its rule; missing and forbidden look alike."""
    row = (
        Award.objects.select_related("rule__rule_set", "place", "deed", "proposed_by", "decided_by")
        .filter(pk=award_id)
        .first()
    )
    if row is None:
        raise ObjectHidden(VIEW)
    if not awards_seen(actor).filter(pk=row.pk).exists():
        require(actor, VIEW, place_path=str(row.place.path), hidden=True)
    return row


def own_awards(person_id: int, page: int = 1) -> Listed:
    """What one's own deeds came to, newest first, also those without points (2 statements)."""
    rows = Award.objects.filter(person_id=person_id).select_related("rule__rule_set", "deed")
    rows = rows.order_by("-happened_on", "-pk")
    total = rows.count()
    page = max(1, min(page, -(-total // PAGE) or 1))
    return Listed(list(rows[(page - 1) * PAGE : page * PAGE]), {}, total, page)


# --- nominations and appeals ---------------------------------------------------------------------------------------


def nominations_for(actor: Actor, state: str = "", page: int = 1) -> Listed:
    """Nominations of the actor's places, oldest first (3 statements)."""
    rows = Nomination.objects.filter(inside(actor)).select_related("rule", "place")
    rows = rows.annotate(open=Count("objections", filter=Q(objections__answered_at=None)))
    return _listed((rows.filter(state=state) if state else rows).order_by("pk" if state else "-pk"), page)


def nomination_for(actor: Actor, nomination_id: int) -> Nomination:
    """One nomination; missing and forbidden look alike."""
    row = (
        Nomination.objects.select_related("rule__rule_set", "place", "reviewed_by", "decided_by")
        .filter(pk=nomination_id)
        .first()
    )
    if row is None:
        raise ObjectHidden(VIEW)
    require(actor, VIEW, place_path=str(row.place.path), hidden=True)
    return row


def photos_of(nomination_id: int) -> list[int]:
    """Photos of a nomination that are there still (1 statement)."""
    rows = Evidence.objects.filter(holder=HOLDER, holder_id=nomination_id, removed_at=None).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def may_see_photos(actor: Actor, nomination_id: int) -> bool:
    """Whether the actor may see the photos of a nomination: staff of its place (for `work.holders`)."""
    row = Nomination.objects.select_related("place").filter(pk=nomination_id).first()
    return row is not None and actor.is_staff and actor.may(VIEW, place_path=str(row.place.path))


def on_notice(district: PlaceRow | None) -> list[Nomination]:
    """What is on public notice now, the one that ends first at the top (1 statement)."""
    rows = Nomination.objects.filter(state=Nomination.NOTICE, notice_to__gte=timezone.localdate())
    if district is not None:
        rows = rows.filter(place__path__descendant_of=district.path)
    return list(rows.select_related("rule", "place").order_by("notice_to", "pk")[:200])


def noticed(nomination_id: int) -> Nomination:
    """One nomination that is or was on notice, for everybody. What was declined or withdrawn is shown no more."""
    row = Nomination.objects.select_related("rule", "place").filter(pk=nomination_id).first()
    if row is None or row.state not in (Nomination.NOTICE, Nomination.SECOND, Nomination.AWARDED) or not row.notice:
        raise ObjectHidden(VIEW)
    return row


def own_objections(nomination_id: int, person_id: int | None) -> list[Objection]:
    """What somebody said against a nomination, with the answers, also when it is shown no more (1 statement)."""
    if person_id is None:
        return []
    return list(Objection.objects.filter(nomination_id=nomination_id, person_id=person_id).order_by("pk"))


def own_running(person_ids: Sequence[int]) -> list[Nomination]:
    """Nominations of these persons that are not decided yet and on public notice (1 statement)."""
    rows = Nomination.objects.filter(person_id__in=person_ids, state__in=(Nomination.NOTICE, Nomination.SECOND))
    return list(rows.select_related("rule", "place").order_by("pk")[:20])


def honoured(place_id: int) -> list[Nomination]:
    """The list of honour of a place: by their own wish, newest first, no order of merit (1 statement)."""
    rows = Nomination.objects.filter(place_id=place_id, state=Nomination.AWARDED, honour_at__isnull=False)
    return list(rows.select_related("rule").order_by("-happened_on", "-pk")[:60])


def own_nominations(person_id: int) -> list[Nomination]:
    """Awarded nominations of a person: they may choose to stand in the list of honour (1 statement)."""
    return list(
        Nomination.objects.filter(person_id=person_id, state=Nomination.AWARDED)
        .select_related("rule")
        .order_by("-pk")[:20]
    )


def appeals_for(actor: Actor, state: str = "", page: int = 1) -> Listed:
    """Appeals of the actor's places, the one due first at the top (3 statements)."""
    rows = Appeal.objects.filter(inside(actor, field="award__place__path")).select_related(
        "award__rule", "award__place"
    )
    return _listed((rows.filter(state=state) if state else rows).order_by("due_on", "pk"), page)


def appeal_for(actor: Actor, appeal_id: int) -> Appeal:
    """One appeal; missing and forbidden look alike."""
    row = (
        Appeal.objects.select_related("award__rule__rule_set", "award__place", "decided_by")
        .filter(pk=appeal_id)
        .first()
    )
    if row is None:
        raise ObjectHidden(VIEW)
    require(actor, VIEW, place_path=str(row.award.place.path), hidden=True)
    return row


@dataclass(frozen=True, slots=True)
class ToDo:
    """How much waits for people, in the actor's places."""

    waiting: int = 0
    to_settle: int = 0
    nominations: int = 0
    notice: int = 0
    over: int = 0
    appeals: int = 0


def to_do(actor: Actor) -> ToDo:
    """The figures of the desk's page (3 statements)."""
    today = timezone.localdate()
    awards = awards_seen(actor).aggregate(
        waiting=Count("pk", filter=Q(state=WAITING)), to_settle=Count("pk", filter=Q(state=TO_SETTLE))
    )
    named = Nomination.objects.filter(inside(actor)).aggregate(
        nominations=Count("pk", filter=Q(state=Nomination.NEW)), notice=Count("pk", filter=Q(state=Nomination.NOTICE)),
        over=Count("pk", filter=Q(state=Nomination.SECOND) | Q(state=Nomination.NOTICE, notice_to__lt=today)),
    )  # fmt: skip
    appeals = Appeal.objects.filter(inside(actor, field="award__place__path"), state=Appeal.OPEN).count()
    return ToDo(**awards, **named, appeals=appeals)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the actor to decide, for the card on the desk; `due_on`: by when the first appeal is answered."""

    awards: int = 0
    nominations: int = 0
    appeals: int = 0
    due_on: date | None = None

    @property
    def all(self) -> int:
        """All of it together."""
        return self.awards + self.nominations + self.appeals


_REACH = "(%(everything)s OR p.path <@ ANY(%(scopes)s::ltree[]))"
_WAITING = f"""
SELECT (SELECT count(*) FROM awards_award a JOIN places_place p ON p.id = a.place_id
    WHERE a.state IN ('waiting', 'to_settle') AND {_REACH}),
  (SELECT count(*) FROM awards_nomination n JOIN places_place p ON p.id = n.place_id
    WHERE (n.state IN ('new', 'second') OR n.state = 'notice' AND n.notice_to < %(today)s) AND {_REACH}),
  o.count, o.due_on
FROM (SELECT count(*), min(l.due_on) AS due_on FROM awards_appeal l JOIN awards_award a ON a.id = l.award_id
  JOIN places_place p ON p.id = a.place_id WHERE l.state = 'open' AND {_REACH}) o
"""


def waiting_for(actor: Actor) -> Waiting:
    """The numbers of the card on the desk (1 statement; none for those who decide nothing)."""
    scopes = actor.scopes(CONFIRM)
    if scopes.empty:
        return Waiting()
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "everything": scopes.everything, "scopes": list(scopes.place_paths), "today": timezone.localdate(),
        }  # fmt: skip
        cursor.execute(_WAITING, values)
        return Waiting(*cursor.fetchone())


def objections_of(row: Nomination) -> Sequence[Any]:
    """What was said against a nomination, oldest first (1 statement)."""
    return list(row.objections.order_by("pk"))
