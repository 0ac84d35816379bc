"""What inspections hold of persons, and how it goes when their data are erased (`people.erasing`).

Of a person are: what they wrote, photographed or said at a site; what others wrote in which their phone stands; and,
once whoever decides has confirmed it, what bears their name. Rows stay, with day, place and result, so that every
count stays; texts, photos, sound and signatures go. The table of observations has no texts at all. Findings are items
of work: their history is erased by `work.erasure`, which calls `erase_of_item` here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from linli.inspections.batch import CONFLICT_HOLDER, LETTER, OBSERVATION, VISIT, from_json, tokens
from linli.inspections.models import ObservationNote, PendingConflict, Visit
from linli.kernel.labels import Label
from linli.people import erasing, mentions
from linli.people.access import Actor, require
from linli.people.erasing import Doubt, Held, Subject
from linli.work import erasure

FINDING = "finding"
LABEL = Label("巡查、约定和走访的记录", "Inspections, agreements and visits")


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of one kind of record: where they stand, who wrote them, where the record lies.

    `source` is a FROM clause with `p` as the place; `author` a column of people_person, or NULL where the record names
    nobody; `columns` are emptied together. `own_more` widens what counts as there: photos without words.
    """

    slug: str
    label: Label
    source: str
    key: str
    columns: tuple[str, ...]
    author: str = "NULL::bigint"
    at: str = "NULL::timestamptz"
    own_more: str = "FALSE"
    name_field: bool = False
    holder: str = ""

    @property
    def text(self) -> str:
        """SQL: all its texts."""
        return "btrim(concat_ws(' ', " + ", ".join(self.columns) + "))"


_NOTES = """
inspections_observation o JOIN places_place p ON p.id = o.site_id
LEFT JOIN inspections_observationnote n ON n.observation_id = o.id
"""
_FILES = """
EXISTS (SELECT 1 FROM work_evidence e WHERE e.holder = '{}' AND e.holder_id = {}.id AND e.removed_at IS NULL)
"""
KINDS: tuple[Texts, ...] = (
    Texts("observation", Label("巡查记录", "Observation"), _NOTES, "o.id", ("n.words",), "o.recorded_by_id",
          "o.observed_at", own_more=_FILES.format(OBSERVATION, "o"), holder=OBSERVATION),
    Texts("conflict", Label("待处理的巡查记录", "Record to be decided"),
          "inspections_pendingconflict c LEFT JOIN places_place p ON p.id = c.site_id", "c.id",
          ("c.payload->>'words'", "c.payload->'finding'->>'advice'", "c.payload->'finding'->>'receiver_name'",
           "c.payload->'finding'->>'co_receivers'"),
          "c.recorded_by_id", "c.received_at", holder=CONFLICT_HOLDER,
          own_more="NOT c.payload ? 'erased'"),
    Texts("agreement", Label("门前五包签字人", "Signer of an agreement"),
          "inspections_agreement a JOIN places_place p ON p.id = a.site_id", "a.id", ("a.signer",),
          at="a.signed_on::timestamptz", name_field=True),
    Texts("agreement_check", Label("门前五包检查", "Check of an agreement"),
          "inspections_agreementcheck k JOIN inspections_agreementduty d ON d.id = k.duty_id"
          " JOIN inspections_agreement a ON a.id = d.agreement_id JOIN places_place p ON p.id = a.site_id",
          "k.id", ("k.words",), "k.checked_by_id", "k.checked_at"),
    Texts("mutual_check", Label("互查", "Mutual check"),
          "inspections_mutualcheck m JOIN places_place p ON p.id = m.checked_id", "m.id", ("m.words",),
          "m.recorded_by_id", "m.done_at"),
    Texts("mutual_recheck", Label("互查的复查", "Re-check"),
          "inspections_mutualrecheck h JOIN inspections_mutualcheck m ON m.id = h.check_of_id"
          " JOIN places_place p ON p.id = m.checked_id", "h.id", ("h.words",), "h.recorded_by_id", "h.done_at"),
    Texts("visit", Label("走访", "Visit"), "inspections_visit v JOIN places_place p ON p.id = v.place_id", "v.id",
          ("v.words", "v.address"), "v.recorded_by_id", "v.visited_at",
          own_more=_FILES.format(VISIT, "v"), holder=VISIT),
    Texts("letter", Label("督促函", "Urging letter"),
          "inspections_urgingletter l JOIN places_place p ON p.id = l.place_id", "l.id", ("l.words",), "l.sent_by_id",
          "l.sent_at", holder=LETTER),
    Texts("reply", Label("督促函的答复", "Reply to a letter"),
          "inspections_urgingletter l JOIN places_place p ON p.id = l.place_id", "l.id", ("l.reply",),
          "l.replied_by_id", "l.replied_at", holder=LETTER),
    Texts("duty", Label("包保职责", "Responsibility"),
          "inspections_responsibility b JOIN places_place p ON p.id = b.place_id", "b.id", ("b.duty",),
          at="b.since::timestamptz"),
    Texts("reason", Label("点位未查的原因", "Why a site was not seen"),
          "inspections_roundsite r JOIN places_place p ON p.id = r.site_id", "r.id", ("r.reason",)),
    Texts("report", Label("点位未查的报告", "Report that a site was not seen"),
          "inspections_sitereport t JOIN places_place p ON p.id = t.site_id", "t.id", ("t.reason",),
          at="t.observed_at"),
    Texts("dissuasion", Label("劝导记录的备注", "Remarks on dissuasion"),
          "inspections_dissuasionnote w JOIN inspections_dissuasion q ON q.id = w.record_id"
          " JOIN places_place p ON p.id = q.place_id", "w.record_id", ("w.words",), "q.recorded_by_id",
          "q.happened_at"),
)  # fmt: skip
OF = {texts.slug: texts for texts in KINDS}

