"""What campaigns hold of persons: at most a contact in what an office wrote, as title, goal, or why an item belongs.

The text of the office stays; the phone in it goes, and the name too once whoever decides has confirmed it. Results hold
nothing of persons: they are read from records of other rooms, which erase their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import get_language

from linli.campaigns.models import Campaign, CampaignItem
from linli.kernel.labels import Label
from linli.people import erasing, mentions
from linli.people.access import Actor
from linli.people.erasing import Doubt, Held, Subject

LABEL = Label("专项行动的文字", "Texts of campaigns")
EDIT = "campaigns.edit"
_REASONS = (
    "(SELECT string_agg(concat_ws(' ', t.reason, t.untied_reason), ' ') FROM campaigns_campaignitem t"
    " WHERE t.campaign_id = c.id)"
)
_TEXT = f"concat_ws(' ', c.title, c.goal, {_REASONS})"


def _find(subject: Subject, where: str) -> list[tuple[int, str, str]]:
    """Campaigns with their area and goal (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, p.path::text, c.title FROM campaigns_campaign c JOIN places_place p ON p.id = c.place_id"
            f" WHERE {where} ORDER BY c.id",
            mentions.values(subject),
        )
        return [(number, path, title) for number, path, title in cursor.fetchall()]


def count(subject: Subject) -> Held:
    """Campaigns in whose texts the person's phone stands (1 statement)."""
    return Held(len(_find(subject, mentions.numbered(_TEXT))))


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """Take the phone out of the texts; how many campaigns."""
    found = [number for number, _path, _title in _find(subject, mentions.numbered(_TEXT))]
    for row in Campaign.objects.filter(pk__in=found).select_for_update().order_by("pk"):
        row.title = mentions.without(subject, row.title)[:120]
        row.goal = mentions.without(subject, row.goal, name=True)
        row.save(update_fields=["title", "goal"])
    for tied in CampaignItem.objects.filter(campaign_id__in=found).select_for_update().order_by("pk"):
        tied.reason = mentions.without(subject, tied.reason, name=True)[:200]
        tied.untied_reason = mentions.without(subject, tied.untied_reason, name=True)[:200]
        tied.save(update_fields=["reason", "untied_reason"])
    return len(found)


def doubts(subject: Subject, actor: Actor) -> list[Doubt]:
    """Campaigns whose texts bear the name only, where the actor may edit (1 statement)."""
    label = LABEL.text(get_language() or "zh-hans")
    where = f"{mentions.named(_TEXT)} AND NOT {mentions.numbered(_TEXT)}"
    return [
        Doubt(f"campaign:{number}:{subject.searched_name}", f"{label} · {title}", title)
        for number, path, title in _find(subject, where)
        if actor.may(EDIT, place_path=path)
    ]


def erase_doubts(refs: Sequence[str], actor: Actor, reason: str) -> int:
    """Take the confirmed name out of the texts; how many campaigns."""
    for ref in refs:
        _slug, number, name = ref.split(":", 2)
        row = Campaign.objects.select_for_update().get(pk=int(number))
        row.title = row.title.replace(name, mentions.GONE)[:120]
        row.goal = row.goal.replace(name, mentions.GONE)
        row.save(update_fields=["title", "goal"])
        for tied in CampaignItem.objects.filter(campaign=row).select_for_update().order_by("pk"):
            tied.reason = tied.reason.replace(name, mentions.GONE)[:200]
            tied.untied_reason = tied.untied_reason.replace(name, mentions.GONE)[:200]
            tied.save(update_fields=["reason", "untied_reason"])
    return len(refs)


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("campaigns", count, erase, label=LABEL, doubts=doubts, erase_doubts=erase_doubts)
