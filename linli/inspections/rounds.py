"""Writers of rounds: made once or by a series, given sites and teams, planned, changed, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from dateutil.rrule import rrulestr
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from linli.campaigns.models import Campaign
from linli.campaigns.selectors import campaign_for
from linli.inspections import coverage, unreached
from linli.inspections.batch import refuse
from linli.inspections.models import Round, RoundSeries, RoundSite, RoundTeam, RoundTeamMember
from linli.inspections.round_sites import add_sites
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.models import Organisation, Person
from linli.places.models import Place
from linli.standards.models import Node, Version
from linli.work.engine import StepRefused

PLAN = "inspection.plan"
TEAMS_MAX, DAYS_MAX = 60, 92
AHEAD = timedelta(days=2)
DONE = Label("这个点位已有记录。", "It has records already.")


@dataclass(frozen=True, slots=True)
class NewTeam:
    """A team of a round: where its day begins, its minutes, its members (persons)."""

    name: str
    longitude: float
    latitude: float
    minutes_per_day: int = 240
    organisation_id: int | None = None
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NewRound:
    """A round as it is asked for. `place_ids` limits where sites are looked for (areas, compounds, or roads)."""

    title: str
    place_id: int
    since: date
    until: date
    kind: str = Round.ONE_OFF
    theme: str = ""
    version_id: int | None = None
    criteria: tuple[int, ...] = ()
    place_ids: tuple[int, ...] = ()
    site_kinds: tuple[str, ...] = ()
    teams: tuple[NewTeam, ...] = ()
    minutes_per_visit: int = 10
    campaign_id: int | None = None
    synthetic: bool = False
    repeat: str = ""


def create_round(actor: Actor, new: NewRound, key: UUID) -> Round:
    """Make a round with its sites and teams; the same key again gives the same round.

    `repeat` (an RFC 5545 rule, "FREQ=WEEKLY") makes a series, of which this is the first round. Raises
    PermissionRefused (403), StepRefused (422) naming the field. At most 12 statements.
    """
    known = Round.objects.filter(key=key).first()
    place = Place.objects.filter(pk=new.place_id, active=True).first()
    require(actor, PLAN, place_path=str(place.path) if place else None)
    assert place is not None, "require refuses without a place"
    if known is not None:
        return known
    _check(new)
    campaign = _campaign(actor, new.campaign_id, new.kind if not new.repeat.strip() else Round.WEEKLY, str(place.path))
    paths = _paths(new, str(place.path))
    with transaction.atomic():
        series = _series(actor, new, paths) if new.repeat.strip() else None
        row = Round.objects.create(
            title=new.title.strip(), kind=Round.WEEKLY if series else new.kind, theme=new.theme.strip(), place=place,
            version_id=new.version_id, criteria=list(new.criteria), places=paths, site_kinds=list(new.site_kinds),
            since=new.since, until=new.until, series=series, campaign=campaign,
            minutes_per_visit=new.minutes_per_visit, synthetic=new.synthetic, created_by_id=actor.person_id, key=key,
        )  # fmt: skip
        found = add_sites(row, str(place.path))
        _add_teams(row, new.teams)
        record("inspection.round", actor_id=actor.person_id, subject=f"round:{row.pk}", sites=found)
    return row


def _check(new: NewRound) -> None:
    if not new.title.strip() or len(new.title.strip()) > 120:
        raise refuse("no_title", "title", "请给这次巡查起个名称（最多120字）。", "Give the round a name.")
    if new.until < new.since or (new.until - new.since).days >= DAYS_MAX:
        raise refuse("bad_period", "until", f"结束日期要在开始之后，最长{DAYS_MAX}天。", "Check the period.")
    if new.kind not in (Round.ONE_OFF, Round.WEEKLY, Round.CAMPAIGN, Round.SPECIAL):
        raise refuse("bad_kind", "kind", "请选择巡查类型。", "Choose the kind of round.")
    if not 1 <= new.minutes_per_visit <= 240:
        raise refuse("bad_minutes", "minutes_per_visit", "每个点位的时间应为1到240分钟。", "1 to 240 minutes.")
    if len(new.teams) > TEAMS_MAX:
        raise refuse("too_many_teams", "teams", f"最多{TEAMS_MAX}个小组。", f"At most {TEAMS_MAX} teams.")
    if new.version_id is not None and not Version.objects.filter(pk=new.version_id, state="published").exists():
        raise refuse("no_version", "version_id", "请选择已发布的标准。", "Choose a published standard.")
    check_teams(new.teams)
    _check_criteria(new)


def check_teams(teams: Sequence[NewTeam]) -> None:
    """Refuse (422) teams without a start or minutes, or with a unit or members that are not there (≤ 2 statements)."""
    for team in teams:
        if not (-180 <= team.longitude <= 180 and -90 <= team.latitude <= 90 and 1 <= team.minutes_per_day <= 1440):
            raise refuse(
                "bad_team", "teams", "请检查小组的出发点和时间。", "Check start point and minutes of the team."
            )
    units = {team.organisation_id for team in teams if team.organisation_id is not None}
    if units and Organisation.objects.filter(pk__in=units, active=True).count() != len(units):
        raise refuse("unknown_unit", "teams", "小组的单位已不在册，请重新选择。", "A team's unit is not there.")
    people = {person for team in teams for person in team.members}
    if people and Person.objects.filter(pk__in=people, appointments__isnull=False).distinct().count() != len(people):
        raise refuse("unknown_member", "teams", "组员须是在册的工作人员。", "Members have to be staff.")


def _check_criteria(new: NewRound) -> None:
    """Refuse (422) criteria that are not of the version (1 statement, none where none are named)."""
    chosen = set(new.criteria)
    if chosen and Node.objects.filter(pk__in=chosen, version=new.version_id, level=Node.CRITERION).count() != len(
        chosen
    ):
        raise refuse("unknown_criterion", "criteria", "所选标准不在这一版里。", "A criterion is not in the version.")


def _campaign(actor: Actor, campaign_id: int | None, kind: str, path: str) -> Campaign | None:
    """The campaign a round is to belong to: one the actor sees, whose area and the round's lie in each other."""
    if campaign_id is None:
        return None
    if kind not in (Round.CAMPAIGN, Round.SPECIAL):
        label = "只有专项行动和重点路段整治的巡查可以归到行动下。"
        raise refuse("bad_kind", "campaign_id", label, "Only rounds of a campaign or special rounds belong to one.")
    try:
        found = campaign_for(actor, campaign_id)
    except ObjectHidden as hidden:
        raise refuse(
            "no_campaign", "campaign_id", "没有这个行动，请重新选择。", "There is no such campaign."
        ) from hidden
    area, own = f"{found.place.path}.", f"{path}."
    if not (own.startswith(area) or area.startswith(own)):
        raise refuse("other_place", "campaign_id", "这个行动不在巡查的范围内。", "The campaign lies elsewhere.")
    return found


