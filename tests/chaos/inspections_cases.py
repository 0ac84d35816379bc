"""One call of every writing service of inspections on the small world."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from linli.campaigns import services as campaigns
from linli.inspections import (
    dissuasion,
    letters,
    mutual_rechecks,
    mutual_services,
    promises,
    round_changes,
    rounds,
    visits,
)
from linli.inspections.batch import Batch, NewProblem, NewUnreached
from linli.inspections.models import DissuasionTheme, MutualCheck, Round
from linli.inspections.services import record_batch, resolve_conflict
from linli.inspections.setup import setup
from tests.chaos.assessment_cases import campaign_wanted
from tests.inspections.conftest import Patrol, at, patrolled
from tests.support.world import SOUTH, STEP, WEST, World

Act = Callable[[], Any]
Case = Callable[[World], Act]
KEY = uuid.UUID(int=77)


def _on_patrol(act: Callable[[Patrol], Act]) -> Case:
    return lambda world: act(patrolled(world))


# --- Rounds and what phones record --------------------------------------------------------------------------------


def _create(patrol: Patrol) -> Act:
    day, team = timezone.localdate(), rounds.NewTeam("一组", WEST + STEP, SOUTH)
    wanted = rounds.NewRound("每周查", patrol.world.places["east"].pk, day, day, repeat="FREQ=WEEKLY", teams=(team,))
    return lambda: rounds.create_round(patrol.world.actor("community"), wanted, KEY)


def _end(patrol: Patrol) -> Act:
    return lambda: rounds.end_round(patrol.world.actor("community"), patrol.round.pk)


def _link_campaign(patrol: Patrol) -> Act:
    """The round becomes one of a campaign that acts in its grid."""
    director = patrol.world.actor("director")
    campaign = campaigns.create(director, campaign_wanted(patrol.world), key="linked")
    Round.objects.filter(pk=patrol.round.pk).update(kind=Round.CAMPAIGN)
    return lambda: rounds.link_campaign(director, patrol.round.pk, campaign.pk)


def _site_state(patrol: Patrol) -> Act:
    site = patrol.sites[0].pk
    return lambda: rounds.set_site_state(patrol.world.actor("grid"), patrol.round.pk, site, "closed", "拆了")


def _drop_team(patrol: Patrol) -> Act:
    rounds.carry_out_plan(patrol.round.pk, iterations=20)
    team = patrol.round.teams.get().pk
    return lambda: rounds.drop_team(patrol.world.actor("community"), patrol.round.pk, team)


def _save_team(patrol: Patrol) -> Act:
    """Somebody else goes, from another place."""
    team, west = patrol.round.teams.get().pk, patrol.world.actor("grid2").person_id
    assert west is not None
    new = rounds.NewTeam("第一组", WEST + STEP, SOUTH, 180, None, (west,))
    return lambda: round_changes.save_team(patrol.world.actor("community"), patrol.round.pk, team, new)


def _stop_series(patrol: Patrol) -> Act:
    day = timezone.localdate()
    wanted = rounds.NewRound("每周查", patrol.world.places["east"].pk, day, day, repeat="FREQ=WEEKLY")
    made = rounds.create_round(patrol.world.actor("community"), wanted, KEY)
    return lambda: round_changes.stop_series(patrol.world.actor("community"), made.pk)


def _plan(patrol: Patrol) -> Act:
    return lambda: rounds.carry_out_plan(patrol.round.pk, iterations=20)


def _record(patrol: Patrol) -> Act:
    """A pass with words, a finding, one to be decided, a site that could not be looked at, a problem on the way."""
    ticks = (
        patrol.tick(words="很干净"),
        patrol.tick(1, result="fail", finding=patrol.problem(handling="hand_over")),
        patrol.tick(2, observed_at=at(2)),
    )
    away = (NewUnreached(uuid.UUID(int=79), patrol.round.pk, patrol.sites[3].pk, "门锁着", at(1)),)
    area = patrol.world.places["east_grid1"].pk
    met = (NewProblem(uuid.UUID(int=80), area, at(-0.1), patrol.problem(client_key=uuid.UUID(int=81)), "路边有垃圾"),)
    return lambda: record_batch(patrol.world.actor("grid"), Batch("phone", ticks, away, met), "key")


def _resolve(patrol: Patrol) -> Act:
    failing = patrol.tick(1, result="fail", observed_at=at(2), words="垃圾", finding=patrol.problem())
    conflict = patrol.send(failing).outcomes[0].conflict_id
    assert conflict
    return lambda: resolve_conflict(patrol.world.actor("grid"), conflict, "store")


# --- Promises -----------------------------------------------------------------------------------------------------


def _give(patrol: Patrol) -> Any:
    world = patrol.world
    return promises.give_responsibility(
        world.actor("community"), world.places["east_grid1"].pk, organisation_id=world.units["housing"].pk,
        since=timezone.localdate() - timedelta(days=3), key=KEY,
    )  # fmt: skip


def _end_given(patrol: Patrol) -> Act:
    row = _give(patrol)
    return lambda: promises.end_responsibility(patrol.world.actor("community"), row.pk, timezone.localdate())


def _sign(patrol: Patrol) -> Any:
    return promises.sign_agreement(
        patrol.world.actor("grid"), patrol.sites[1].pk, ["clean", "order"], signed_on=timezone.localdate(), key=KEY
    )


def _check(patrol: Patrol) -> Act:
    row, kept = _sign(patrol), {"clean": True, "order": False}
    return lambda: promises.check_agreement(patrol.world.actor("grid"), row.pk, kept, "门口堆货", key=KEY)


def _end_agreement(patrol: Patrol) -> Act:
    row = _sign(patrol)
    return lambda: promises.end_agreement(patrol.world.actor("grid"), row.pk, timezone.localdate() + timedelta(days=1))


def _mutual(patrol: Patrol) -> int:
    ids = [site.pk for site in patrol.sites if site.site_kind == "shop"]
    return mutual_services.begin_mutual_checks(patrol.world.actor("grid"), ids, "互查", timezone.localdate(), key=KEY)


def _mutual_row(patrol: Patrol) -> int:
    _mutual(patrol)
    return MutualCheck.objects.filter(batch=KEY).order_by("pk")[0].pk


def _record_mutual(patrol: Patrol) -> Act:
    row = _mutual_row(patrol)
    return lambda: mutual_services.record_mutual_check(patrol.world.actor("grid"), row, False, "灭火器过期")


def _again(patrol: Patrol) -> int:
    """A check that found something to mend, and is told."""
    row = _mutual_row(patrol)
    mutual_services.record_mutual_check(patrol.world.actor("grid"), row, False, "灭火器过期")
    mutual_services.tell_checked_shop(patrol.world.actor("grid"), row)
    return row


def _recheck_day(patrol: Patrol) -> Act:
    row, day = _again(patrol), timezone.localdate() + timedelta(days=3)
    return lambda: mutual_rechecks.set_recheck_day(patrol.world.actor("grid"), row, day)


def _mended(patrol: Patrol) -> Act:
    row = _again(patrol)
    return lambda: mutual_rechecks.say_mended(patrol.world.actor("grid"), row)


def _recheck(patrol: Patrol) -> Act:
    row = _again(patrol)
    return lambda: mutual_rechecks.record_recheck(patrol.world.actor("grid"), row, 1, False, "还没换")


def _tell_shop(patrol: Patrol) -> Act:
    row = _mutual_row(patrol)
    mutual_services.record_mutual_check(patrol.world.actor("grid"), row, True)
    return lambda: mutual_services.tell_checked_shop(patrol.world.actor("grid"), row)


def _plan_visits(patrol: Patrol) -> Act:
    day, place = timezone.localdate(), patrol.world.places["east"].pk
    return lambda: visits.plan_visits(patrol.world.actor("community"), place, "冬季走访", day, day, 30, key=KEY)


def _visit(patrol: Patrol) -> Act:
    place, follow = patrol.world.places["east_grid1"].pk, patrol.problem()
    return lambda: visits.record_visit(
        patrol.world.actor("grid"), place, kind="home", outcome="met", words="灯不亮", follow_up=follow, key=KEY
    )


def _urge(patrol: Patrol) -> Any:
    world = patrol.world
    return letters.urge(
        world.actor("community"), world.places["east"].pk, world.units["property"].pk, "请清理楼道",
        timezone.localdate(), key=KEY,
    )  # fmt: skip


def _reply(patrol: Patrol) -> Act:
    row = _urge(patrol)
    return lambda: letters.record_reply(patrol.world.actor("property"), row.pk, "已清理")


def _print_letter(patrol: Patrol) -> Act:
    row = _urge(patrol)
    return lambda: letters.print_letter(patrol.world.actor("community"), row)


# --- Dissuasion ---------------------------------------------------------------------------------------------------


def _theme() -> int:
    return DissuasionTheme.objects.order_by("pk")[0].pk


def _add_theme(patrol: Patrol) -> Act:
    return lambda: dissuasion.add_theme(patrol.world.actor("community"), patrol.world.places["east"].pk, "高空抛物")


def _switch_theme(patrol: Patrol) -> Act:
    return lambda: dissuasion.switch_theme(patrol.world.actor("director"), _theme(), active=False)


def _plan_dissuasion(patrol: Patrol) -> Act:
    day, place = timezone.localdate(), patrol.world.places["east"].pk
    return lambda: dissuasion.plan_round(patrol.world.actor("community"), place, _theme(), "劝导月", day, day, key=KEY)


def _dissuade(patrol: Patrol) -> Any:
    world = patrol.world
    return dissuasion.record_dissuasion(
        world.actor("grid"), world.places["east_grid1"].pk, _theme(), 3, leaflets=5, words="主人当场拴绳", key=KEY
    )


def _correct(patrol: Patrol) -> Act:
    row, key = _dissuade(patrol), uuid.UUID(int=78)
    return lambda: dissuasion.correct(patrol.world.actor("grid"), row.pk, 4, 5, "数错了", key=key)


CASES: dict[str, Case] = {
    "inspections.setup.setup": lambda world: setup,
    "inspections.rounds.create_round": _on_patrol(_create),
    "inspections.rounds.end_round": _on_patrol(_end),
    "inspections.rounds.link_campaign": _on_patrol(_link_campaign),
    "inspections.rounds.set_site_state": _on_patrol(_site_state),
    "inspections.rounds.drop_team": _on_patrol(_drop_team),
    "inspections.rounds.carry_out_plan": _on_patrol(_plan),
    "inspections.round_changes.save_team": _on_patrol(_save_team),
    "inspections.round_changes.stop_series": _on_patrol(_stop_series),
    "inspections.services.record_batch": _on_patrol(_record),
    "inspections.services.resolve_conflict": _on_patrol(_resolve),
    "inspections.promises.give_responsibility": _on_patrol(lambda patrol: lambda: _give(patrol)),
    "inspections.promises.end_responsibility": _on_patrol(_end_given),
    "inspections.promises.sign_agreement": _on_patrol(lambda patrol: lambda: _sign(patrol)),
    "inspections.promises.end_agreement": _on_patrol(_end_agreement),
    "inspections.promises.check_agreement": _on_patrol(_check),
    "inspections.mutual_services.begin_mutual_checks": _on_patrol(lambda patrol: lambda: _mutual(patrol)),
    "inspections.mutual_services.record_mutual_check": _on_patrol(_record_mutual),
    "inspections.mutual_services.tell_checked_shop": _on_patrol(_tell_shop),
    "inspections.mutual_rechecks.set_recheck_day": _on_patrol(_recheck_day),
    "inspections.mutual_rechecks.say_mended": _on_patrol(_mended),
    "inspections.mutual_rechecks.record_recheck": _on_patrol(_recheck),
    "inspections.visits.plan_visits": _on_patrol(_plan_visits),
    "inspections.visits.record_visit": _on_patrol(_visit),
    "inspections.letters.urge": _on_patrol(lambda patrol: lambda: _urge(patrol)),
    "inspections.letters.record_reply": _on_patrol(_reply),
    "work.printing.held.print_held": _on_patrol(_print_letter),
    "inspections.dissuasion.add_theme": _on_patrol(_add_theme),
    "inspections.dissuasion.switch_theme": _on_patrol(_switch_theme),
    "inspections.dissuasion.plan_round": _on_patrol(_plan_dissuasion),
    "inspections.dissuasion.record_dissuasion": _on_patrol(lambda patrol: lambda: _dissuade(patrol)),
    "inspections.dissuasion.correct": _on_patrol(_correct),
}
