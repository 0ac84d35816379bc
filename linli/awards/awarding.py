"""Awards by rule from deeds: heard from `work.deeds`, decided by `rules`, paid by the ledger; once for each deed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from linli.awards import telling
from linli.awards.models import Award
from linli.awards.models.awards import GRANTED, NONE, REVERSED, TO_SETTLE, WAITING
from linli.awards.models.rules import DEEDS
from linli.awards.rulebook import Books, Member, facts_of, joined_days, members, tally_of, told
from linli.awards.rules import Book, Fact, Tally, Terms, Verdict, book_on, decide_all, last_day
from linli.credits import opening, posting
from linli.credits.errors import AlreadyExpired, AlreadyReversed, Insufficient
from linli.credits.postings import Posting
from linli.credits.sql import arrays, fetch
from linli.people.access import Actor

WITHDRAWN, KEPT = "withdrawn", "kept"
"""The reason of an award whose deed was withdrawn; in its `why`, that a person let the points stay."""
CHUNK = 5000
Decided = tuple[Fact, Verdict, Book | None]


def hear(ids: Sequence[int]) -> None:
    """Award new deeds and take back withdrawn ones: the listener of `work.deeds`. Told again it changes nothing."""
    for begin in range(0, len(ids), CHUNK):
        award_deeds(ids[begin : begin + CHUNK])


def award_deeds(ids: Sequence[int], *, today: date | None = None) -> int:
    """Decide on deeds, each once; how many awards were written (with those of no points). About 15 statements.

    What was told before of the same records, and was withdrawn, is taken back first, whichever of both was heard first:
    it takes no room from the caps of what is told now. Where its points are spent it is tried once more afterwards.
    """
    day = today or timezone.localdate()
    with transaction.atomic():
        deeds = told(ids)
        gone = [deed.pk for deed in deeds if deed.withdrawn]
        facts = facts_of(deed for deed in deeds if not deed.withdrawn)
        # Also of those whose deeds are gone: an award that is just being written for one is waited for.
        found = members((deed.person_id for deed in deeds), lock=True) if deeds else {}
        facts = [fact for fact in facts if fact.person_id in found]
        known = _known([fact.id for fact in facts])
        facts = [fact for fact in facts if fact.id not in known]
        earlier = _earlier([fact.id for fact in facts]) if facts else {}
        if gone or earlier:
            _withdrawn({*gone, *earlier.values()})
        spent = list(Award.objects.filter(pk__in=list(earlier), state=TO_SETTLE)) if earlier else []
        written = _award(facts, found, day, spent) if facts else 0
        _settle(spent)
    return written


_EARLIER = """
SELECT a.id, d.id, d.source_type, d.source_id, d.person_id, d.kind FROM work_deed d
JOIN awards_award a ON a.deed_id = d.id
WHERE d.withdrawn_at IS NOT NULL AND NOT a.why ? %(kept)s AND a.state = ANY(%(standing)s)
  AND (d.source_type, d.source_id)
    IN (SELECT DISTINCT n.source_type, n.source_id FROM work_deed n WHERE n.id = ANY(%(told)s))