@transaction.atomic
def link_campaign(actor: Actor, round_id: int, campaign_id: int | None) -> Round:
    """Put a round under a campaign, or take it out (None); the same again changes nothing.

    Raises ObjectHidden (404), StepRefused (422) for a round of another kind or a campaign that lies elsewhere.
    """
    row = changing(actor, round_id)
    campaign = _campaign(actor, campaign_id, row.kind, str(row.place.path))
    if row.campaign != campaign:
        row.campaign = campaign
        row.save(update_fields=["campaign"])
        record("inspection.round", actor_id=actor.person_id, subject=f"round:{row.pk}", campaign=campaign_id or 0)
    return row


def _paths(new: NewRound, above: str) -> list[str]:
    if not new.place_ids:
        return []
    rows = Place.objects.filter(pk__in=new.place_ids, active=True).values_list("path", flat=True)
    found = sorted(str(path) for path in rows)
    if len(found) != len(set(new.place_ids)) or any(f"{path}.".startswith(f"{above}.") is False for path in found):
        raise refuse("bad_places", "place_ids", "所选地点不在本次巡查的范围内。", "A place lies outside the round.")
    return found


def _add_teams(row: Round, teams: Sequence[NewTeam]) -> None:
    made = RoundTeam.objects.bulk_create(
        RoundTeam(
            round=row, name=team.name.strip()[:80], organisation_id=team.organisation_id, longitude=team.longitude,
            latitude=team.latitude, minutes_per_day=team.minutes_per_day,
        )
        for team in teams
    )  # fmt: skip
    RoundTeamMember.objects.bulk_create(
        RoundTeamMember(team=kept, person_id=person)
        for kept, team in zip(made, teams, strict=True)
        for person in dict.fromkeys(team.members)
    )


