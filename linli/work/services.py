"""The one writer of items of work.

`open_item` and `advance` plan purely, check, lock, assert and flush once: item, legs, clocks, history,
idempotency key and job in one transaction. Everything that moves an item calls one of the two.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from linli.kernel.identifiers import item_number
from linli.kernel.labels import Label
from linli.kernel.workflow import Meaning
from linli.people import refusals
from linli.people.access import Actor, ObjectHidden
from linli.work import evidence_links, moments, references, stepdata
from linli.work.book import Book, ChildOrder
from linli.work.engine import Order, Permit, StepRefused, entitled, plan
from linli.work.flush import ItemMoved, KeyRow, Rows, Written, canonical, flush, send
from linli.work.kinds import kind
from linli.work.loading import load_book, new_item_values
from linli.work.outbox import announcement
from linli.work.permits import permit_for
from linli.work.terms import Catalogue, catalogue

KEY_LENGTH_MAX = 96


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change came to. `repeated` says that the key had been used: this is the first answer again."""

    item_id: int
    number: str
    state: str
    version: int
    repeated: bool = False
    extra: Mapping[str, Any] | None = None


class KeyConflict(StepRefused):
    """The key was used before for something else."""

    def __init__(self) -> None:
        label = Label("这个请求编号已用于另一次提交，请刷新后重试。", "This key was used for another request; reload.")
        super().__init__("key_reused", label, status=409)


class Conflict(StepRefused):
    """Someone else was faster; `state` and `version` are the present ones."""

    def __init__(self, book: Book) -> None:
        state = book.workflow.state(book.item["state"])
        label = Label(
            f"已有人先处理，现在是“{state.label.zh}”。您填写的内容没有丢失，请看最新状态后再决定。",
            f"Someone else was first: it is now “{state.label.en}”. What you typed is kept; look again.",
        )
        super().__init__("conflict", label, status=409)
        self.state, self.version = book.item["state"], book.item["version"]


def key_scope(actor: Actor, endpoint: str, device: str = "") -> str:
    """The scope of an idempotency key: who (or which device) and which endpoint."""
    who = f"p{actor.person_id}" if actor.person_id else f"d{device}"
    return f"{who}:{endpoint}"[:96]


def request_hash(*parts: Any) -> bytes:
    """The hash of a request's content, by which a reused key is found out."""
    return hashlib.sha256(canonical(list(parts))).digest()


@dataclass(slots=True)
class Start:
    """What was read once at the beginning of a transaction: versions, the next id, a known key."""

    versions: dict[str, int]
    item_id: int
    known: tuple[bytes, dict[str, Any]] | None


_BEGIN = """
SELECT (SELECT json_object_agg(name, version) FROM places_registryversion), 0, k.request_hash, k.answer
FROM (SELECT 1) one LEFT JOIN work_idempotencykey k ON k.scope = $1 AND k.key = $2
"""
_BEGIN_WITH_ID = _BEGIN.replace(" 0,", " nextval('work_item_id_seq'),")


def begin(scope: str, key: str, *, with_id: bool) -> Start:
    """One statement: registry versions, an item id, and the answer to this key if there is one."""
    statement = _BEGIN_WITH_ID if with_id else _BEGIN
    versions, item_id, known_hash, answer = send(statement, [scope, key]) or (None, 0, None, None)
    if isinstance(answer, str):
        answer = json.loads(answer)
    known = (bytes(known_hash), answer) if known_hash is not None else None
    return Start(versions or {}, item_id, known)


def _repeat(known: tuple[bytes, dict[str, Any]], wanted: bytes) -> Outcome:
    if known[0] != wanted:
        raise KeyConflict
    return outcome_of(known[1], repeated=True)


def outcome_of(answer: Mapping[str, Any], *, repeated: bool) -> Outcome:
    """The outcome kept with an idempotency key."""
    return Outcome(
        answer["item_id"], answer["number"], answer["state"], answer["version"], repeated, answer.get("extra")
    )


def once(scope: str, key: str, wanted: bytes, work: Callable[[], Outcome]) -> Outcome:
    """Run `work` in one transaction; if the same key was committed meanwhile, give its answer instead."""
    _check_key(key)
    try:
        with transaction.atomic():
            return work()
    except StepRefused as refusal:
        if refusal.audit is not None:
            refusals.note(refusal.audit)
        raise
    except IntegrityError:
        start = begin(scope, key, with_id=False)
        if start.known is None:
            raise
        return _repeat(start.known, wanted)


