"""Writers of what changes while a round runs: its teams; that a series ends; that a round whose days are over ends."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from linli.inspections.batch import refuse
from linli.inspections.models import Round, RoundSeries, RoundTeam, RoundTeamMember
from linli.inspections.rounds import TEAMS_MAX, NewTeam, changing, check_teams
from linli.people.access import Actor, ObjectHidden
from linli.people.audit import record

GRACE = timedelta(days=3)
"""So long after its last day phones may still send what they recorded in time; then a round ends by itself."""


@transaction.atomic
def save_team(
    actor: Actor, round_id: int, team_id: int | None, new: NewTeam, *, also_series: bool = False
) -> RoundTeam:
    """Change a team of a round, or add one (`team_id` None): its name, start, minutes, members; again: no change.

    `also_series`: later rounds of the series begin with the teams as they now are. What is planned stays until it is
    planned again. Raises ObjectHidden (404) for a round or team that is not the actor's, StepRefused (409, 422).
    """
    row = changing(actor, round_id)
    if row.state == Round.ENDED:
        raise refuse("ended", "team", "这次巡查已结束，小组不能再改。", "The round has ended.")
    if not new.name.strip():
        raise refuse("no_name", "name", "请写小组的名称。", "Give the team a name.")
    check_teams([new])
    teams = RoundTeam.objects.select_for_update().filter(round=row, active=True)
    team = teams.filter(pk=team_id).first() if team_id is not None else teams.filter(name=new.name.strip()[:80]).first()
    if team is None and team_id is not None:
        raise ObjectHidden("inspection.plan")
    if team is None and teams.count() >= TEAMS_MAX:
        raise refuse("too_many_teams", "teams", f"最多{TEAMS_MAX}个小组。", f"At most {TEAMS_MAX} teams.")
    team = team or RoundTeam(round=row)
    team.name, team.organisation_id = new.name.strip()[:80], new.organisation_id
    team.longitude, team.latitude, team.minutes_per_day = new.longitude, new.latitude, new.minutes_per_day
    team.save()
    team.members.exclude(person_id__in=new.members).delete()
    known = set(team.members.values_list("person_id", flat=True))
    RoundTeamMember.objects.bulk_create(
        RoundTeamMember(team=team, person_id=person) for person in dict.fromkeys(new.members) if person not in known
    )
    if also_series and row.series_id is not None:
        RoundSeries.objects.filter(pk=row.series_id).update(teams=_teams_of(row))
    record("inspection.round", actor_id=actor.person_id, subject=f"round:{row.pk}", team=team.pk)
    return team


def _teams_of(row: Round) -> list[dict[str, object]]:
    teams = RoundTeam.objects.filter(round=row, active=True).prefetch_related("members").order_by("id")
    return [
        asdict(NewTeam(
            team.name, team.longitude, team.latitude, team.minutes_per_day, team.organisation_id,
            tuple(member.person_id for member in team.members.all()),
        ))
        for team in teams
    ]  # fmt: skip


@transaction.atomic
def stop_series(actor: Actor, round_id: int) -> bool:
    """The series of a round makes no more rounds; those that are there stay. Whether it made some until now."""
    row = changing(actor, round_id)
    if row.series_id is None:
        raise refuse("no_series", "series", "这次巡查不重复。", "The round does not come again.")
    stopped = RoundSeries.objects.filter(pk=row.series_id, active=True).update(active=False)
    if stopped:
        record("inspection.round", actor_id=actor.person_id, subject=f"round:{row.pk}", series_stopped=row.series_id)
    return bool(stopped)


def end_past_rounds(today: date | None = None) -> int:
    """End the rounds whose last day lies more than `GRACE` back; how many. By any number of workers: each once."""
    day = (today or timezone.localdate()) - GRACE
    with transaction.atomic():
        rows = Round.objects.select_for_update(skip_locked=True).filter(until__lt=day).exclude(state=Round.ENDED)
        ended = [row.pk for row in rows.order_by("pk")[:500]]
        Round.objects.filter(pk__in=ended).update(state=Round.ENDED, ended_at=timezone.now())
        for round_id in ended:
            record("inspection.round", actor_id=None, subject=f"round:{round_id}", ended=True, by="date")
    return len(ended)
