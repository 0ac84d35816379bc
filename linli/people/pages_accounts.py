"""Staff pages: what the security administrator does to accounts, to one or to those of an import."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from linli.people import accounts, selectors, services
from linli.people.access import Actor
from linli.people.errors import PeopleProblem
from linli.people.gates import actor_on, needs
from linli.people.models import Person
from linli.people.pages_staff import described, person_seen, told
from linli.places.snapshot import PlaceSnapshot, place_snapshot

AT_ONCE = 30
"""How many accounts are opened at once: each first password takes a twentieth of a second to keep."""


@never_cache
@needs("people.appoint")
@require_POST
def account_action(request: HttpRequest, person_id: int, action: str) -> HttpResponse:
    """One member of staff: change name or phone, open an account, a new password, no second factor, close, reopen."""
    row = person_seen(request, person_id)
    actor, problem = actor_on(request), None
    try:
        if action == "change":
            name, number = request.POST.get("name", ""), request.POST.get("phone", "").strip()
            services.change_staff(actor, row.pk, name=name, phone=number or None)
        else:
            first = _act(actor, row, action, request.POST.get("username", ""))
            if first is not None:
                context = {"person": row, "username": first[0], "password": first[1]}
                return render(request, "people/first_password.html", context)
    except PeopleProblem as error:
        problem = error
    told(request, problem, _("已办理。"))
    return redirect("people:person", person_id=row.pk)


def _act(actor: Actor, row: Person, action: str, username: str) -> tuple[str, str] | None:
    """Do it; user name and first password where there is a new one. 404 where there is nothing to do it to."""
    if action == "open":
        made, password = accounts.create_account(actor, row, username)
        return made.username, password
    user = selectors.account_of(row)
    if user is None:
        raise Http404
    if action in ("reset-password", "reopen"):
        act = accounts.reset_password if action == "reset-password" else accounts.reopen_account
        secret = act(actor, user)
        return user.username, secret
    if action == "remove-second-factor":
        accounts.remove_second_factor(actor, user)
    elif action == "close":
        accounts.close_account(actor, user)
    else:
        raise Http404
    return None


def _shown(row: Person, places: PlaceSnapshot) -> dict[str, Any]:
    return {"row": row, "held": described(row.current, places)}  # type: ignore[attr-defined]


@never_cache
@needs("people.appoint")
@require_http_methods(["GET", "POST"])
def open_accounts(request: HttpRequest) -> HttpResponse:
    """Accounts for staff in office who have none (an import brings people, not passwords), some at a time."""
    actor = actor_on(request)
    waiting, places = selectors.without_account(actor), place_snapshot()
    status = 200
    if request.method == "POST":
        keys = [int(key) for key in request.POST.getlist("person") if key.isdecimal() and len(key) < 18]
        made = accounts.open_accounts(actor, list(waiting.filter(pk__in=keys)[:AT_ONCE]))
        if made:
            shown = [{**_shown(row, places), "username": name, "password": password} for row, name, password in made]
            return render(request, "people/first_passwords.html", {"made": shown, "left": waiting.count()})
        messages.warning(request, _("没有选中人员，或者他们已经有账号。"))
        status = 422
    people = list(waiting[:AT_ONCE])
    names = accounts.free_usernames(people)
    context = {
        "people": [{**_shown(row, places), "username": names[row.pk]} for row in people],
        "total": waiting.count(),
        "at_once": AT_ONCE,
    }
    return render(request, "people/open_accounts.html", context, status=status)