_EMPTY: dict[str, str] = {
    "agreement": "UPDATE inspections_agreement SET signer = '' WHERE id = ANY(%s)",
    "agreement_check": "UPDATE inspections_agreementcheck SET words = '' WHERE id = ANY(%s)",
    "mutual_check": "UPDATE inspections_mutualcheck SET words = '' WHERE id = ANY(%s)",
    "mutual_recheck": "UPDATE inspections_mutualrecheck SET words = '' WHERE id = ANY(%s)",
    "visit": "UPDATE inspections_visit SET words = '', address = '' WHERE id = ANY(%s)",
    "letter": "UPDATE inspections_urgingletter SET words = '' WHERE id = ANY(%s)",
    "reply": "UPDATE inspections_urgingletter SET reply = '' WHERE id = ANY(%s)",
    "duty": "UPDATE inspections_responsibility SET duty = '' WHERE id = ANY(%s)",
    "reason": f"UPDATE inspections_roundsite SET reason = '{mentions.GONE}' WHERE id = ANY(%s)",
    "report": f"UPDATE inspections_sitereport SET reason = '{mentions.GONE}' WHERE id = ANY(%s)",
    "dissuasion": "UPDATE inspections_dissuasionnote SET words = '', erased_at = now() WHERE record_id = ANY(%s)",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One record that is, or may be, of the person."""

    id: int
    path: str
    place: str
    words: str
    at: datetime | None


def _find(texts: Texts, subject: Subject, *, by_name: bool = False) -> list[Found]:
    """Records of one kind that are the person's, or with `by_name` those that bear the name only (1 statement)."""
    own = f"({texts.author} = ANY(%(same)s) AND ({texts.text} <> '' OR {texts.own_more}))"
    certain = f"(coalesce({own}, FALSE) OR {mentions.numbered(texts.text)})"
    wanted = f"NOT {certain} AND {mentions.named(texts.text)}" if by_name else certain
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {texts.key}, coalesce(p.path::text, ''), coalesce(p.name, ''), {texts.text}, {texts.at}"
            f" FROM {texts.source} WHERE {wanted} ORDER BY {texts.key}",
            mentions.values(subject),
        )
        return [Found(*row) for row in cursor.fetchall()]


def count(subject: Subject) -> Held:
    """How many records are the person's; those that wait for a decision are live (14 statements)."""
    found = {texts.slug: _find(texts, subject) for texts in KINDS}
    waiting = [entry.id for entry in found["conflict"]]
    live = PendingConflict.objects.filter(pk__in=waiting, state=PendingConflict.OPEN).count() if waiting else 0
    return Held(sum(len(rows) for rows in found.values()), live)


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """Empty the person's records within the caller's transaction; how many.

    ObjectHidden when one of them lies where the actor may not erase; nothing is erased then.
    """
    total = 0
    for texts in KINDS:
        rows = _find(texts, subject)
        _check(actor, rows)
        _empty(texts, [row.id for row in rows])
        total += len(rows)
    return total


def doubts(subject: Subject, actor: Actor) -> list[Doubt]:
    """Records that bear the person's name and nothing surer, where the actor may erase (14 statements)."""
    words = get_language() or "zh-hans"
    found = _finding_doubts(subject, actor, words)
    for texts in KINDS:
        for row in _find(texts, subject, by_name=True):
            if row.path and not actor.may(erasure.PERMISSION, place_path=row.path):
                continue
            day = timezone.localtime(row.at).date().isoformat() if row.at is not None else ""
            where = " · ".join(part for part in (texts.label.text(words), row.place, day) if part)
            likely = texts.name_field and row.words.strip() == subject.searched_name
            found.append(Doubt(f"{texts.slug}:{row.id}", where, row.words, likely))
    return found