def _check_key(key: str) -> None:
    if not key or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        label = Label("请求编号（Idempotency-Key）缺失或太长。", "The Idempotency-Key is missing or too long.")
        raise StepRefused("invalid_key", label, status=422)


@dataclass(slots=True)
class NewItem:
    """What is known of an item that is being opened; details of its kind come as `extra` rows."""

    kind: str
    values: dict[str, Any]
    orders: list[Order]
    by_rule: Collection[str] = ()
    facts: dict[str, Any] | None = None
    uploads: Sequence[str] = ()
    search_text: str = ""


def open_item(
    actor: Actor,
    prepare: Callable[[Start, Catalogue, datetime], tuple[NewItem, Callable[[int], Sequence[Rows]], dict[str, Any]]],
    *,
    scope: str,
    key: str,
    wanted: bytes,
) -> Outcome:
    """Open an item: `prepare` answers with the item, its detail rows by id, and what the caller needs back.

    At most: versions + id + key (1), all inserts and the job (1), and one for uploads when there are any.
    """

    def work() -> Outcome:
        start = begin(scope, key, with_id=True)
        if start.known is not None:
            return _repeat(start.known, wanted)
        now = moments.now()
        terms = catalogue(start.versions)
        new, details, extra = prepare(start, terms, now)
        local = timezone.localtime(now)
        number = item_number(start.item_id, local.year, local.month, local.day)
        values = new_item_values(start.item_id, number, now, {"kind": new.kind, **new.values})
        book = Book(kind(new.kind).workflow, values, is_new=True)
        book.facts.update(new.facts or {})
        book.search_text = new.search_text
        references.check(book.workflow, new.orders, terms)
        try:
            plan(book, new.orders, permit=permit_for(actor, by_rule=new.by_rule), terms=terms, now=now)
        except StepRefused as refusal:
            _mark_refusal(actor, book, new.orders[0].transition, refusal)
            raise
        promised = book.item["handle_due"]
        extra = {**extra, "due": promised.isoformat() if promised else None}
        answer = {"item_id": start.item_id, "number": number, "extra": extra}
        rows = list(details(start.item_id)) + evidence_links.rows(book, actor, now)
        key_row = KeyRow(scope, key, wanted, answer)
        flush(book, now=now, key=key_row, extra=rows, job=announcement(book, recallable=False))
        return outcome_of(key_row.answer, repeated=False)

    return once(scope, key, wanted, work)


def advance(
    actor: Actor,
    item_id: int,
    steps: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    key: str,
    expected_version: int | None = None,
    device: str = "",
    quiet: bool = False,
) -> Outcome:
    """Take a chain of steps on an item.

    `quiet`: nobody is told of it by this; whoever takes it tells them of many items at once.

    Raises ObjectHidden (404) when there is no such item, StepRefused with 403, 409 or 422 and a sentence that says
    what to do; a refused step changes nothing and leaves one audit row. Two people at once: one wins, the other
    gets `Conflict` with the new state. The same key again gives the first answer.
    """
    scope = key_scope(actor, f"advance:{item_id}", device)
    wanted = request_hash(item_id, [[code, dict(data)] for code, data in steps])

    def work() -> Outcome:
        start = begin(scope, key, with_id=False)
        if start.known is not None:
            return _repeat(start.known, wanted)
        book = load_book(item_id, lock=True)
        if book is None:
            raise ObjectHidden("work.view")
        return _advance_locked(actor, book, steps, start, expected_version, KeyRow(scope, key, wanted, {}), quiet)

    return once(scope, key, wanted, work)


