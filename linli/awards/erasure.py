"""What awards hold of persons in words: stories and notices of nominations, objections, appeals.

The points themselves stay with the emptied row of the person: the ledger has to balance. What still waits to be
confirmed comes to nothing, an objection without words holds up nobody's decision. A nomination of somebody who is
erased loses its words, its photos and its place in the list of honour; texts that the person wrote about others
lose theirs too.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from linli.awards.models import Appeal, Award, Nomination, Objection
from linli.awards.models.awards import NONE, WAITING
from linli.awards.selectors import HOLDER
from linli.kernel.labels import Label
from linli.people import erasing, mentions
from linli.people.access import Actor
from linli.people.erasing import Held, Subject
from linli.work import erasure as files

LABEL = Label("积分的提名、异议和申诉", "Nominations, objections and appeals about points")
OPEN = (Nomination.NEW, Nomination.NOTICE, Nomination.SECOND)


def _nominations(subject: Subject) -> Q:
    return Q(person_id__in=subject.same) | Q(nominated_by_id__in=subject.same)


def count(subject: Subject) -> Held:
    """How many texts there are, and how many are still being worked on (3 statements)."""
    nominated = list(Nomination.objects.filter(_nominations(subject)).values_list("state", flat=True))
    objected = list(Objection.objects.filter(person_id__in=subject.same).values_list("answered_at", flat=True))
    appealed = list(Appeal.objects.filter(person_id__in=subject.same).values_list("state", flat=True))
    live = sum(state in OPEN for state in nominated) + objected.count(None) + appealed.count(Appeal.OPEN)
    return Held(len(nominated) + len(objected) + len(appealed), live)


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """Empty the texts; how many rows. What is still open ends: work without words cannot be done."""
    held = Nomination.objects.filter(_nominations(subject)).values_list("pk", flat=True)
    photos = files.erase_held(HOLDER, list(held))
    Nomination.objects.filter(_nominations(subject), state__in=OPEN).update(state=Nomination.WITHDRAWN)
    total = Nomination.objects.filter(_nominations(subject)).update(
        story="", witness="", notice="", reason="", honour_at=None
    )
    mine = Objection.objects.filter(person_id__in=subject.same)
    mine.filter(answered_at=None).update(upheld=False, answered_at=timezone.now(), answered_by_id=actor.person_id)
    total += mine.update(text="", answer="")
    Appeal.objects.filter(person_id__in=subject.same, state=Appeal.OPEN).update(state=Appeal.WITHDRAWN)
    total += Appeal.objects.filter(person_id__in=subject.same).update(text="", answer="")
    Award.objects.filter(person_id__in=subject.same, state=WAITING).update(
        state=NONE, points=0, why={"code": "left"}, decided_at=timezone.now()
    )
    worded = Award.objects.filter(~Q(reason="") | ~Q(witness=""), person_id__in=subject.same)
    worded.update(reason="", witness="")
    return total + photos + _in_others(subject)


def _in_others(subject: Subject) -> int:
    """Take the person's phone out of what others wrote; how many rows."""
    if not subject.phone:
        return 0
    total = 0
    wanted: Sequence[tuple[type[Nomination | Objection | Appeal | Award], tuple[str, ...]]] = (
        (Nomination, ("story", "witness", "notice", "reason")), (Objection, ("text", "answer")),
        (Appeal, ("text", "answer")), (Award, ("witness",)),
    )  # fmt: skip
    for model, names in wanted:
        found = Q()
        for name in names:
            found |= Q(**{f"{name}__contains": subject.phone})
        for row in model.objects.filter(found).select_for_update().order_by("pk"):
            for name in names:
                setattr(row, name, mentions.without(subject, getattr(row, name)))
            row.save(update_fields=list(names))
            total += 1
    return total


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("awards", count, erase, label=LABEL)
