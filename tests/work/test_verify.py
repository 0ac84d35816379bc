"""Nobody rewrites the history unnoticed: every kind of tampering, done as OWNER, is found and the right row named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from psycopg.types.json import Jsonb

from linli.work.models import Event, EventText, Item, Seal
from linli.work.sealing import seal, seals_file
from linli.work.verify import Report, computed_hash, verify
from tests.requests.walk import WAYS, Walker
from tests.support.world import build_world

TABLES = ("work_event", "work_eventtext", "work_seal")


@dataclass
class History:
    """A sealed history that tests may spoil as OWNER, and have back as it was."""

    owner: psycopg.Connection
    items: list[int]
    saved: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = field(default_factory=dict)
    heads: list[tuple[int, int, bytes]] = field(default_factory=list)

    def save(self) -> None:
        for table in TABLES:
            cursor = self.owner.execute(f"SELECT * FROM {table}")
            names = [column.name for column in cursor.description or ()]
            self.saved[table] = names, cursor.fetchall()
        self.heads = self.owner.execute("SELECT id, history_length, history_head FROM work_item").fetchall()

    def restore(self) -> None:
        for table in ("work_eventtext", "work_event", "work_seal"):
            self.owner.execute(f"DELETE FROM {table}")
        for table in TABLES:
            names, rows = self.saved[table]
            marks = ",".join(["%s"] * len(names))
            columns = ",".join(f'"{name}"' for name in names)
            with self.owner.cursor() as cursor:
                adapted = [[Jsonb(v) if isinstance(v, dict | list) else v for v in row] for row in rows]
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", adapted)
        for item_id, length, head in self.heads:
            self.owner.execute(
                "UPDATE work_item SET history_length = %s, history_head = %s WHERE id = %s", [length, head, item_id]
            )

    def event(self, item_id: int, sequence: int) -> dict[str, Any]:
        cursor = self.owner.execute(
            "SELECT * FROM work_event WHERE item_id = %s AND sequence = %s", [item_id, sequence]
        )
        row = cursor.fetchone()
        assert row is not None
        return dict(zip([column.name for column in cursor.description or ()], row, strict=True))

    def length(self, item_id: int) -> int:
        return next(length for number, length, _ in self.heads if number == item_id)

    def delete(self, item_id: int, sequence: int) -> None:
        event = self.event(item_id, sequence)
        self.owner.execute("DELETE FROM work_eventtext WHERE event_id = %s", [event["id"]])
        self.owner.execute("DELETE FROM work_event WHERE id = %s", [event["id"]])

    def set(self, event: dict[str, Any], **columns: Any) -> None:
        sets = ",".join(f"{name} = %s" for name in columns)
        self.owner.execute(f"UPDATE work_event SET {sets} WHERE id = %s", [*columns.values(), event["id"]])


@pytest.fixture
def history(transactional_db: Any, media: Path, owner_connection: psycopg.Connection) -> Iterator[History]:
    """Three requests walked to the end and sealed."""
    world = build_world()
    items = []
    for words in ("楼下垃圾没人清理", "楼东垃圾没人清理", "楼西垃圾没人清理"):
        walker = Walker(world)
        walker.begin(words=words)
        walker.run(WAYS["closed"])
        items.append(walker.item_id)
    assert seal() is not None
    made = History(owner_connection, items)
    made.save()
    yield made


def named(report: Report, item_id: int, sequence: int) -> bool:
    """Whether the report names this event of this item."""
    number = Item.objects.get(pk=item_id).number
    return any(
        fault.item == number and (fault.row.endswith(f"(no. {sequence})") or fault.row == f"event no. {sequence}")
        for fault in report.faults
    )


def rehashed(event: dict[str, Any]) -> bytes:
    """The hash a clever forger would put on a changed row."""
    return computed_hash({
        **event, "person": event["actor_person_id"], "organisation": event["actor_organisation_id"],
        "role": event["actor_role"], "digest": bytes(event["digest"]) if event["digest"] else None,
        "previous": bytes(event["previous"]),
    })  # fmt: skip


def edit_state(history: History, item_id: int, sequence: int) -> None:
    history.set(history.event(item_id, sequence), to_state="closed", transition="verify_pass", actor_role="x")


def edit_time(history: History, item_id: int, sequence: int) -> None:
    history.owner.execute(
        "UPDATE work_event SET at = at - interval '1 day' WHERE item_id = %s AND sequence = %s", [item_id, sequence]
    )


def edit_codes(history: History, item_id: int, sequence: int) -> None:
    history.set(history.event(item_id, sequence), codes=Jsonb({"forged": 1}))


def delete(history: History, item_id: int, sequence: int) -> None:
    history.delete(item_id, sequence)


def swap(history: History, item_id: int, sequence: int) -> None:
    other = sequence + 1 if sequence < history.length(item_id) else sequence - 1
    one, two = history.event(item_id, sequence), history.event(item_id, other)
    history.set(one, sequence=-1)
    history.set(two, sequence=sequence)
    history.set(one, sequence=other)


def insert(history: History, item_id: int, sequence: int) -> None:
    """A forged event after all others; where it stands is the row that must be named, see `EXPECTED`."""
    event = history.event(item_id, sequence)
    columns = [name for name in event if name not in ("id", "sequence")]
    names = ",".join(columns)
    history.owner.execute(
        f"INSERT INTO work_event (id, sequence, {names}) SELECT gen_random_uuid(), %s, {names} FROM work_event"
        " WHERE id = %s",
        [history.length(item_id) + 1, event["id"]],
    )


TAMPERINGS: list[Callable[[History, int, int], None]] = [edit_state, edit_time, edit_codes, delete, swap, insert]


def test_an_untouched_history_is_whole(history: History) -> None:
    report = verify()
    assert report.whole, report.faults
    assert report.items >= 3 and report.events == Event.objects.count() and report.texts == EventText.objects.count()
    assert report.seals == 1 and report.unsealed_items == 0 and report.blind_window is not None


def test_a_clever_forger_who_rehashes_one_row_is_found_at_the_link(history: History) -> None:
    item_id = history.items[0]
    event = {**history.event(item_id, 3), "actor_role": "forged"}
    history.set(event, actor_role="forged", hash=rehashed(event))
    assert any(fault.code == "unlinked" for fault in verify().faults)
    assert named(verify(), item_id, 4)


def test_a_forger_who_rehashes_the_whole_chain_is_found_by_the_seal(history: History) -> None:
    item_id, previous = history.items[0], b""
    for sequence in range(1, history.length(item_id) + 1):
        event = history.event(item_id, sequence)
        event["actor_role"] = "forged" if sequence == 2 else event["actor_role"]
        event["previous"] = previous
        previous = rehashed(event)
        history.set(event, actor_role=event["actor_role"], previous=event["previous"], hash=previous)
    history.owner.execute("UPDATE work_item SET history_head = %s WHERE id = %s", [previous, item_id])
    codes = {fault.code for fault in verify().faults}
    assert codes == {"sealed_changed"} and named(verify(), item_id, history.length(item_id))


@pytest.mark.parametrize("with_head", [False, True])
def test_a_cut_tail_is_found_even_when_the_head_is_cut_with_it(history: History, with_head: bool) -> None:
    item_id, last = history.items[1], history.length(history.items[1])
    history.delete(item_id, last)
    if with_head:
        before = history.event(item_id, last - 1)
        history.owner.execute(
            "UPDATE work_item SET history_length = %s, history_head = %s WHERE id = %s",
            [last - 1, before["hash"], item_id],
        )
    report = verify()
    assert named(report, item_id, last)
    assert {fault.code for fault in report.faults} == ({"sealed_cut"} if with_head else {"cut", "sealed_cut"})


def test_what_is_not_sealed_yet_is_stated_as_the_blind_window(history: History) -> None:
    item_id = history.items[2]
    walker = Walker(build_world_again(), item_id)
    walker.take("reporter", "rate_satisfied", rating="5")
    assert verify().unsealed_items == 1
    last = Item.objects.get(pk=item_id).history_length
    history.delete(item_id, last)
    before = history.event(item_id, last - 1)
    history.owner.execute(
        "UPDATE work_item SET history_length = %s, history_head = %s WHERE id = %s",
        [last - 1, before["hash"], item_id],
    )
    assert verify().whole  # this is the window: cut with its head before any seal


def build_world_again() -> Any:
    """The walker needs a world only for its anonymous reporter."""
    from tests.support.world import World

    return World()


def test_edited_removed_and_added_texts_are_found(history: History) -> None:
    row = EventText.objects.select_related("event").first()
    assert row is not None
    item_id, sequence = row.event.item_id, row.event.sequence
    history.owner.execute('UPDATE work_eventtext SET texts = \'{"reason": "x"}\' WHERE event_id = %s', [row.pk])
    assert [fault.code for fault in verify().faults] == ["text_changed"] and named(verify(), item_id, sequence)
    history.owner.execute("DELETE FROM work_eventtext WHERE event_id = %s", [row.pk])
    assert [fault.code for fault in verify().faults] == ["text_missing"]
    history.restore()
    bare = Event.objects.filter(digest=None).first()
    assert bare is not None
    history.owner.execute("INSERT INTO work_eventtext (event_id, salt, texts) VALUES (%s, '\\x00', '{}')", [bare.pk])
    assert [fault.code for fault in verify().faults] == ["text_added"]


def test_an_item_that_is_gone_is_missed(history: History) -> None:
    item_id = history.items[0]
    for table in ("work_eventtext", "work_event"):
        column = "event_id IN (SELECT id FROM work_event WHERE item_id = %s)" if "text" in table else "item_id = %s"
        history.owner.execute(f"DELETE FROM {table} WHERE {column}", [item_id])
    for table in ("work_clock", "work_ask", "work_leg", "requests_requestdetail", "work_searchentry", "work_item"):
        history.owner.execute(
            f"DELETE FROM {table} WHERE {'id' if table == 'work_item' else 'item_id'} = %s", [item_id]
        )
    assert [(fault.code, fault.row) for fault in verify().faults] == [("item_missing", f"item {item_id}")]


def test_changed_removed_and_forged_seals_are_found(history: History) -> None:
    history.owner.execute("UPDATE work_seal SET covers_to = covers_to + interval '1 hour'")
    assert {fault.code for fault in verify().faults} == {"seal_changed", "export_changed"}
    history.restore()
    history.owner.execute("UPDATE work_seal SET heads = substring(heads from 1 for 44)")
    assert "seal_changed" in {fault.code for fault in verify().faults}
    history.restore()
    history.owner.execute("DELETE FROM work_seal")
    assert {fault.code for fault in verify().faults} == {"seal_missing"}


def test_the_exported_file_is_compared_line_by_line(history: History) -> None:
    path = seals_file()
    line = json.loads(path.read_text())
    path.write_text(json.dumps({**line, "items": 99}) + "\n")
    assert {fault.code for fault in verify().faults} == {"export_changed"}
    path.write_text("{half a li")
    assert {fault.code for fault in verify().faults} == {"export_damaged", "not_exported"}
    path.unlink()
    assert {fault.code for fault in verify().faults} == {"not_exported"}


@pytest.mark.parametrize("statement", [
    "UPDATE work_event SET actor_role = 'x'", "DELETE FROM work_event", "UPDATE work_seal SET item_count = 0",
    "DELETE FROM work_seal", "TRUNCATE work_event", "ALTER TABLE work_event ADD COLUMN x int", "DROP TABLE work_seal",
])  # fmt: skip
def test_the_application_may_not_change_history(statement: str, db: Any) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_command_names_what_was_changed_and_states_the_window(history: History) -> None:
    from linli.config.verification import run

    said: list[str] = []
    assert run(None, say=said.append) and any("sealed until" in line for line in said)
    edit_state(history, history.items[0], 2)
    number = Item.objects.get(pk=history.items[0]).number
    assert not run(None, say=said.append) and any(number in line and "(no. 2)" in line for line in said)


def test_the_command_seals(history: History) -> None:
    call_command("seal", stdout=(out := StringIO()))
    assert "没有变化" in out.getvalue()


def test_seals_are_chained_and_cover_only_what_changed(history: History) -> None:
    assert seal() is None
    walker = Walker(build_world_again(), history.items[0])
    walker.take("reporter", "rate_satisfied", rating="4")
    second = seal()
    first = Seal.objects.order_by("id").first()
    assert first is not None and second is not None and second.item_count == 1
    assert bytes(second.previous) == bytes(first.hash)
    lines = [json.loads(line) for line in seals_file().read_text().splitlines()]
    assert [line["seal"] for line in lines] == [first.pk, second.pk]
    assert seals_file().stat().st_mode & 0o077 == 0
    assert verify().whole


def test_a_seal_that_could_not_be_exported_is_exported_later(history: History) -> None:
    whole = seals_file().read_bytes()
    seals_file().write_bytes(whole[: len(whole) // 2])
    Walker(build_world_again(), history.items[0]).take("reporter", "rate_satisfied", rating="4")
    assert seal() is not None
    codes = {fault.code for fault in verify().faults}
    assert codes == {"export_damaged"}  # the half line stays for a person to see; the seals are all there


def test_verify_tells_how_far_it_is(history: History) -> None:
    told: list[tuple[int, int]] = []
    verify(lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] == Item.objects.count()
