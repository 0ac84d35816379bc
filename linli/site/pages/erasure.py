"""`/my/erasure/`: a resident reads what goes and what stays, asks to have their data erased, and can take it back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from linli.people import erasing
from linli.people.errors import PeopleProblem
from linli.people.models import Person
from linli.site.pages.common import actor_of, page, private
from linli.site.words import day, text


@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: HttpRequest) -> HttpResponse:
    """What goes, what stays, what is still being handled; one button to ask, one to take it back."""
    actor = actor_of(request)
    if actor.person_id is None:
        here = reverse("site:erasure")
        return HttpResponseRedirect(f"{reverse('people:login_phone')}?next={here}")
    problem, status = "", 200
    if request.method == "POST":
        try:
            if request.POST.get("action") == "take_back":
                erasing.take_back(actor)
            else:
                erasing.ask(actor, actor.person_id)
        except PeopleProblem as error:
            problem, status = error.text, error.status
        else:
            return private(HttpResponseRedirect(reverse("site:erasure")))
    person = Person.objects.get(pk=actor.person_id)
    held = erasing.held(erasing.subject_of(person)).values()
    wish = erasing.latest_of(person.pk)
    context = {
        "problem": problem,
        "total": sum(entry.total for entry in held),
        "live": sum(entry.live for entry in held),
        "wish": wish,
        "asked": day(wish.asked_at) if wish else "",
        "refusal": text(erasing.REFUSALS[wish.refusal]) if wish and wish.refusal else "",
    }
    return private(page(request, "erasure.html", context, status=status))