def _advance_locked(
    actor: Actor,
    book: Book,
    steps: Sequence[tuple[str, Mapping[str, Any]]],
    start: Start,
    expected_version: int | None,
    key_row: KeyRow,
    quiet: bool,
) -> Outcome:
    now = moments.now()
    first = steps[0][0] if steps else ""
    try:
        if not steps:
            raise StepRefused("no_step", Label("没有选择操作。", "No step was named."), status=422)
        if expected_version is not None and expected_version != book.item["version"]:
            raise Conflict(book)
        book.facts.update(kind(book.item["kind"]).facts(book))
        permit = permit_for(actor)
        _refuse_first(book, first, permit)
        orders = [_order(book, code, data) for code, data in steps]
        terms = catalogue(start.versions)
        references.check(book.workflow, orders, terms)
        _find_merge_target(book, orders)
        plan(book, orders, permit=permit, terms=terms, now=now)
    except StepRefused as refusal:
        _mark_refusal(actor, book, first, refusal)
        raise
    item = book.item
    key_row.answer = {"item_id": item["id"], "number": item["number"]}
    try:
        extra = evidence_links.rows(book, actor, now)
        job = None if quiet else announcement(book, recallable=actor.is_staff)
        flush(book, now=now, key=key_row, extra=extra, job=job)
        _turned(book)
    except ItemMoved as moved:
        raise Conflict(book) from moved
    for child in book.children:
        open_supervision(actor, book, child, now)
    return outcome_of(key_row.answer, repeated=False)


def _turned(book: Book) -> None:
    """Tell the item's kind when it became done, or is done no more because it is handled again or was called back."""
    now = book.item["meaning"]
    before = book.item.before.get("meaning", now)
    if now != before and Meaning.DONE.value in (now, before):
        kind(book.item["kind"]).turned(book)


def _refuse_first(book: Book, code: str, permit: Permit) -> None:
    """Whoever may not take the first step at all is told that, and not what is wrong with its fields."""
    transition = book.workflow.by_code.get(code)
    if transition is not None and not transition.creates:
        entitled(book, transition, permit)


def _order(book: Book, code: str, data: Mapping[str, Any]) -> Order:
    transition = book.workflow.by_code.get(code)
    if transition is None or transition.creates:
        raise StepRefused("unknown_transition", Label("没有这个操作。", "There is no such step."), status=422)
    return Order(code, stepdata.clean(transition, data))


def _find_merge_target(book: Book, orders: Sequence[Order]) -> None:
    number = next((order.data["other"] for order in orders if order.transition == "merge"), None)
    if number is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM work_item WHERE number = %s AND kind = %s AND meaning IN ('open', 'waiting') AND id <> %s",
            [number, book.item["kind"], book.item["id"]],
        )
        row = cursor.fetchone()
    book.facts["merge_target_is_live"] = row is not None
    book.facts["merge_target_id"] = row[0] if row else None


def _mark_refusal(actor: Actor, book: Book, code: str, refusal: StepRefused) -> None:
    """Name the audit row that `once` writes after the transaction was rolled back."""
    if refusal.status not in (403, 409):
        return
    transition = book.workflow.by_code.get(code)
    refusal.audit = refusals.Refusal(
        actor.person_id,
        actor.channel,
        transition.permission if transition else "work.view",
        place_path=str(book.item["place_path"] or ""),
    )


def open_supervision(actor: Actor, parent: Book, child: ChildOrder, now: datetime) -> Written:
    """Open the child of a supervision (督办单): number, text, due date, reply, on the same lead unit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('work_item_id_seq')")
        item_id = cursor.fetchone()[0]
    local = timezone.localtime(now)
    carried = ("place_id", "place_path", "grid_version", "category_id", "longitude", "latitude", "address", "urgency")
    values = new_item_values(
        item_id,
        item_number(item_id, local.year, local.month, local.day),
        now,
        {
            **{name: parent.item[name] for name in carried},
            "kind": child.kind,
            "title": parent.item["title"],
            "summary": child.text,
            "source": "supervision",
            "parent_id": parent.item["id"],
            "outside_due": child.due,
            "created_by_id": actor.person_id,
        },
    )
    book = Book(kind(child.kind).workflow, values, is_new=True)
    lead = parent.item["responsible_organisation_id"]
    order = Order("issue", {"lead": lead, "supervision": child.text, "reply_due": child.due})
    plan(book, [order], permit=permit_for(actor, by_rule=("issue",)), terms=catalogue(), now=now)
    return flush(book, now=now, key=None, job=announcement(book, recallable=False))


def new_key() -> str:
    """A fresh idempotency key for forms that are rendered on the server."""
    return str(uuid.uuid4())
