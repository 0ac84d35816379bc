"""The teams of a round on the desk: who goes with which, from where, for how long a day."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.campaigns.choices import Group, Offered
from linli.desk.pages_rounds import found_place
from linli.desk.shell import staff
from linli.desk.typed import refused
from linli.desk.wording import language
from linli.inspections import round_changes, rounds, selectors, team_selectors
from linli.inspections.models import Round
from linli.inspections.rounds import NewTeam
from linli.inspections.team_selectors import TeamShown
from linli.kernel.numbers import whole_number
from linli.people.access import ObjectHidden, require
from linli.people.gates import actor_on
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused

NEW = "new"
MINUTES = 240


@staff
@require_http_methods(["GET", "POST"])
def round_teams(request: HttpRequest, round_id: int) -> HttpResponse:
    """All teams with their members; one of them, or a new one, in a form. What was typed stays when it is refused."""
    actor = actor_on(request)
    row = selectors.round_of(actor, round_id)
    require(actor, rounds.PLAN, place_path=row["place_path"], hidden=True)
    teams = team_selectors.teams_of(round_id)
    wanted = request.POST.get("team") or request.GET.get("team", "")
    team = next((one for one in teams if str(one.id) == wanted), None)
    if wanted not in ("", NEW) and team is None:
        raise ObjectHidden(rounds.PLAN)
    problem = ""
    if request.method == "POST":
        try:
            saved = _save(request, row, team)
        except StepRefused as refusal:
            problem = refusal.label.text(language())
        else:
            messages.success(request, _("“%(name)s”已保存，组员的手机上就能看到。") % {"name": saved})
            return redirect("desk:round_teams", round_id=round_id)
    context = {
        "row": row, "teams": teams, "team": team, "editing": bool(wanted) and row["state"] != Round.ENDED,
        "problem": problem, "typed": _typed(request, team), "new": NEW,
    }  # fmt: skip
    if context["editing"]:
        context["offered"] = _offered(request, row["place_path"], team)
    return render(request, "desk/round_teams.html", context, status=422 if problem else 200)


def _typed(request: HttpRequest, team: TeamShown | None) -> dict[str, Any]:
    if request.method == "POST":
        return {name: request.POST.get(name, "") for name in ("name", "start", "minutes", "also_series")}
    if team is None:
        return {"name": "", "start": "", "minutes": MINUTES, "also_series": "1"}
    return {"name": team.name, "start": "", "minutes": team.minutes, "also_series": "1"}


def _offered(request: HttpRequest, path: str, team: TeamShown | None) -> Offered:
    """Who may record there, by place; whoever is in the team stays offered."""
    members = dict(team.members) if team is not None else {}
    ticked = set(request.POST.getlist("members")) if request.method == "POST" else {str(one) for one in members}
    groups: dict[str, Group] = {}
    for person in team_selectors.recorders(path):
        members.pop(person["id"], None)
        group = groups.setdefault(person["group"], Group(person["group"]))
        about = person["unit"] if person["group"] == person["place"] else person["place"]
        called = f"{person['name']} · {about}" if about else person["name"]
        group.choices.append((person["id"], called, str(person["id"]) in ticked))
    if members:
        others = Group(_("其他组员"), [(one, name, str(one) in ticked) for one, name in members.items()])
        return Offered([others, *groups.values()])
    return Offered(list(groups.values()))


def _save(request: HttpRequest, row: dict[str, Any], team: TeamShown | None) -> str:
    """Store what was typed; the team's name. An empty start keeps the one there is."""
    sent = request.POST
    minutes = whole_number(sent.get("minutes", "")) or 0
    start = sent.get("start", "").strip()
    at = (team.longitude, team.latitude) if team is not None and not start else _start(start, row["place_id"])
    members = tuple(number for text in sent.getlist("members") if (number := whole_number(text)) is not None)
    new = NewTeam(sent.get("name", ""), at[0], at[1], minutes, None, members)
    team_id = team.id if team is not None else None
    saved = round_changes.save_team(
        actor_on(request), row["id"], team_id, new, also_series=bool(sent.get("also_series"))
    )
    return saved.name


def _start(words: str, above: int) -> tuple[float, float]:
    found = place_snapshot(registry_versions()).get(found_place(words, above) if words else above)
    if found is None or found.lon is None or found.lat is None:
        raise refused("start", "请写一个有位置的出发地点。", "Name a start that has a position.")
    return found.lon, found.lat
