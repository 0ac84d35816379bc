"""Readers of double registration for pages: joined units by place, one unit with its members, what is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum

from linli.people.access import Actor, ObjectHidden
from linli.people.models import Organisation
from linli.volunteering.models import Concern, JoinedMember, JoinedUnit, QuarterFeedback, Service
from linli.volunteering.quarters import UnitFigures, confirmed_of, frozen, unit_figures
from linli.volunteering.registering import REGISTER
from linli.volunteering.rules import quarter_days
from linli.volunteering.selectors import VIEW, open_first, reach

UNITS_SHOWN, MEMBERS_SHOWN, CONCERNS_SHOWN, SERVICES_SHOWN = 2000, 200, 200, 1000
UNDER_WAY = (Concern.OPEN, Concern.CLAIMED, Concern.SOLVED)


@dataclass(slots=True)
class UnitLine:
    """A joined unit with what it did in a quarter, and the feedback once it is confirmed.

    `figures` are those of the records, or those that were confirmed; `changed`: the records say something else since.
    """

    row: JoinedUnit
    figures: UnitFigures
    feedback: QuarterFeedback | None
    changed: bool = False

    @classmethod
    def of(cls, row: JoinedUnit, now: UnitFigures, feedback: QuarterFeedback | None) -> UnitLine:
        """A unit with the figures that hold for the quarter."""
        if feedback is None:
            return cls(row, now, None)
        kept = frozen(feedback)
        return cls(row, kept, feedback, changed=kept != now)


def units(actor: Actor, year: int, quarter: int) -> list[UnitLine]:
    """The joined units of the actor's places with their quarter (3 statements, flat with their number)."""
    rows = list(
        JoinedUnit.objects.filter(reach(actor.scopes(VIEW)), until=None)
        .select_related("organisation", "place")
        .order_by("place__path", "organisation__pinyin", "pk")[:UNITS_SHOWN]
    )
    keys = [row.pk for row in rows]
    figures, feedback = unit_figures(keys, year, quarter), confirmed_of(keys, year, quarter)
    return [UnitLine.of(row, figures.get(row.pk, UnitFigures()), feedback.get(row.pk)) for row in rows]


def unit_for(actor: Actor, joined_id: int) -> JoinedUnit:
    """A joined unit the actor may see; hidden otherwise (1 statement)."""
    rows = JoinedUnit.objects.select_related("organisation", "place")
    row = rows.filter(reach(actor.scopes(VIEW)), pk=joined_id).first()
    if row is None or actor.scopes(VIEW).empty:
        raise ObjectHidden(VIEW)
    return row


def feedback_of(unit: JoinedUnit) -> list[QuarterFeedback]:
    """Its confirmed quarters, the latest first (1 statement)."""
    return list(unit.feedback.order_by("-year", "-quarter")[:20])


def services_of(unit: JoinedUnit, year: int, quarter: int) -> list[Service]:
    """The confirmed services that a unit's quarter counts, the latest first (1 statement)."""
    since, until = quarter_days(year, quarter)
    rows = Service.objects.filter(
        member__organisation_id=unit.organisation_id, member__place_id=unit.place_id, state=Service.CONFIRMED,
        happened_on__gte=since, happened_on__lte=until,
    )  # fmt: skip
    return list(rows.order_by("-happened_on", "-pk")[:SERVICES_SHOWN])


def _members_of(unit: JoinedUnit) -> QuerySet[JoinedMember]:
    return JoinedMember.objects.filter(organisation_id=unit.organisation_id, place_id=unit.place_id, until=None)


def members_of(unit: JoinedUnit) -> list[JoinedMember]:
    """The members of the unit joined to the same community, as many as a page shows (1 statement)."""
    return list(_members_of(unit).order_by("pk")[:MEMBERS_SHOWN])


def member_count(unit: JoinedUnit) -> int:
    """How many they are (1 statement)."""
    return _members_of(unit).count()


def member_of(unit: JoinedUnit, member_id: int) -> JoinedMember | None:
    """One of them (1 statement)."""
    return _members_of(unit).filter(pk=member_id).first()


@dataclass(slots=True)
class MemberLine:
    """A joined member with what they did in a quarter."""

    row: JoinedMember
    services: int
    minutes: int


@dataclass(slots=True)
class Members:
    """A page of joined members and how many there are."""

    lines: list[MemberLine]
    total: int
    page: int

    @property
    def has_more(self) -> bool:
        """Whether there is a next page."""
        return self.page * MEMBERS_SHOWN < self.total


def members(actor: Actor, year: int, quarter: int, *, unit_id: int | None = None, page: int = 1) -> Members:
    """Members joined to the communities where the actor registers, of a unit (0: of none) or of all (3 statements)."""
    rows = JoinedMember.objects.filter(reach(actor.scopes(REGISTER)), until=None)
    if unit_id is not None:
        rows = rows.filter(organisation_id=unit_id) if unit_id else rows.filter(organisation=None)
    total = rows.count()
    page = max(1, min(page, -(-total // MEMBERS_SHOWN) or 1))
    first = (page - 1) * MEMBERS_SHOWN
    shown = list(
        rows.select_related("place", "grid", "organisation").order_by("place__path", "organisation__pinyin", "pk")[
            first : first + MEMBERS_SHOWN
        ]
    )
    since, until = quarter_days(year, quarter)
    served = Service.objects.filter(
        member__in=[row.pk for row in shown], state=Service.CONFIRMED, happened_on__gte=since, happened_on__lte=until
    ).values("member_id").annotate(times=Count("pk"), total=Sum("minutes"))  # fmt: skip
    sums = {entry["member_id"]: (entry["times"], entry["total"]) for entry in served}
    return Members([MemberLine(row, *sums.get(row.pk, (0, 0))) for row in shown], total, page)


def member_for(actor: Actor, member_id: int) -> JoinedMember:
    """A member who is joined now, for whoever registers there; hidden otherwise (1 statement)."""
    rows = JoinedMember.objects.filter(reach(actor.scopes(REGISTER)), pk=member_id, until=None)
    row = rows.select_related("place").first()
    if row is None or actor.scopes(REGISTER).empty:
        raise ObjectHidden(REGISTER)
    return row


def concerns(actor: Actor, state: str = "") -> list[Concern]:
    """What residents ask for in the actor's places: under way, the oldest on top, then the latest (1 statement)."""
    rows = Concern.objects.filter(reach(actor.scopes(VIEW))).select_related("place", "organisation")
    if state:
        rows = rows.filter(state=state)
    return list(rows.order_by(*open_first(UNDER_WAY, "raised_on"))[:CONCERNS_SHOWN])


def concern_for(actor: Actor, concern_id: int) -> Concern:
    """One of them; hidden where the actor does not see the place (1 statement)."""
    rows = Concern.objects.filter(reach(actor.scopes(VIEW)), pk=concern_id)
    row = rows.select_related("place", "organisation").first()
    if row is None or actor.scopes(VIEW).empty:
        raise ObjectHidden(VIEW)
    return row


def offered_units() -> list[Organisation]:
    """Units that may be joined (1 statement)."""
    return list(Organisation.objects.filter(active=True).order_by("pinyin", "pk")[:UNITS_SHOWN])
