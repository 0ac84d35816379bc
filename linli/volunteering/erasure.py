"""What volunteering holds of persons, and how it goes when their data are erased (`people.erasing`).

Of a person are the registration and what they wrote in appeals; texts of others are searched for the phone, and for the
name once whoever decides has confirmed it. Services stay with day, place and minutes under the emptied person, so that
every sum stays; certificates end, for nobody could be named on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from linli.kernel.labels import Label
from linli.people import crypto, erasing, mentions
from linli.people.access import Actor
from linli.people.erasing import Doubt, Held, Subject
from linli.volunteering.models import Appeal, Certificate, CertificateObjection, JoinedMember, StarAward, Volunteer
from linli.volunteering.registering import NUMBER, number_of

LABEL = Label("志愿服务记录", "Records of volunteering")
EDIT = "volunteering.register"
ERASED = "个人信息已删除"


@dataclass(frozen=True, slots=True)
class Texts:
    """Columns of texts of one table; `place` is an SQL join that names the place `p`."""

    slug: str
    label: Label
    table: str
    columns: tuple[str, ...]
    place: str = "JOIN places_place p ON p.id = t.place_id"

    @property
    def text(self) -> str:
        """SQL: all its texts."""
        return "concat_ws(' ', " + ", ".join(f"t.{column}" for column in self.columns) + ")"


_BY_SERVICE = "JOIN volunteering_service s ON s.id = t.service_id JOIN places_place p ON p.id = s.place_id"
_BY_CERTIFICATE = "JOIN volunteering_certificate c ON c.id = t.certificate_id JOIN places_place p ON p.id = c.place_id"
_BY_UNIT = "JOIN volunteering_joinedunit u ON u.id = t.unit_id JOIN places_place p ON p.id = u.place_id"
KINDS: tuple[Texts, ...] = (
    Texts("volunteer", Label("志愿者的特长", "Skills of a volunteer"), "volunteering_volunteer", ("skills_text",)),
    Texts("service", Label("志愿服务", "Service"), "volunteering_service", ("content", "evidence")),
    Texts("entry", Label("时长更正理由", "Reason of hours"), "volunteering_hoursentry", ("reason",), _BY_SERVICE),
    Texts("appeal", Label("时长异议", "Appeal"), "volunteering_appeal", ("text", "answer"), _BY_SERVICE),
    Texts("training", Label("志愿者培训", "Training"), "volunteering_training", ("title", "organiser")),
    Texts("commendation", Label("表彰奖励", "Commendation"), "volunteering_commendation",
          ("title", "given_by", "document")),
    Texts("evaluation", Label("服务评价", "Evaluation"), "volunteering_evaluation", ("text",)),
    Texts("certificate", Label("志愿服务证明", "Certificate"), "volunteering_certificate", ("purpose", "reason")),
    Texts("certificate_entry", Label("志愿服务证明的办理", "Decision on a certificate"),
          "volunteering_certificateentry", ("reason",), _BY_CERTIFICATE),
    Texts("certificate_objection", Label("对公示证明的异议", "Objection to a certificate"),
          "volunteering_certificateobjection", ("text", "answer"), _BY_CERTIFICATE),
    Texts("star", Label("星级评定", "Star level"), "volunteering_staraward", ("reason",)),
    Texts("joined_unit", Label("共建单位资源", "Resources of a joined unit"), "volunteering_joinedunit",
          ("resources",)),
    Texts("concern", Label("居民点单", "Concern"), "volunteering_concern", ("title", "result")),
    Texts("feedback", Label("季度反馈", "Quarterly feedback"), "volunteering_quarterfeedback", ("remark",), _BY_UNIT),
)  # fmt: skip
OF = {texts.slug: texts for texts in KINDS}


def _find(texts: Texts, subject: Subject, where: str) -> list[tuple[int, str, str]]:
    """(id, place path, texts) of the rows that fit (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.id, p.path::text, {texts.text} FROM {texts.table} t {texts.place} WHERE {where} ORDER BY t.id",
            mentions.values(subject),
        )
        return [(number, path, words) for number, path, words in cursor.fetchall()]


