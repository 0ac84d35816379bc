"""Door-front agreements (门前五包) on the desk: who has signed, what is kept, signing and checking on foot."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.desk import typed
from linli.desk.pages_responsibilities import UPWARD, crumbs_of, place_kind
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.inspections import agreement_selectors as selectors
from linli.inspections import promises
from linli.inspections.reading import PAGE, VIEW
from linli.inspections.sheets import agreement_sheet, check_sheet
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, require, require_somewhere
from linli.people.errors import PeopleProblem
from linli.people.gates import actor_on
from linli.places.kinds import SHOP_KINDS, SITE_KINDS
from linli.places.snapshot import PlaceRow, PlaceSnapshot
from linli.work.engine import StepRefused
from linli.work.printing.sheets import PDF


def duty_words(codes: list[str] | None) -> list[str]:
    """Duties in words."""
    tongue = language()
    return [promises.DUTIES[code].text(tongue) if code in promises.DUTIES else code for code in codes or ()]


def shows() -> dict[str, str]:
    """The parts of the list of shops."""
    return {
        "": _("全部商户"), "with": _("已签"), "without": _("没签"), "failing": _("有没做到的"),
        "unchecked": _("30天没查"),
    }  # fmt: skip


def kind_choices() -> list[tuple[str, str]]:
    """The kinds of shops."""
    return [(slug, SITE_KINDS[slug].text(language())) for slug in SHOP_KINDS]


def _unchecked(today: date) -> date:
    return today - timedelta(days=selectors.UNCHECKED_AFTER_DAYS)


def _wanted(request: HttpRequest, actor: Actor, places: PlaceSnapshot) -> tuple[PlaceRow, selectors.Wanted]:
    place = typed.place_within(actor, VIEW, whole_number(request.GET.get("place", "")), places)
    show, kind = request.GET.get("show", ""), request.GET.get("kind", "")
    return place, selectors.Wanted(
        place.path, show if show in selectors.SHOWS else "", kind if kind in SHOP_KINDS else "",
        request.GET.get("q", "").strip()[:60], typed.page_in(request),
    )  # fmt: skip


@staff
@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    """Shops by street and grid with their agreement or without; every number opens its list. ≤ 4 statements."""
    actor, places, today = actor_on(request), typed.places_now(), timezone.localdate()
    place, wanted = _wanted(request, actor, places)
    parts = selectors.parts(actor, wanted, place.depth + 1, today, _unchecked(today))
    rows = selectors.shops(actor, wanted, today, _unchecked(today))
    for row in rows:
        row["what"] = place_kind("site", row["site_kind"])
        row["failing_words"] = duty_words(row["failing"])
    kept = {"kind": wanted.kind, "q": wanted.words}
    numbers = {
        "": sum(part.total for part in parts), "with": sum(part.signed for part in parts),
        "without": sum(part.total - part.signed for part in parts), "failing": sum(part.failing for part in parts),
        "unchecked": sum(part.unchecked for part in parts),
    }  # fmt: skip
    names = shows()
    share = f"{round(numbers['with'] * 100 / numbers[''])} %" if numbers[""] else ""
    context = {
        "place": place, "crumbs": crumbs_of(place, places, actor), "wanted": wanted, "kinds": kind_choices(),
        "tiles": [
            {"number": numbers[show], "label": name, "url": _address(place.id, show, kept),
             "tone": "red" if show == "failing" and numbers[show] else "", "note": share if show == "with" else ""}
            for show, name in names.items() if show
        ],
        "total": numbers[""], "all_url": _address(place.id, "", kept),
        "parts": [_part(part, places.get(part.place_id), kept) for part in parts] if place.kind != "grid" else [],
        "rows": rows[:PAGE], "has_more": len(rows) > PAGE, "list_name": names[wanted.show],
        "count": numbers[wanted.show], "may_promise": actor.may_somewhere(promises.PROMISE),
    }  # fmt: skip
    return render(request, "desk/agreements.html", context)


def _address(place_id: int, show: str, kept: dict[str, str]) -> str:
    query = {"place": str(place_id), "show": show, **kept}
    return f"{reverse('desk:agreements')}?{urlencode({name: value for name, value in query.items() if value})}#list"


def _part(part: selectors.Part, row: PlaceRow | None, kept: dict[str, str]) -> dict[str, Any]:
    deeper = row is not None and row.kind in UPWARD
    urls = {show or "all": _address(part.place_id or 0, show, kept) if deeper else "" for show in selectors.SHOWS}
    return {
        "name": row.name if row is not None else "—", "urls": urls if deeper else {},
        "cells": [
            (part.signed, urls["with"], f"{round(part.signed * 100 / part.total)} %"),
            (part.total - part.signed, urls["without"], ""), (part.failing, urls["failing"], ""),
        ],
    }  # fmt: skip


@staff
@require_http_methods(["GET", "POST"])
def new_agreement(request: HttpRequest) -> HttpResponse:
    """Sign with a shop, or renew; what was typed stays when it is refused."""
    actor = actor_on(request)
    require_somewhere(actor, promises.PROMISE)
    sent = request.POST
    site_id = whole_number(sent.get("site", "") or request.GET.get("site", ""))
    shop = selectors.shop_of(actor, site_id or 0, promises.PROMISE)
    problem = None
    if request.method == "POST":
        try:
            row = promises.sign_agreement(
                actor, shop.pk, sent.getlist("duties"), signer=sent.get("signer", ""),
                organisation_id=typed.unit_meant(sent.get("unit", "")),
                signed_on=typed.day_in(sent.get("signed_on", ""), "signed_on"), key=typed.key_of(request),
            )  # fmt: skip
        except (StepRefused, PeopleProblem) as error:
            problem = typed.problem_of(error)
        else:
            messages.success(request, _("已登记门前五包。"))
            return redirect("desk:agreement", agreement_id=row.pk)
    before = selectors.agreements_of(shop.pk)
    chosen = sent.getlist("duties") if sent else list(promises.DUTIES)
    context = {
        "shop": shop, "what": place_kind("site", shop.site_kind), "problem": problem, "typed": sent,
        "key": sent.get("key") or str(uuid.uuid4()), "before": before[0] if before else None,
        "place_name": typed.places_now().full_name(shop.parent_id, "street"),
        "duties": [(code, label.text(language()), code in chosen) for code, label in promises.DUTIES.items()],
        "signed_on": sent.get("signed_on") or timezone.localdate().isoformat(),
        "today": timezone.localdate().isoformat(),
    }  # fmt: skip
    return render(request, "desk/agreement_new.html", context, status=problem.status if problem else 200)


@staff
@require_safe
def agreement(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """One agreement: its duties as seen last, every check of this door, earlier agreements. ≤ 6 statements."""
    actor, today, places = actor_on(request), timezone.localdate(), typed.places_now()
    row = selectors.agreement(actor, agreement_id)
    checks = selectors.checks(row["site_id"])
    for check in checks:
        check["failing_words"] = duty_words(check["failing"])
    others = [other for other in selectors.agreements_of(row["site_id"]) if other["id"] != row["id"]]
    duties = selectors.duties(agreement_id)
    for duty in duties:
        duty["word"] = duty_words([duty["duty"]])[0]
    context = {
        "row": row, "what": place_kind("site", row["site_kind"]), "duties": duties, "checks": checks, "others": others,
        "running": row["until"] is None or row["until"] > today, "today": today,
        "crumbs": [up for up in places.ancestors(row["parent_id"]) if up.kind in UPWARD],
        "may_promise": actor.may(promises.PROMISE, place_path=row["path"]),
    }  # fmt: skip
    return render(request, "desk/agreement.html", context)


@staff
@require_http_methods(["GET", "POST"])
def check_agreement(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """At the door: one tap when all was kept, else what was not. ≤ 5 statements to show."""
    actor = actor_on(request)
    row = selectors.agreement(actor, agreement_id)
    require(actor, promises.PROMISE, place_path=row["path"])
    duties = selectors.duties(agreement_id)
    codes = [duty["duty"] for duty in duties]
    sent, problem = request.POST, None
    if request.method == "POST":
        broken = set() if sent.get("all") else set(sent.getlist("broken"))
        try:
            if not broken and not sent.get("all"):
                raise typed.refused(
                    "broken", "请勾选没做到的，或点“全部做到”。", "Tick what was not kept, or tap All kept."
                )
            kept = {code: code not in broken for code in codes}
            promises.check_agreement(actor, agreement_id, kept, sent.get("words", ""), key=typed.key_of(request))
        except StepRefused as refusal:
            problem = typed.problem_of(refusal)
        else:
            messages.success(request, _("已记录检查。"))
            return redirect("desk:agreement", agreement_id=agreement_id)
    for duty in duties:
        duty["word"] = duty_words([duty["duty"]])[0]
    context = {
        "row": row, "duties": duties, "problem": problem, "key": sent.get("key") or str(uuid.uuid4()), "typed": sent,
        "broken": sent.getlist("broken"), "failing": [duty for duty in duties if duty["kept"] is False],
    }  # fmt: skip
    return render(request, "desk/agreement_check.html", context, status=problem.status if problem else 200)


@staff
@require_POST
def end_agreement(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """It no longer holds from a day on; it stays readable."""
    actor = actor_on(request)
    require(actor, promises.PROMISE, place_path=selectors.agreement(actor, agreement_id)["path"])
    try:
        until = typed.day_in(request.POST.get("until", ""), "until")
        promises.end_agreement(actor, agreement_id, until)
        messages.success(request, _("已结束，记录保留。"))
    except StepRefused as refusal:
        messages.error(request, refusal.label.text(language()))
    return redirect("desk:agreement", agreement_id=agreement_id)


@staff
@require_safe
def agreement_pdf(request: HttpRequest, site_id: int) -> HttpResponse:
    """The agreement of a shop on paper: filled in where it has signed, else to be signed."""
    shop = selectors.shop_of(actor_on(request), site_id)
    return HttpResponse(agreement_sheet(shop, timezone.localdate()), content_type=PDF)


@staff
@require_safe
def checks_pdf(request: HttpRequest) -> HttpResponse:
    """The doors of a list on paper, to be ticked on foot (a page of the list: 50)."""
    actor, places, today = actor_on(request), typed.places_now(), timezone.localdate()
    place, wanted = _wanted(request, actor, places)
    rows = selectors.shops(actor, wanted, today, _unchecked(today))[:PAGE]
    return HttpResponse(check_sheet(place.name, rows, today), content_type=PDF)
