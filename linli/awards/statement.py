"""What a line of a statement of account was, in the words of the rule that gave it, and how it is taken back."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.awards import award_lists, awarding, deciding, selectors
from linli.awards.appealing import appeal_until
from linli.awards.models import Award
from linli.awards.models.awards import GRANTED, REVERSED, TO_SETTLE
from linli.awards.words import SOURCES, explain, reason_words
from linli.credits import correcting, explaining, words
from linli.credits.explaining import Explanation
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.work import holders, proofs
from linli.work.proofs import Proof
from linli.work.themes import theme_named

RULES, NOTICES = (
    Label("积分规则：做什么得多少分", "The rules: what earns points"),
    Label("好人好事公示", "Public notices"),
)
OWN = Label("每件事怎么计的分", "What each deed came to")


def title_of(award: Award) -> str:
    """What an award is called: its rule's title."""
    return award.rule.title if award.rule is not None else str(SOURCES[award.source].zh)


def theme_of(award: Award, language: str) -> str:
    """The kind of good deed, where the deed says so."""
    return theme_named(str(award.deed.facts.get("theme") or ""), language) if award.deed is not None else ""


def proofs_of(awards: Iterable[Award], actor: Actor, *, own: bool = False) -> dict[int, Proof]:
    """The records on which these awards rest, by award (a statement or two for each kind of deed)."""
    sources = {row.pk: (row.deed.source_type, row.deed.source_id) for row in awards if row.deed is not None}
    found = proofs.of(sources.values(), actor, own=own)
    return {number: found[source] for number, source in sources.items() if source in found}


def _said(awards: Iterable[Award]) -> dict[int, str]:
    return {row.pk: f"{title_of(row)} {row.happened_on:%Y-%m-%d}" for row in awards}


def by_award(ids: Iterable[int], language: str) -> dict[int, str]:
    """Awards by their number (1 statement)."""
    return _said(Award.objects.filter(pk__in=list(ids)).select_related("rule"))


def by_deed(ids: Iterable[int], language: str) -> dict[int, str]:
    """Awards by the number of their deed (1 statement)."""
    rows = list(Award.objects.filter(deed_id__in=list(ids)).select_related("rule"))
    said = _said(rows)
    return {row.deed_id: said[row.pk] for row in rows if row.deed_id is not None}


def _explained(award: Award | None) -> Explanation | None:
    if award is None:
        return None
    lines = [_("%(day)s，%(title)s。") % {"day": f"{award.happened_on:%Y-%m-%d}", "title": title_of(award)}]
    lines.append(explain(award.why))
    if award.state == REVERSED and award.reason:
        lines.append(_("后来更正，积分收回了。原因：%(reason)s") % {"reason": reason_words(award.reason)})
    rule_url = ""
    if award.rule is not None:
        lines.append(_("按第 %(n)d 版规则。规则后来改了，这一笔不变。") % {"n": award.rule.rule_set.version})
        rule_url = f"{reverse('awards:rules-of', args=[award.rule.rule_set.place_id])}#{award.rule_code}"
    open_still = timezone.localdate() <= appeal_until(award)
    appeal = reverse("awards:appeal", args=[award.pk]) if open_still else ""
    return Explanation(title_of(award), tuple(line for line in lines if line), rule_url, appeal)


def _award(**found: int) -> Award | None:
    return Award.objects.filter(**found).select_related("rule__rule_set").first()


def explain_award(source_id: int, person_id: int, language: str) -> Explanation | None:
    """Why an award stands in somebody's statement (1 statement)."""
    return _explained(_award(pk=source_id, person_id=person_id))


def explain_deed(source_id: int, person_id: int, language: str) -> Explanation | None:
    """The same by the deed (1 statement)."""
    return _explained(_award(deed_id=source_id, person_id=person_id))


def _take(rows: Iterable[Award], reason: str, actor: Actor) -> bool:
    for row in rows:
        if row.state not in (GRANTED, TO_SETTLE) or not awarding.took_back(row, reason, actor):
            return False
        awarding.mark_reversed(row, reason, actor, told=True)
    return True


@transaction.atomic
def take_award(source_id: int, reason: str, actor: Actor) -> bool:
    """Take a wrong award back from the office's side of the ledger; False when its points are spent."""
    return _take(Award.objects.select_for_update().filter(pk=source_id), reason, actor)


@transaction.atomic
def take_deed(source_id: int, reason: str, actor: Actor) -> bool:
    """The same by the deed."""
    return _take(Award.objects.select_for_update().filter(deed_id=source_id), reason, actor)


TAKEN_BACK: dict[str, Label] = {
    awarding.WITHDRAWN: Label("原来的记录更正或撤销了", "the record was corrected or withdrawn"),
    deciding.CORRECTION: Label("查实记错了", "found to be wrong"),
    award_lists.TAKEN_BACK: Label("名单撤回了", "the list was taken back"),
}
"""What a correction's line in a statement says, by the code that the ledger keeps."""


def install() -> None:
    """Tell the pages of the ledger, and who may see photos of nominations."""
    words.REASONS.update(TAKEN_BACK)
    holders.register(selectors.HOLDER, selectors.may_see_photos, address="/desk/points/nominations/{id}/")
    for name, said, told, taking in (
        ("award", by_award, explain_award, take_award), ("deed", by_deed, explain_deed, take_deed)
    ):  # fmt: skip
        words.register(name, said)
        explaining.register(name, told)
        correcting.register(name, taking)
    explaining.link(RULES, "awards:rules")
    explaining.link(OWN, "awards:own")
    explaining.link(NOTICES, "awards:notices")