def count(subject: Subject) -> Held:
    """What there is of the person; an open appeal is still being worked on."""
    own = Volunteer.objects.filter(person_id__in=subject.same).count()
    appeals = Appeal.objects.filter(person_id__in=subject.same)
    named = sum(len(_find(texts, subject, mentions.numbered(texts.text))) for texts in KINDS)
    objections = CertificateObjection.objects.filter(person_id__in=subject.same).count()
    return Held(own + appeals.count() + objections + named, appeals.filter(state=Appeal.OPEN).count())


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """Empty the registration and the own texts, end what is open, take the phone out of others' texts; how many."""
    emptied = _empty_own(subject)
    for texts in KINDS:
        for number, _path, _words in _find(texts, subject, mentions.numbered(texts.text)):
            _rewrite(texts, number, lambda words: mentions.without(subject, words, name=True))
            emptied += 1
    return emptied


def _empty_own(subject: Subject) -> int:
    now, same = timezone.now(), subject.same
    today = timezone.localdate(now)
    emptied = 0
    for row in Volunteer.objects.filter(person_id__in=same).select_for_update().order_by("pk"):
        row.number_encrypted = row.number_blind = row.adult_on = row.guardian = None
        row.skills, row.skills_text, row.times, row.roles = [], "", [], []
        row.consent, row.left_on = Volunteer.SELF, row.left_on or today
        row.save()
        emptied += 1
    emptied += Appeal.objects.filter(person_id__in=same).update(text=mentions.GONE, answer="")
    Appeal.objects.filter(person_id__in=same, state=Appeal.OPEN).update(state=Appeal.WITHDRAWN, decided_at=now)
    mine = Certificate.objects.filter(person_id__in=same)
    mine.filter(state=Certificate.ISSUED).update(state=Certificate.REVOKED, revoked_at=now, reason=ERASED)
    mine.filter(state__in=Certificate.OPEN).update(state=Certificate.REFUSED, decided_at=now, reason=ERASED)
    mine.update(purpose="", contents=[], name_shown_at=None)
    emptied += CertificateObjection.objects.filter(person_id__in=same).update(text=mentions.GONE)
    StarAward.objects.filter(person_id__in=same, state=StarAward.NOTICE).update(
        state=StarAward.STOPPED, decided_at=now, reason=ERASED
    )
    for joined in JoinedMember.objects.filter(person_id__in=same, until=None):
        joined.until = max(today, joined.since)
        joined.save(update_fields=["until"])
    return emptied


def _rewrite(texts: Texts, number: int, change: Any) -> None:
    names = ", ".join(texts.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {texts.table} WHERE id = %s", [number])
        stored = cursor.fetchone()
        values = [change(words) for words in stored]
        # Marks may be longer than what they stand for, and columns have an end.
        sets = ", ".join(f"{column} = left(%s, greatest(length({column}), 20))" for column in texts.columns)
        cursor.execute(f"UPDATE {texts.table} SET {sets} WHERE id = %s", [*values, number])


def doubts(subject: Subject, actor: Actor) -> list[Doubt]:
    """Records that bear the name only, where the actor may register (a statement for each table)."""
    found, language = [], get_language() or "zh-hans"
    for texts in KINDS:
        where = f"{mentions.named(texts.text)} AND NOT {mentions.numbered(texts.text)}"
        found += [
            Doubt(f"{texts.slug}:{number}:{subject.searched_name}", texts.label.text(language), words)
            for number, path, words in _find(texts, subject, where)
            if actor.may(EDIT, place_path=path)
        ]
    return found


def erase_doubts(refs: Sequence[str], actor: Actor, reason: str) -> int:
    """Take the confirmed name out of the texts; how many records."""
    for ref in refs:
        slug, number, name = ref.split(":", 2)
        _rewrite(OF[slug], int(number), lambda words, name=name: words.replace(name, mentions.GONE))
    return len(refs)


def blinds_of(row: Any, blind: crypto.Blind) -> dict[str, bytes | None]:
    """The blind index of a stored number, by this function."""
    number = number_of(row)
    return {"number_blind": blind(number, NUMBER) if number else None}


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("volunteering", count, erase, label=LABEL, doubts=doubts, erase_doubts=erase_doubts)