def _series(actor: Actor, new: NewRound, paths: list[str]) -> RoundSeries:
    try:
        rrulestr(new.repeat.strip(), dtstart=datetime.combine(new.since, datetime.min.time()))
    except (ValueError, KeyError) as error:
        raise refuse(
            "bad_rule", "repeat", "重复规则不对，例如 FREQ=WEEKLY。", "Not a rule; e.g. FREQ=WEEKLY."
        ) from error
    return RoundSeries.objects.create(
        title=new.title.strip(), theme=new.theme.strip(), place_id=new.place_id, version_id=new.version_id,
        criteria=list(new.criteria), places=paths, site_kinds=list(new.site_kinds), rule=new.repeat.strip()[:200],
        since=new.since, days=(new.until - new.since).days + 1, teams=[asdict(team) for team in new.teams],
        created_by_id=actor.person_id,
    )  # fmt: skip


def make_due_rounds(today: date | None = None) -> int:
    """Make the rounds of all series that begin within two days; how many. Any number of workers: each once."""
    day = today or timezone.localdate()
    made = 0
    for series in (
        RoundSeries.objects.filter(active=True, since__lte=day + AHEAD).select_related("place").order_by("id")
    ):
        for since in _occurrences(series, day):
            made += _make_one(series, since)
    return made


def _occurrences(series: RoundSeries, day: date) -> list[date]:
    """Beginnings from one length of the series ago until soon: what was missed while nothing ran is not made up."""
    rule = rrulestr(series.rule, dtstart=datetime.combine(series.since, datetime.min.time()))
    first = datetime.combine(day - timedelta(days=series.days - 1), datetime.min.time())
    last = datetime.combine(day + AHEAD, datetime.min.time())
    found = [moment.date() for moment in rule.between(first, last, inc=True)]
    return [since for since in found if series.until is None or since <= series.until]


