"""A person's own pages: what each deed came to and why, appeals, and whether to stand in the list of honour."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.awards import appealing, nominating, selectors, words
from linli.awards.appealing import appeal_until
from linli.awards.models import Appeal, Award
from linli.awards.models.awards import WAITING
from linli.awards.pages_common import language, own_page, page_of, text_of
from linli.awards.statement import proofs_of, title_of
from linli.people import personal
from linli.people.access import ObjectHidden
from linli.people.gates import actor_on
from linli.places.home import frame
from linli.work.engine import StepRefused


@own_page
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """`/points/awards/`: each deed with its points, or why it has none (7 statements, one for each kind of deed)."""
    actor = actor_on(request)
    person_id = actor.person_id or 0
    listed = selectors.own_awards(person_id, page_of(request))
    shown = {row.pk: row for row in listed.rows}
    appeals = {
        row.award_id: row
        for row in Appeal.objects.filter(award__in=listed.rows).order_by("pk")
        if appealing.speaks_of(shown[row.award_id], row)
    }
    today, proofs = timezone.localdate(), proofs_of(listed.rows, actor, own=True)
    lines = [
        {
            "row": row, "title": title_of(row), "proof": proofs.get(row.pk), "why": words.explain(row.why),
            "reason": words.reason_words(row.reason), "state": words.STATES[row.state].text(language()),
            "appeal": appeals.get(row.pk),
            "may_appeal": row.pk not in appeals and row.state != WAITING and today <= appeal_until(row),
        }
        for row in listed.rows
    ]  # fmt: skip
    context = {
        **frame(request), "lines": lines, "listed": listed, "nominations": selectors.own_nominations(person_id),
        "running": selectors.own_running(personal.same_phone_ids(person_id)),
        "appeal_states": {slug: label.text(language()) for slug, label in words.APPEAL_STATES.items()},
    }  # fmt: skip
    return render(request, "awards/own.html", context)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, award_id: int) -> HttpResponse:
    """`/points/awards/<id>/appeal/`: say why one disagrees; the answer stands on the same page."""
    actor = actor_on(request)
    award = Award.objects.select_related("rule__rule_set").filter(pk=award_id, person_id=actor.person_id or 0).first()
    if award is None:
        raise ObjectHidden(nominating.TAKE_PART)
    refusal: StepRefused | None = None
    if request.method == "POST":
        try:
            if text_of(request, "act") == "withdraw":
                for row in award.appeals.filter(state=Appeal.OPEN):
                    appealing.withdraw(actor, row.pk)
                return redirect("awards:own")
            appealing.appeal(actor, award.pk, text_of(request, "text"))
            messages.success(request, _("收到了您的申诉，由另一位工作人员答复。"))
            return redirect("awards:appeal", award.pk)
        except StepRefused as problem:
            refusal = problem
    known = next((row for row in award.appeals.order_by("-pk") if appealing.speaks_of(award, row)), None)
    context = {
        **frame(request), "award": award, "title": title_of(award), "why": words.explain(award.why),
        "reason": words.reason_words(award.reason), "appeal": known, "until": appeal_until(award), "refusal": refusal,
        "state": words.STATES[award.state].text(language()), "today": timezone.localdate(),
        "appeal_state": words.APPEAL_STATES[known.state].text(language()) if known else "",
        "typed": text_of(request, "text"), "waiting": award.state == WAITING,
    }  # fmt: skip
    return render(request, "awards/appeal.html", context, status=refusal.status if refusal else 200)


@own_page
@require_POST
def step_aside(request: HttpRequest, nomination_id: int) -> HttpResponse:
    """Not to be named: the nomination ends and leaves the public notice."""
    try:
        nominating.step_aside(actor_on(request), nomination_id)
    except StepRefused as refusal:
        messages.error(request, refusal.label.text(language()))
    else:
        messages.success(request, _("已撤下，不再公示。"))
    return redirect("awards:own")


@own_page
@require_POST
def honour(request: HttpRequest, nomination_id: int) -> HttpResponse:
    """Stand in the list of honour with a masked name, or no more: the person's own wish."""
    nominating.wish_honour(actor_on(request), nomination_id, wanted=text_of(request, "wanted") == "1")
    return redirect("awards:own")
