"""What assessments hold of persons: words said with an indicator task, and photos in packs that were made before.

A task belongs to a unit, so it stays; of its history go the texts that the person wrote or in which their phone stands.
Links to evidence hold no words. A pack is a copy of what stood there when it was made: one that holds a photo which was
erased since is removed, and can be made again without it.
"""

from __future__ import annotations

import uuid

from django.db import connection, transaction
from django.db.models import Q

from linli.assessment.models import AuditPack
from linli.assessment.packing import file_name
from linli.assessment.workflow import KIND
from linli.kernel.labels import Label
from linli.people import erasing, mentions
from linli.people.access import Actor
from linli.people.erasing import Held, Subject
from linli.work import erasure, storage

WORDS_LABEL = Label("指标任务中的说明", "Words in indicator tasks")
PACKS_LABEL = Label("含已删照片的迎检资料包", "Audit packs with erased photos")

_WORDS = f"""
SELECT e.item_id, e.id FROM work_event e JOIN work_item i ON i.id = e.item_id JOIN work_eventtext t ON t.event_id = e.id
WHERE i.kind = '{KIND}' AND t.texts IS NOT NULL
  AND (e.actor_person_id = ANY(%(same)s) OR {mentions.numbered("t.texts::text")}) ORDER BY e.item_id, e.sequence
"""
_STALE = """
SELECT DISTINCT k.id FROM assessment_auditpack k JOIN assessment_indicatortask t ON t.assessment_id = k.assessment_id
WHERE k.state = 'done' AND (
  EXISTS (SELECT 1 FROM assessment_evidencelink l CROSS JOIN LATERAL jsonb_array_elements_text(l.photos) AS photo(id)
          JOIN work_evidence e ON e.id = photo.id::bigint
          WHERE l.task_id = t.item_id AND e.removed_at >= k.asked_at)
  OR EXISTS (SELECT 1 FROM work_evidence e WHERE e.item_id = t.item_id AND e.removed_at >= k.asked_at))
"""


def _words(subject: Subject) -> dict[int, list[uuid.UUID]]:
    """Events by item (1 statement)."""
    found: dict[int, list[uuid.UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, mentions.values(subject))
        for item_id, event_id in cursor.fetchall():
            found.setdefault(item_id, []).append(event_id)
    return found


def count_words(subject: Subject) -> Held:
    """In how many tasks there are words of the person, or their phone (1 statement)."""
    return Held(len(_words(subject)))


def erase_words(subject: Subject, actor: Actor, reason: str) -> int:
    """Erase them, the chain of each task goes on; in how many tasks."""
    found = _words(subject)
    for item_id, events in found.items():
        erasure.erase_words(actor, item_id, events, reason)
    return len(found)


def stale_packs() -> list[str]:
    """Packs that hold photos which were removed since they were asked for (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE)
        return [str(row[0]) for row in cursor.fetchall()]


def drop_stale_packs() -> int:
    """Remove them with their files; how many. In the caller's transaction, the files when it has committed."""
    found = list(AuditPack.objects.filter(Q(pk__in=stale_packs())))
    names = [file_name(row) for row in found]
    AuditPack.objects.filter(pk__in=[row.pk for row in found]).delete()
    transaction.on_commit(lambda: _delete(names))
    return len(found)


def _delete(names: list[str]) -> None:
    for name in names:
        storage.backend().delete(name)


def count_packs(subject: Subject) -> Held:
    """What packs hold is counted with the photos themselves."""
    return Held()


def erase_packs(subject: Subject, actor: Actor, reason: str) -> int:
    """After the photos: the packs that hold copies of them."""
    return drop_stale_packs()


def install() -> None:
    """Register with the erasure of persons; packs last, since other rooms' photos are in them."""
    erasing.register("indicator_words", count_words, erase_words, label=WORDS_LABEL)
    erasing.register("packs", count_packs, erase_packs, label=PACKS_LABEL)