"""


def _earlier(deed_ids: Sequence[int]) -> dict[int, int]:
    """Awards, with their deeds, that stand still by what was told before of the records of these deeds (2 statements,
    1 where nothing was)."""
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, {"kept": KEPT, "standing": [WAITING, GRANTED, TO_SETTLE], "told": list(deed_ids)})
        rows = cursor.fetchall()
        if not rows:
            return {}
        cursor.execute(
            "SELECT source_type, source_id, person_id, kind FROM work_deed WHERE id = ANY(%s)", [list(deed_ids)]
        )
        told = set(cursor.fetchall())
    return {award: deed for award, deed, *record in rows if tuple(record) in told}


def _known(deed_ids: Sequence[int]) -> set[int]:
    """Deeds that were decided before, or withdrawn since they were read: under the lock nobody does either meanwhile.

    An array, because thousands of literals cost more to plan than to look up.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT deed_id FROM awards_award WHERE deed_id = ANY(%s)"
            " UNION ALL SELECT id FROM work_deed WHERE id = ANY(%s) AND withdrawn_at IS NOT NULL",
            [list(deed_ids), list(deed_ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def _award(facts: Sequence[Fact], found: dict[int, Member], today: date, spent: Sequence[Award]) -> int:
    books = Books()
    near = books.for_places({fact.place_id for fact in facts})
    tally: Tally = tally_of({fact.person_id for fact in facts}, [fact.happened_on for fact in facts])
    for row in spent:
        tally.add(row.person_id, row.place_id, row.rule_code, row.happened_on, -row.points)
    decided: list[Decided] = [
        (fact, verdict, book_on(near[fact.place_id], fact.happened_on))
        for fact, verdict in decide_all(facts, near, joined_days(found), tally)
        if verdict.why["code"] != "no_rules"
    ]
    transfers, unpaid = _pay(decided, books, found, today)
    _insert(decided, transfers, unpaid)
    return len(decided)


def posting_for(
    key: str, pool: int, account_id: int, points: int, title: str, today: date, source: tuple[str, int],
    months: int | None,
) -> Posting:  # fmt: skip
    """The transfer of an award: from the street's pool to the member."""
    return Posting(
        f"award:{key}", "award", pool, account_id, points, title, today, source[0], source[1],
        expires_on=last_day(today, months),
    )  # fmt: skip


def _pay(
    decided: Sequence[Decided], books: Books, found: dict[int, Member], today: date
) -> tuple[dict[int, int], set[int]]:
    """Transfers by deed, and the deeds for which the pool of the street has not enough: these wait for it."""
    wanted: dict[int, list[tuple[Fact, Verdict, Terms]]] = {}
    for fact, verdict, book in decided:
        if verdict.outcome == GRANTED and verdict.rule is not None and book is not None:
            wanted.setdefault(book.place_id, []).append((fact, verdict, verdict.rule))
    transfers: dict[int, int] = {}
    unpaid: set[int] = set()
    for place_id in sorted(wanted):
        pool = opening.pool(place_id)
        postings = [
            posting_for(
                f"deed:{fact.id}", pool, found[fact.person_id].account_id, verdict.points, books.titles[rule.id], today,
                ("deed", fact.id), rule.validity_months,
            )
            for fact, verdict, rule in wanted[place_id]
        ]  # fmt: skip
        try:
            with transaction.atomic():
                posted = posting.post(postings, actor=None)
        except Insufficient:
            unpaid |= {entry.source_id for entry in postings}
            continue
        transfers |= {
            entry.source_id: done.transfer_id for entry, done in zip(postings, posted, strict=True)
        }  # fmt: skip
    return transfers, unpaid


_COLUMNS = (
    ("key", "text"), ("person_id", "bigint"), ("place_id", "bigint"), ("rule_id", "bigint"), ("rule_code", "text"),
    ("source", "text"), ("deed_id", "bigint"), ("happened_on", "date"), ("quantity", "int"), ("points", "int"),
    ("state", "text"), ("why", "text"), ("transfer_id", "bigint"),
)  # fmt: skip
_INSERT = (
    f"INSERT INTO awards_award ({', '.join(name for name, _ in _COLUMNS)}, reason, made_at)"
    f" SELECT {', '.join('n.why::jsonb' if name == 'why' else f'n.{name}' for name, _ in _COLUMNS)}, '', now()"
    f" FROM unnest({', '.join(f'${n}::{kind}[]' for n, (_, kind) in enumerate(_COLUMNS, start=1))})"
    f" AS n({', '.join(name for name, _ in _COLUMNS)})"
)


def _insert(decided: Sequence[Decided], transfers: dict[int, int], unpaid: set[int]) -> None:
    """All awards in one statement."""
    rows = [_row(fact, verdict, book, transfers, unpaid) for fact, verdict, book in decided]
    if rows:
        fetch(_INSERT, arrays(_COLUMNS, rows))


def _row(
    fact: Fact, verdict: Verdict, book: Book | None, transfers: dict[int, int], unpaid: set[int]
) -> tuple[Any, ...]:
    state, why = verdict.outcome, verdict.why
    if fact.id in unpaid:
        state, why = WAITING, why | {"waits": "pool"}
    rule = verdict.rule
    return (
        f"deed:{fact.id}", fact.person_id, book.place_id if book else fact.place_id, rule.id if rule else None,
        rule.code if rule else "", fact.source, fact.id, fact.happened_on, fact.quantity, verdict.points, state,
        json.dumps(why), transfers.get(fact.id),
    )  # fmt: skip


def _withdrawn(deed_ids: Iterable[int]) -> None:
    """Deeds that turned out otherwise: their points go back where they still are; else a person looks at it."""
    rows = Award.objects.select_for_update().filter(deed_id__in=list(deed_ids), state__in=(WAITING, GRANTED))
    for award in rows.exclude(why__has_key=KEPT).order_by("pk"):
        award.decided_at = timezone.now()
        if award.state == WAITING:
            award.state, award.points, award.why = NONE, 0, {"code": WITHDRAWN}
        elif took_back(award, WITHDRAWN):
            mark_reversed(award, WITHDRAWN)
        else:
            award.state, award.reason = TO_SETTLE, WITHDRAWN
        award.save(update_fields=["state", "points", "why", "reason", "decided_at"])


def _settle(spent: Sequence[Award]) -> None:
    """Awards whose points were spent when their deed was withdrawn: what was told anew may have brought enough."""
    for award in spent:
        if took_back(award, WITHDRAWN):
            mark_reversed(award, WITHDRAWN)


def mark_reversed(award: Award, reason: str, actor: Actor | None = None, *, told: bool = False) -> None:
    """Write down that an award was taken back, why, when and by whom, and tell its owner, unless they are told.

    From then on it may be appealed anew, and whoever took it back does not answer.
    """
    award.state, award.reason, award.reversed_at = REVERSED, reason, timezone.now()
    award.reversed_by_id = actor.person_id if actor is not None else None
    award.save(update_fields=["state", "reason", "reversed_at", "reversed_by"])
    if not told:
        telling.tell(telling.REVERSED, [award.person_id], {"award": award.pk, "points": award.points})


def took_back(award: Award, reason: str, actor: Actor | None = None) -> bool:
    """Reverse the transfer of an award; False when its points are spent. Expired points need no taking back."""
    assert award.transfer_id is not None
    try:
        with transaction.atomic():
            posting.reverse(award.transfer_id, key=f"award-back:{award.pk}", reason=reason, actor=actor)
    except (AlreadyReversed, AlreadyExpired):
        return True
    except Insufficient:
        return False
    return True


_MISSED = """
SELECT d.id FROM work_deed d
JOIN credits_membership m ON m.person_id = d.person_id AND m.left_at IS NULL
JOIN credits_account c ON c.person_id = m.person_id AND c.kind = 'member' AND c.closed_at IS NULL
JOIN places_place p ON p.id = d.place_id
WHERE d.withdrawn_at IS NULL AND d.kind = ANY(%s) AND d.happened_on >= %s
  AND (%s::bigint[] IS NULL OR d.person_id = ANY(%s))
  AND NOT EXISTS (SELECT 1 FROM awards_award a WHERE a.deed_id = d.id)
  AND EXISTS (SELECT 1 FROM awards_ruleset s JOIN places_place sp ON sp.id = s.place_id
    WHERE s.state <> 'draft' AND p.path <@ sp.path AND d.happened_on >= s.valid_from
      AND (s.valid_to IS NULL OR d.happened_on < s.valid_to))
ORDER BY d.id LIMIT %s
"""
MISSED_DAYS = 366


def catch_up(person_id: int | None = None, *, limit: int = CHUNK) -> int:
    """Award deeds that were recorded before their person joined, or before the rules were published; how many."""
    today = timezone.localdate()
    since = date.fromordinal(today.toordinal() - MISSED_DAYS)
    wanted = None if person_id is None else [person_id]
    with connection.cursor() as cursor:
        cursor.execute(_MISSED, [list(DEEDS), since, wanted, wanted, limit])
        ids = [row[0] for row in cursor.fetchall()]
    return award_deeds(ids, today=today) if ids else 0


def pay_waiting(*, limit: int = 1000) -> int:
    """Pay awards that wait only for their street's pool to be filled, oldest first in each street; how many.

    A street whose pool has not enough for the next one waits as a whole: it keeps nobody else waiting.
    """
    rows = Award.objects.filter(state=WAITING, why__waits="pool")
    paid = 0
    for place_id in list(rows.order_by("place_id").values_list("place_id", flat=True).distinct()):
        for number in list(rows.filter(place_id=place_id).order_by("pk").values_list("pk", flat=True)[:limit]):
            try:
                with transaction.atomic():
                    award = Award.objects.select_for_update(of=("self",)).select_related("rule").get(pk=number)
                    if award.state == WAITING and pay(award, actor=None):
                        paid += 1
            except Insufficient:
                break
    return paid


def pay(award: Award, *, actor: Actor | None) -> bool:
    """Pay one award that was confirmed; False when its person takes part no more (it then comes to nothing).

    Called under the award's lock, inside a transaction. Raises Insufficient when the street's pool is empty.
    """
    found = members([award.person_id], lock=True).get(award.person_id)
    if found is None:
        award.state, award.points, award.why = NONE, 0, {"code": "left"}
        award.save(update_fields=["state", "points", "why"])
        return False
    rule = award.rule
    months = rule.validity_months if rule is not None else 12
    entry = posting_for(
        award.key, opening.pool(award.place_id), found.account_id, award.points, rule.title if rule else "",
        timezone.localdate(), ("award", award.pk), months,
    )  # fmt: skip
    award.transfer_id = posting.post([entry], actor=actor)[0].transfer_id
    award.state = GRANTED
    award.why = {name: value for name, value in award.why.items() if name != "waits"}
    award.save(update_fields=["state", "transfer", "why"])
    return True
