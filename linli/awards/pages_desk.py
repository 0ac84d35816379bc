"""Staff pages: what waits, awards to confirm or settle, nominations with their notice, appeals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.awards import appealing, award_lists, deciding, nominating, selectors, words
from linli.awards.models import Appeal, Award, Nomination, Objection
from linli.awards.models.awards import GRANTED, TO_SETTLE, WAITING
from linli.awards.pages_common import language, number, page_of, text_of
from linli.awards.selectors import VIEW
from linli.awards.statement import proofs_of, theme_of, title_of
from linli.people.gates import actor_on, staff_page
from linli.work.engine import StepRefused

CONFIRM, PROPOSE, CORRECT, RULES = "awards.confirm", "awards.propose", "credits.correct", "awards.rules"


@staff_page(VIEW)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """`/desk/points/`: what waits for people, and where everything is."""
    actor = actor_on(request)
    own = actor.scopes(PROPOSE)
    ground = "" if own.everything else min(own.place_paths, key=len, default="")
    context = {
        "to_do": selectors.to_do(actor), "may_import": actor.may_somewhere(PROPOSE),
        "import_closed": award_lists.why_closed(ground) if actor.may_somewhere(PROPOSE) else "",
        "may_ledger": actor.may_somewhere("credits.view"), "may_stickers": actor.may_somewhere("awards.stickers"),
    }  # fmt: skip
    return render(request, "awards/desk_overview.html", context)


def _tabs(labels: Mapping[str, Any], chosen: str) -> list[dict[str, Any]]:
    return [{"slug": slug, "label": label.text(language()), "on": slug == chosen} for slug, label in labels.items()]


def _state(request: HttpRequest, labels: Mapping[str, Any]) -> str:
    wanted = request.GET.get("state", "")
    return wanted if wanted in labels else ""


@staff_page(VIEW)
@require_safe
def awards(request: HttpRequest) -> HttpResponse:
    """Awards of one's places, by state; each opens with its reason."""
    state = _state(request, words.STATES)
    listed = selectors.awards_for(actor_on(request), state, page_of(request))
    lines = [
        {"row": row, "title": title_of(row), "name": listed.names.get(row.person_id, ""),
         "state": words.STATES[row.state].text(language())}
        for row in listed.rows
    ]  # fmt: skip
    context = {"lines": lines, "listed": listed, "tabs": _tabs(words.STATES, state), "state": state}
    return render(request, "awards/desk_awards.html", context)


def _acted(request: HttpRequest, acts: Mapping[str, Callable[[], object]]) -> StepRefused | None:
    """Do what the button says; what stands in the way, if anything does."""
    act = acts.get(text_of(request, "act"))
    if act is None:
        return deciding.refused("no_act", "请选择要做什么。", "Choose what to do.")
    try:
        act()
    except StepRefused as refusal:
        return refusal
    messages.success(request, _("已办好。"))
    return None


