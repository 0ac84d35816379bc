"""Staff pages of joined members (在职人员报到): who joined where they live, whatever unit they are from.

The quarter by unit goes to their employers as counts.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.kernel.numbers import page_number, whole_number
from linli.people.access import Actor
from linli.people.gates import actor_on, staff_page
from linli.places.snapshot import PlaceRow
from linli.volunteering import exporting, joined_selectors, joining, lines, pages_common, quarters, vocabulary
from linli.volunteering.joining import COMMUNITY_KINDS, NewMember
from linli.volunteering.pages import XLSX
from linli.volunteering.pages_common import file, tried, words_of
from linli.volunteering.pages_joined import quarter_asked, quarter_name, quarters_offered, service_of
from linli.volunteering.refusing import refused
from linli.volunteering.registering import REGISTER
from linli.volunteering.rules import hours_text
from linli.work.engine import StepRefused
from linli.work.services import new_key
from linli.work.themes import THEMES

SPOTS_MAX = 300


def spots(actor: Actor) -> list[tuple[int, str]]:
    """Communities where the actor registers, each with its grids where these are few: (id, words) to choose from."""
    known = pages_common.places()
    found = [row for row in pages_common.offered(actor, REGISTER, known) if row.kind in COMMUNITY_KINDS]
    grids = {row.id: [one for one in known.children(row.id) if one.kind == "grid" and one.active] for row in found}
    few = len(found) + sum(len(rows) for rows in grids.values()) <= SPOTS_MAX
    return [
        (row.id, row.name if row.kind in COMMUNITY_KINDS else f"\u3000{row.name}")
        for community in found
        for row in (community, *(grids[community.id] if few else ()))
    ]


@staff_page(REGISTER)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """`/desk/volunteers/members/`: members of the actor's communities, and the quarter by unit (≤ 9 statements)."""
    return _index(request)


def _index(request: HttpRequest, refusal: StepRefused | None = None, part: str = "") -> HttpResponse:
    actor = actor_on(request)
    year, quarter = quarter_asked(request)
    unit = whole_number(request.GET.get("unit"))
    found = joined_selectors.members(actor, year, quarter, unit_id=unit, page=page_number(request.GET.get("page")))
    names = lines.masked_names(line.row.person_id for line in found.lines)
    employers = quarters.employers(actor.scopes(REGISTER), year, quarter)
    context = {
        "found": found, "has_more": found.has_more, "page": found.page, "employers": employers, "unit": unit,
        "chosen": next((row for row in employers if (row.unit_id or 0) == unit), None),
        "lines": [
            {
                "row": line.row, "name": names[line.row.person_id].name or _("未留姓名"), "times": line.services,
                "hours": hours_text(line.minutes), "posts": vocabulary.all_said(vocabulary.ROLES, line.row.posts),
            }
            for line in found.lines
        ],
        "quarter": f"{year}-{quarter}", "period": quarter_name(year, quarter), "quarters": quarters_offered(),
        "spots": spots(actor), "units": joined_selectors.offered_units(), "today": timezone.localdate(),
        "roles": vocabulary.choices(vocabulary.ROLES), "themes": vocabulary.choices(THEMES), "key": new_key(),
        "problem": words_of(refusal) if refusal else "", "typed": request.POST if refusal else {}, "part": part,
        "tab": "joined",
    }  # fmt: skip
    return render(request, "volunteering/desk/members.html", context, status=refusal.status if refusal else 200)


@staff_page(REGISTER)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The quarter by unit as XLSX, for the employers: counts only."""
    year, quarter = quarter_asked(request)
    rows = quarters.employers(actor_on(request).scopes(REGISTER), year, quarter)
    return file(exporting.employers_xlsx(rows, quarter_name(year, quarter)), f"members-{year}-{quarter}.xlsx", XLSX)


@staff_page(REGISTER)
@require_POST
def change(request: HttpRequest, part: str) -> HttpResponse:
    """Join a member, take down a service of one, end a joining."""
    if part not in ("member", "service", "end"):
        raise Http404
    _done, refusal = tried(lambda: _changed(request, part))
    if refusal is not None:
        return _index(request, refusal, part)
    messages.success(request, _("已保存。"))
    return redirect(f"{reverse('volunteering:members')}?{request.GET.urlencode()}")


def _changed(request: HttpRequest, part: str) -> Any:
    actor, data = actor_on(request), request.POST
    if part == "member":
        return joining.join_member(actor, _wanted(request))
    member = joined_selectors.member_for(actor, whole_number(data.get("member")) or 0)
    return service_of(request, member) if part == "service" else joining.end_member(actor, member.pk)


def _wanted(request: HttpRequest) -> NewMember:
    """A member as typed; who chooses a grid joins its community, and helps in the grid."""
    data = request.POST
    spot: PlaceRow | None = pages_common.places().get(whole_number(data.get("place")))
    if spot is None:
        raise refused("no_community", "请选择社区。", "Choose a community.", "place")
    grid = spot.id if spot.kind == "grid" else None
    community = spot.parent_id if grid is not None else spot.id
    return NewMember(
        data.get("name", ""), data.get("phone", ""), community or 0, whole_number(data.get("organisation")),
        tuple(data.getlist("posts")), grid_id=grid,
    )  # fmt: skip
