"""What does not fit into the navigation of a phone, and the complaint entrance for staff."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.desk import menu
from linli.desk.pages_new import home_place
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.inspections.letter_selectors import may_read
from linli.people.access import anonymous
from linli.people.gates import actor_on
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.requests.reporting import Report
from linli.requests.services import Reported, report
from linli.work.engine import StepRefused
from linli.work.services import new_key

TOPICS = ("burden", "wrong", "unfair", "other")


def topics() -> list[tuple[str, str]]:
    """What a complaint can be about."""
    names = (_("重复填报、负担太重"), _("系统出错、不好用"), _("被不公平对待、被要求造假"), _("其他"))
    return list(zip(TOPICS, names, strict=True))


@staff
@require_safe
def more(request: HttpRequest) -> HttpResponse:
    """All staff pages in one list, grouped as in the side menu, those that the actor may open."""
    actor = actor_on(request)
    groups = menu.parts(actor, beside=True, letters=may_read(actor))
    return render(request, "desk/more.html", {"groups": groups})


@staff
@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    """Tell the district, which owns this instance, what burdens or wrongs; without a name unless one gives it.

    It becomes a protected report (举报): the duty officer sees it, nobody else sees who wrote it, and whoever wrote
    it follows it by the link, like any resident.
    """
    error = ""
    if request.method == "POST":
        try:
            made = _give(request)
        except StepRefused as refusal:
            error = refusal.label.text(language())
        else:
            link = request.build_absolute_uri(made.tracking_path)
            return render(request, "desk/feedback_given.html", {"made": made, "link": link})
    context = {"topics": topics(), "error": error, "text": request.POST.get("text", ""), "key": new_key()}
    return render(request, "desk/feedback.html", context, status=422 if error else 200)


def _give(request: HttpRequest) -> Reported:
    actor = actor_on(request)
    places = place_snapshot(registry_versions())
    district = places.ancestor_of_kind(home_place(actor, places), "district")
    by_name = bool(request.POST.get("by_name"))
    topic = dict(topics()).get(request.POST.get("topic", ""), _("其他"))
    text = request.POST.get("text", "").strip()
    wanted = Report(
        kind="report",
        words=f"【{topic}】{text}" if text else "",
        title=_("工作人员意见：%(topic)s") % {"topic": topic},
        place_id=district.id if district else None,
        anonymous=not by_name,
        contact_name=actor.name if by_name else "",
    )
    return report(anonymous(language()), wanted, key=request.POST.get("key", ""), device="staff-feedback")