@staff_page(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def award(request: HttpRequest, award_id: int) -> HttpResponse:
    """One award: why these points, and what a person may decide about it."""
    actor = actor_on(request)
    refusal: StepRefused | None = None
    if request.method == "POST":
        reason = text_of(request, "reason")
        refusal = _acted(request, {
            "confirm": lambda: deciding.confirm(actor, award_id),
            "decline": lambda: deciding.decline(actor, award_id, reason),
            "reverse": lambda: deciding.reverse(actor, award_id, reason),
            "leave": lambda: deciding.leave_be(actor, award_id, reason),
        })  # fmt: skip
        if refusal is None:
            return redirect("awards:award", award_id)
    row = selectors.award_for(actor, award_id)
    path = str(row.place.path)
    names = selectors.masked_names([row.person_id, row.proposed_by_id, row.decided_by_id, row.reversed_by_id])
    context = {
        "row": row, "title": title_of(row), "why": words.explain(row.why), "names": names, "refusal": refusal,
        "name": names.get(row.person_id, ""), "proposed": names.get(row.proposed_by_id or 0, ""),
        "decided": names.get(row.decided_by_id or 0, ""), "reversed": names.get(row.reversed_by_id or 0, ""),
        "reason": words.reason_words(row.reason),
        "state": words.STATES[row.state].text(language()), "source": words.SOURCES[row.source].text(language()),
        "amount": words.amount(row.rule.unit if row.rule else "piece", row.quantity),
        "may_confirm": row.state == WAITING and actor.may(CONFIRM, place_path=path),
        "may_reverse": row.state in (GRANTED, TO_SETTLE) and actor.may(CORRECT, place_path=path),
        "may_leave": row.state == TO_SETTLE and actor.may(CORRECT, place_path=path),
        "typed": text_of(request, "reason"), "theme": theme_of(row, language()),
        "proof": proofs_of([row], actor).get(row.pk),
    }  # fmt: skip
    return render(request, "awards/desk_award.html", context, status=refusal.status if refusal else 200)


@staff_page(VIEW)
@require_safe
def nominations(request: HttpRequest) -> HttpResponse:
    """Nominations of one's places, by state."""
    state = _state(request, words.NOMINATION_STATES)
    listed = selectors.nominations_for(actor_on(request), state, page_of(request))
    lines = [
        {"row": row, "name": listed.names.get(row.person_id, ""),
         "state": words.NOMINATION_STATES[row.state].text(language())}
        for row in listed.rows
    ]  # fmt: skip
    context = {"lines": lines, "listed": listed, "tabs": _tabs(words.NOMINATION_STATES, state), "state": state,
               "today": timezone.localdate()}  # fmt: skip
    return render(request, "awards/desk_nominations.html", context)


@staff_page(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def nomination(request: HttpRequest, nomination_id: int) -> HttpResponse:
    """One nomination: the story, the public text, objections, and the next step."""
    actor = actor_on(request)
    refusal: StepRefused | None = None
    if request.method == "POST":
        refusal = _acted(request, {
            "notice": lambda: nominating.put_on_notice(actor, nomination_id, text_of(request, "notice")),
            "decline": lambda: nominating.decline(actor, nomination_id, text_of(request, "reason")),
            "award": lambda: nominating.award(actor, nomination_id),
            "answer": lambda: _answer(request, nomination_id),
        })  # fmt: skip
        if refusal is None:
            return redirect("awards:nomination", nomination_id)
    row = selectors.nomination_for(actor, nomination_id)
    names = selectors.masked_names([row.person_id, row.nominated_by_id, row.reviewed_by_id, row.decided_by_id])
    over = row.notice_to is not None and timezone.localdate() > row.notice_to
    context = {
        "row": row, "name": names.get(row.person_id, ""), "nominator": names.get(row.nominated_by_id or 0, ""),
        "state": words.NOMINATION_STATES[row.state].text(language()), "lines": words.rule_lines(row.rule),
        "objections": selectors.objections_of(row), "over": over, "refusal": refusal,
        "may_confirm": actor.may(CONFIRM, place_path=str(row.place.path)),
        "reviewer": names.get(row.reviewed_by_id or 0),
        "decider": names.get(row.decided_by_id or 0), "typed_notice": text_of(request, "notice") or row.notice,
        "open": row.state in (Nomination.NEW, Nomination.NOTICE, Nomination.SECOND),
        "days": row.rule.rule_set.notice_days, "photos": selectors.photos_of(row.pk),
    }  # fmt: skip
    return render(request, "awards/desk_nomination.html", context, status=refusal.status if refusal else 200)


def _answer(request: HttpRequest, nomination_id: int) -> Objection:
    found = number(text_of(request, "objection")) or 0
    if not Objection.objects.filter(pk=found, nomination_id=nomination_id).exists():
        raise deciding.refused("no_objection", "没有这条异议。", "There is no such objection.", "objection")
    upheld = text_of(request, "upheld") == "1"
    return nominating.answer(actor_on(request), found, text_of(request, "answer"), upheld=upheld)


@staff_page(VIEW)
@require_safe
def appeals(request: HttpRequest) -> HttpResponse:
    """Appeals of one's places, the one due first at the top."""
    state = _state(request, words.APPEAL_STATES)
    listed = selectors.appeals_for(actor_on(request), state, page_of(request))
    lines = [
        {"row": row, "title": title_of(row.award), "name": listed.names.get(row.person_id, ""),
         "state": words.APPEAL_STATES[row.state].text(language())}
        for row in listed.rows
    ]  # fmt: skip
    context = {"lines": lines, "listed": listed, "tabs": _tabs(words.APPEAL_STATES, state), "state": state,
               "today": timezone.localdate()}  # fmt: skip
    return render(request, "awards/desk_appeals.html", context)


@staff_page(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """One appeal: what was decided, what the person says, the answer."""
    actor = actor_on(request)
    refusal: StepRefused | None = None
    if request.method == "POST":
        refusal = _acted(request, {
            "grant": lambda: _decide(request, appeal_id, number(text_of(request, "points")) or 0, grants=True),
            "deny": lambda: _decide(request, appeal_id, 0, grants=False),
        })  # fmt: skip
        if refusal is None:
            return redirect("awards:desk-appeal", appeal_id)
    row = selectors.appeal_for(actor, appeal_id)
    award: Award = row.award
    names = selectors.masked_names([row.person_id, row.decided_by_id])
    full = int(award.why.get("full") or 0)
    context = {
        "row": row, "award": award, "title": title_of(award), "why": words.explain(award.why), "refusal": refusal,
        "name": names.get(row.person_id, ""), "decider": names.get(row.decided_by_id or 0, ""),
        "state": words.APPEAL_STATES[row.state].text(language()), "reason": words.reason_words(award.reason),
        "award_state": words.STATES[award.state].text(language()),
        "may_decide": row.state == Appeal.OPEN and actor.may(CONFIRM, place_path=str(award.place.path)),
        "suggested": text_of(request, "points") or (full - award.points if award.state == GRANTED else full) or "",
        "typed": text_of(request, "answer"),
    }  # fmt: skip
    return render(request, "awards/desk_appeal.html", context, status=refusal.status if refusal else 200)


def _decide(request: HttpRequest, appeal_id: int, points: int, *, grants: bool) -> Appeal:
    if grants and points < 1:
        raise deciding.refused("bad_number", "请填补多少分。", "Say how many points.", "points")
    return appealing.decide(actor_on(request), appeal_id, text_of(request, "answer"), points=points)
