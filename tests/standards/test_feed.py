"""Columns of observations kept in the process: nothing is missed that commits late, nothing counts twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from linli.config.statement_count import count_statements
from linli.standards import feed as module
from linli.standards.feed import Feed, among

STATEMENT = "SELECT id, criterion, site, day, result, value, replaces, 0::int8 AS visit, written FROM feed_probe"
NAMES = "criterion, site, day, result, value, replaces"
INSERT = f"INSERT INTO feed_probe ({NAMES}) VALUES (%s, %s, %s, %s, %s, %s) RETURNING id"


@pytest.fixture
def probe(transactional_db: Any, owner_connection: psycopg.Connection) -> Iterator[Any]:
    """A table of observations, made as OWNER, and connections of the application's role to it."""
    owner_connection.execute(
        "CREATE TABLE feed_probe (id bigserial PRIMARY KEY, criterion bigint, site bigint, day int, result smallint,"
        " value real, replaces bigint, written xid8 NOT NULL DEFAULT pg_current_xact_id())"
    )
    owner_connection.execute("GRANT SELECT, INSERT ON feed_probe TO PUBLIC; GRANT USAGE ON feed_probe_id_seq TO PUBLIC")
    opened: list[psycopg.Connection] = []

    def another() -> psycopg.Connection:
        parameters = connection.get_connection_params()
        wanted = ("host", "port", "dbname", "user", "password", "options")
        opened.append(psycopg.connect(**{k: parameters[k] for k in wanted if k in parameters}))
        return opened[-1]

    yield another
    for one in opened:
        one.close()


def add(connection: Any, criterion: int = 1, site: int = 1, result: int = 1, replaces: int = 0) -> int:
    """One observation."""
    return int(connection.execute(INSERT, [criterion, site, 20000, result, 0.5, replaces]).fetchone()[0])


def test_a_row_that_commits_late_is_not_missed(probe: Any) -> None:
    feed = Feed(STATEMENT)
    slow, quick = probe(), probe()
    early = add(slow)  # numbered first, committed last
    late = add(quick)
    quick.commit()
    assert late > early
    assert feed.rows()["observation"].tolist() == [late]
    # Positive control: "everything after the last id" never sees the first one.
    by_id = connection.cursor()
    by_id.execute("SELECT max(id) FROM feed_probe")
    last_seen = by_id.fetchone()[0]
    slow.commit()
    by_id.execute("SELECT count(*) FROM feed_probe WHERE id > %s", [last_seen])
    assert by_id.fetchone()[0] == 0
    assert sorted(feed.rows()["observation"].tolist()) == [early, late]
    assert sorted(feed.rows()["observation"].tolist()) == [early, late]


def test_what_is_rolled_back_is_gone(probe: Any) -> None:
    feed = Feed(STATEMENT)
    other = probe()
    kept = add(other)
    other.commit()
    with transaction.atomic():
        cursor = connection.cursor()
        cursor.execute(INSERT, [1, 1, 20000, 1, 0, 0])
        own = cursor.fetchone()[0]
        assert feed.rows()["observation"].tolist() == [kept, own]
        transaction.set_rollback(True)
    assert feed.rows()["observation"].tolist() == [kept]


def test_a_replaced_row_no_longer_counts_whether_young_or_settled(probe: Any) -> None:
    feed = Feed(STATEMENT)
    other, holder = probe(), probe()
    first = add(other)
    other.commit()
    assert feed.rows()["observation"].tolist() == [first]
    add(holder)  # keeps the horizon down, so that the correction stays young
    second = add(other, replaces=first)
    other.commit()
    assert feed.rows()["observation"].tolist() == [second]
    holder.rollback()
    assert feed.rows()["observation"].tolist() == [second]


def test_a_correction_that_was_corrected_before_it_came_counts_not_and_still_replaces(probe: Any) -> None:
    feed = Feed(STATEMENT)
    other = probe()
    first = add(other)
    last = add(other)
    other.commit()
    assert feed.rows()["observation"].tolist() == [first, last]
    other.cursor().execute(INSERT, [1, 1, 20000, -1, 0, first])
    other.commit()
    assert feed.rows()["observation"].tolist() == [last]
    assert feed.rows()["observation"].tolist() == [last], "settled as well as young"


def test_reading_again_costs_one_statement_and_chunks_are_put_together(
    probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 7)
    feed = Feed(STATEMENT)
    other = probe()
    numbers = [add(other, criterion=n % 3) for n in range(40)]
    other.commit()
    rows = feed.rows()
    assert sorted(rows["observation"].tolist()) == numbers
    assert rows["value"].dtype == "f4" and rows["result"].dtype == "i1" and set(rows["value"]) == {0.5}
    with count_statements() as counted:
        feed.rows()
    assert len(counted) <= 2


@pytest.mark.race
def test_many_writers_at_once_and_every_row_arrives_once(probe: Any) -> None:
    feed = Feed(STATEMENT)
    written: list[int] = []
    guard = threading.Lock()

    def write(seed: int) -> None:
        chance, own = random.Random(seed), probe()
        for _ in range(25):
            numbers = [add(own, criterion=seed) for _ in range(chance.randint(1, 3))]
            if chance.random() < 0.2:
                own.rollback()
                continue
            own.commit()
            with guard:
                written.extend(numbers)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seen = feed.rows()["observation"].tolist()
        assert len(seen) == len(set(seen))
    assert sorted(feed.rows()["observation"].tolist()) == sorted(written)


def test_among_is_membership() -> None:
    import numpy as np

    numbers = np.array([5, 0, 9, 5, 3])
    assert among(numbers, [5, 3]).tolist() == [True, False, False, True, True]
    assert among(numbers, []).tolist() == [False] * 5
    assert among(numbers[:0], [1]).tolist() == []