def _make_one(series: RoundSeries, since: date) -> int:
    with transaction.atomic():
        rows = Round.objects.bulk_create(
            [
                Round(
                    title=f"{series.title} {since.isoformat()}"[:120], kind=Round.WEEKLY, theme=series.theme,
                    place_id=series.place_id, version_id=series.version_id, criteria=series.criteria,
                    places=series.places, site_kinds=series.site_kinds, since=since,
                    until=since + timedelta(days=series.days - 1), series=series, created_by_id=series.created_by_id,
                )
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        row = Round.objects.filter(series=series, since=since, key=rows[0].key).first()
        if row is None:
            return 0
        add_sites(row, str(series.place.path))
        teams = [NewTeam(**{**team, "members": tuple(team["members"])}) for team in series.teams]
        _add_teams(row, teams)
        return 1


def changing(actor: Actor, round_id: int) -> Round:
    """The round, locked, for who may plan it; ObjectHidden (404) otherwise. In the caller's transaction."""
    row = Round.objects.select_for_update(of=("self",), no_key=True).select_related("place").filter(pk=round_id).first()
    if row is None:
        raise ObjectHidden(PLAN)
    require(actor, PLAN, place_path=str(row.place.path), hidden=True)
    return row


@transaction.atomic
def end_round(actor: Actor, round_id: int) -> Round:
    """End a round: what arrives later is a conflict to decide. Ending again changes nothing."""
    row = changing(actor, round_id)
    if row.state != Round.ENDED:
        row.state, row.ended_at = Round.ENDED, timezone.now()
        row.save(update_fields=["state", "ended_at"])
        record("inspection.round", actor_id=actor.person_id, subject=f"round:{row.pk}", ended=True)
    return row


@transaction.atomic
def set_site_state(actor: Actor, round_id: int, site_id: int, state: str, reason: str) -> RoundSite:
    """Say that a site is closed or could not be reached, and why; or that it is due again (`due`, no reason).

    A site with records stays done: StepRefused (409).
    """
    found = (
        RoundSite.objects.select_for_update(of=("self",)).select_related("site")
        .filter(round_id=round_id, site_id=site_id).first()
    )  # fmt: skip
    if found is None:
        raise ObjectHidden("inspection.record")
    require(actor, "inspection.record", place_path=str(found.site.path), hidden=True)
    if state not in (RoundSite.DUE, RoundSite.UNREACHABLE, RoundSite.CLOSED):
        raise refuse("bad_state", "state", "请选择未能到达、已关闭或待检查。", "Choose a state.")
    if state != RoundSite.DUE and not reason.strip():
        raise refuse("no_reason", "reason", "请写明原因。", "Say why.")
    if found.state == RoundSite.DONE:
        raise StepRefused("done", DONE, status=409)
    found.state, found.reason, found.version = state, reason.strip()[:200], found.version + 1
    found.save(update_fields=["state", "reason", "version"])
    unreached.note(actor, found, timezone.now())
    return found


@transaction.atomic
def drop_team(actor: Actor, round_id: int, team_id: int) -> bool:
    """A team drops out: its sites that are not done go back to nobody, and what was planned is planned again.

    Whether it is: where there was a plan, other teams are left and days too. A second call changes nothing.
    """
    row = changing(actor, round_id)
    if not RoundTeam.objects.filter(pk=team_id, round=row, active=True).update(active=False):
        return False
    RoundSite.objects.filter(round=row, team_id=team_id).exclude(state=RoundSite.DONE).update(
        team=None, position=None, planned_on=None, version=F("version") + 1
    )
    others = RoundTeam.objects.filter(round=row, active=True).exists()
    if row.planned_at is None or not others or row.until < timezone.localdate():
        return False
    request_plan(actor, round_id)
    return True


@transaction.atomic
def request_plan(actor: Actor, round_id: int) -> None:
    """Ask for a coverage plan of what is left of the round: a job searches for it, the page shows it when it is there.

    Raises ObjectHidden (404), StepRefused (422) without teams or days.
    """
    from linli.inspections.jobs import plan_round

    row = changing(actor, round_id)
    if not RoundTeam.objects.filter(round=row, active=True).exists():
        raise refuse("no_teams", "teams", "请先添加至少一个小组。", "Add at least one team first.")
    if row.state == Round.ENDED or row.until < timezone.localdate():
        raise refuse("no_days", "until", "巡查期已过。", "The period has passed.")
    plan_round.defer(round_id=row.pk)


def carry_out_plan(
    round_id: int, *, today: date | None = None, seconds: float = 45.0, iterations: int | None = None
) -> coverage.Plan:
    """Plan who visits which due site when, from today on, and store it. Done sites keep what they had.

    The search runs outside the transaction; sites that were done meanwhile are left alone. Sites the plan cannot
    reach keep the reason.
    """
    row = Round.objects.get(pk=round_id)
    teams = list(RoundTeam.objects.filter(round=row, active=True).order_by("id"))
    rows = RoundSite.objects.filter(round=row, state=RoundSite.DUE).select_related("site").order_by("site_id")
    sites = [coverage.DueSite(entry.site_id, entry.site.lon, entry.site.lat) for entry in rows]
    first = max(row.since, today or timezone.localdate())
    days = [first + timedelta(days=number) for number in range((row.until - first).days + 1)]
    found = coverage.plan(
        sites,
        [coverage.CoverageTeam(team.pk, team.longitude, team.latitude, team.minutes_per_day) for team in teams],
        days,
        minutes_per_visit=row.minutes_per_visit,
        seconds=seconds,
        iterations=iterations,
    )
    _store_plan(row.pk, found)
    return found


_STORE = """
UPDATE inspections_roundsite s SET team_id = v.team, planned_on = v.day, position = v.position, reason = v.reason,
  version = s.version + 1
FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::int[], %s::text[]) AS v(site, team, day, position, reason)
WHERE s.round_id = %s AND s.site_id = v.site AND s.state = 'due'
"""


@transaction.atomic
def _store_plan(round_id: int, found: coverage.Plan) -> None:
    rows: list[tuple[int, int | None, date | None, int | None, str]] = [
        (visit.site, visit.team, visit.day, visit.position, "") for visit in found.visits
    ]
    rows += [(left.site, None, None, None, left.reason) for left in found.left_out]
    rows.sort(key=lambda row: row[0])
    with connection.cursor() as cursor:
        if rows:
            cursor.execute(_STORE, [*(list(column) for column in zip(*rows, strict=True)), round_id])
    Round.objects.filter(pk=round_id).update(metres=found.metres, planned_at=timezone.now())