def erase_doubts(refs: Sequence[str], actor: Actor, reason: str) -> int:
    """Empty the records that were confirmed, by the refs of `doubts`; how many."""
    for ref in refs:
        slug, _, number = ref.partition(":")
        if slug == FINDING:
            erasure.erase_item_texts(actor, int(number), reason)
        else:
            _empty(OF[slug], [int(number)])
    return len(refs)


def erase_of_item(item_id: int, now: datetime) -> None:
    """With a finding go the words that it was made from: the observation's note, the visit, its photos."""
    notes = ObservationNote.objects.filter(observation__item_id=item_id)
    _empty(OF["observation"], list(notes.values_list("pk", flat=True)))
    _empty(OF["visit"], list(Visit.objects.filter(item_id=item_id).values_list("pk", flat=True)))


_SAID = "concat_ws(' ', i.title, i.summary, i.address)"
_HISTORY = """
EXISTS (SELECT 1 FROM work_event e JOIN work_eventtext t ON t.event_id = e.id
        WHERE e.item_id = i.id AND t.texts IS NOT NULL AND {})
"""
_OWN = f"""
(i.created_by_id = ANY(%(same)s) OR {mentions.numbered(_SAID)} OR {_HISTORY.format(mentions.numbered("t.texts::text"))})
"""
_FINDINGS = f"SELECT i.id FROM work_item i WHERE i.kind = 'finding' AND i.title <> %(gone)s AND {_OWN}"
_NAMED = f"""
SELECT i.id, i.number, i.title, i.place_path::text, {_HISTORY.format("t.texts->>'receiver_name' = %(name)s")}
FROM work_item i WHERE i.kind = 'finding' AND i.meaning NOT IN ('open', 'waiting') AND NOT {_OWN}
  AND ({mentions.named(_SAID)} OR {_HISTORY.format(mentions.named("t.texts::text"))}) ORDER BY i.id
"""


def _finding_doubts(subject: Subject, actor: Actor, words: str) -> list[Doubt]:
    """Findings that have ended and bear the name: likely where the receiver on the spot is called so (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, mentions.values(subject))
        rows = cursor.fetchall()
    label = Label("巡查发现", "Finding").text(words)
    return [
        Doubt(f"{FINDING}:{number}", f"{label} · {name}", title, bool(receiver))
        for number, name, title, path, receiver in rows
        if actor.may(erasure.PERMISSION, place_path=path)
    ]


def findings_of(subject: Subject) -> list[int]:
    """Findings that the person made, and those in which their phone stands (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(_FINDINGS, {**mentions.values(subject), "gone": erasure.ERASED_TITLE})
        return [row[0] for row in cursor.fetchall()]


def _check(actor: Actor, rows: Sequence[Found]) -> None:
    for path in sorted({row.path for row in rows if row.path}):
        require(actor, erasure.PERMISSION, place_path=path, hidden=True)


def _empty(texts: Texts, ids: Collection[int]) -> None:
    if not ids:
        return
    if texts.slug == "observation":
        ObservationNote.objects.filter(pk__in=ids).update(words="", erased_at=timezone.now())
    elif texts.slug == "conflict":
        _empty_conflicts(ids)
    else:
        with connection.cursor() as cursor:
            cursor.execute(_EMPTY[texts.slug], [list(ids)])
    if texts.holder:
        erasure.erase_held(texts.holder, ids)


def _empty_conflicts(ids: Collection[int]) -> None:
    """What was sent stays as a tick: without words, names, files and the point where it was recorded."""
    waiting: list[UUID] = []
    for row in PendingConflict.objects.filter(pk__in=ids).select_for_update():
        waiting += [UUID(token) for token in tokens(from_json(row.payload))]
        kept = {**row.payload, "words": "", "photos": [], "longitude": None, "latitude": None, "accuracy_m": None}
        if kept.get("finding"):
            none: dict[str, Any] = {
                "advice": "",
                "receiver_name": "",
                "signature": None,
                "after_photos": [],
                "co_receivers": [],
            }
            kept["finding"] = {**kept["finding"], **none}
        row.payload = {**kept, "erased": True}
        row.save(update_fields=["payload"])
    if waiting:
        erasure.erase_waiting(waiting)


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("inspections", count, erase, label=LABEL, doubts=doubts, erase_doubts=erase_doubts)
