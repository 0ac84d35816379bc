"""L9, L10: whatever is changed behind the ledger is found, the row is named, and nothing else is accused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from linli.config import verification
from linli.credits import checkpoints, ledger, sealing, verifying, visible_horizon
from linli.credits.models import LedgerSeal
from linli.credits.verifying import Report, verify
from tests.credits.conftest import award, in_days, person
from tests.support.databases import TestServer
from tests.support.world import World

APPEND = (
    "credits_transfer, credits_allocation, credits_hold, credits_resolution, credits_checkpoint, credits_ledgerseal"
)
Books = dict[str, int]
Tamper = Callable[..., Report]


@pytest.fixture
def as_owner(world: World, database_server: TestServer) -> Iterator[None]:
    """What no privilege keeps from the owner of the database may be done in the test's own transaction."""
    name, app = str(connections["default"].settings_dict["NAME"]), database_server.app.user
    with database_server.connect(database_server.owner, name) as owner:
        owner.execute(f"GRANT UPDATE, DELETE ON {APPEND} TO {app}")
        yield
        owner.execute(f"REVOKE UPDATE, DELETE ON {APPEND} FROM {app}")


@pytest.fixture
def books(
    as_owner: None, pool: int, redeemed: int, reserve: Callable[..., int], tmp_path: Path, settings: Any
) -> Books:
    """A sealed ledger in which every kind of row stands; ids by name."""
    settings.LINLI_HOME = tmp_path
    a, b = (ledger.join(person().pk, actor=None) for _ in range(2))
    found = {"a": a, "b": b, "pool": pool}
    (one,) = ledger.post([award(pool, a, 20, key="a1", expires_on=in_days(30))], actor=None)
    batch = ledger.post([award(pool, m, 10, key=f"{m}:{n}") for n in range(3) for m in (a, b)], actor=None)
    (spent,) = ledger.post([award(a, redeemed, 5, key="s", kind="redemption")], actor=None)
    found |= {"first": one.transfer_id, "middle": batch[2].transfer_id, "spent": spent.transfer_id}
    found["funded"] = ledger.fund(pool, 500, key="f", actor=None).transfer_id
    found["collected"] = reserve("h1", a, 6)
    ledger.collect(found["collected"], key="c", credit_account=redeemed, actor=None)
    found["pending"] = reserve("h2", b, 4)
    found["back"] = ledger.reverse(batch[1].transfer_id, key="r", reason="", actor=None).transfer_id
    found["last"] = ledger.post([award(pool, a, 1, key="last")], actor=None)[0].transfer_id
    checkpoints.make(at_least=1)
    assert sealing.seal() == 1 and verify().faults == []
    return found


@pytest.fixture
def tamper(books: Books) -> Tamper:
    """`tamper(statement, …)` as the owner could, ids by name; what `verify` says about it."""

    def tampering(*statements: str) -> Report:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, books)
                assert cursor.rowcount > 0, statement
        return verify()

    return tampering


def codes(report: Report) -> set[str]:
    return {fault.code for fault in report.faults}


def rows(report: Report) -> set[str]:
    """The rows that are named, without their number in the account."""
    return {fault.row.split(" (")[0] for fault in report.faults}


FIELDS = {
    "key": "'forged'", "request_hash": "'\\x00'", "kind": "'gift'", "debit_id": "%(a)s + 9999", "amount": "amount + 1",
    "reason": "'别的'", "source_type": "'x'", "source_id": "77", "effective_on": "effective_on - 1",
    "expires_on": "date '2031-01-01'", "actor_person_id": "1", "created_at": "created_at - interval '1 second'",
    "credit_balance": "credit_balance + 1", "credit_hash": "'\\x00'",
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_of_a_transfer(tamper: Tamper, books: Books, field: str) -> None:
    report = tamper(f"UPDATE credits_transfer SET {field} = {FIELDS[field]} WHERE id = %(middle)s")
    assert f"transfer {books['middle']}" in rows(report)
    others = {row for row in rows(report) if row.startswith("transfer ")} - {f"transfer {books['middle']}"}
    assert others == set(), "the row after it is not blamed"


def test_a_transfer_between_open_accounts(tamper: Tamper, books: Books) -> None:
    report = tamper("UPDATE credits_transfer SET created_at = created_at - interval '1 day' WHERE id = %(funded)s")
    assert rows(report) == {f"transfer {books['funded']}"} and codes(report) == {"changed"}


def test_a_spent_transfer_is_chained_on_its_debit_side(tamper: Tamper, books: Books) -> None:
    report = tamper("UPDATE credits_transfer SET debit_balance = debit_balance + 1 WHERE id = %(spent)s")
    assert {row for row in rows(report) if row.startswith("transfer")} == {f"transfer {books['spent']}"}


def test_a_row_that_was_deleted(tamper: Tamper, books: Books) -> None:
    report = tamper("DELETE FROM credits_transfer WHERE id = %(middle)s")
    assert {"missing", "sealed_cut", "lot_origin"} <= codes(report)
    assert f"transfer {books['middle']}" in rows(report)


def test_an_end_that_was_cut_off_with_its_account(tamper: Tamper, books: Books) -> None:
    """The account's row agrees, so the chain cannot tell: the seal does."""
    report = tamper(
        "UPDATE credits_account a SET balance = t.credit_balance - t.amount, version = t.credit_version - 1, head ="
        " (SELECT debit_hash FROM credits_transfer WHERE debit_id = a.id ORDER BY debit_version DESC LIMIT 1)"
        " FROM credits_transfer t WHERE t.id = %(last)s AND a.id = t.credit_id",
        "DELETE FROM credits_lot WHERE transfer_id = %(last)s",
        "DELETE FROM credits_checkpoint",
        "DELETE FROM credits_transfer WHERE id = %(last)s",
    )
    assert codes(report) == {"sealed_cut"} and rows(report) == {f"transfer {books['last']}"}


ELSEWHERE = (
    ("drift", "UPDATE credits_account SET balance = balance + 1 WHERE id = %(a)s", "account {a}"),
    ("head", "UPDATE credits_account SET head = '\\x00' WHERE id = %(a)s", "account {a}"),
    ("cut", "UPDATE credits_account SET version = version + 1 WHERE id = %(a)s", "transfer no. "),
    ("inserted", "UPDATE credits_account SET version = version - 1 WHERE id = %(a)s", "transfer {last}"),
    ("held", "UPDATE credits_account SET held = held + 1 WHERE id = %(b)s", "account {b}"),
    ("lot", "UPDATE credits_lot SET remaining = remaining - 1 WHERE transfer_id = %(middle)s", "lot "),
    ("lot_origin", "UPDATE credits_lot SET expires_on = '2031-01-01' WHERE transfer_id = %(first)s", "lot "),
    ("lot", "UPDATE credits_allocation SET amount = amount + 1 WHERE transfer_id = %(spent)s", "lot "),
    ("allocation", "DELETE FROM credits_allocation WHERE transfer_id = %(spent)s", "transfer {spent}"),
    ("hold_ended", "DELETE FROM credits_pendinghold WHERE hold_id = %(pending)s", "hold {pending}"),
    ("hold_ended", "UPDATE credits_hold SET until = now() WHERE id = %(pending)s", "hold {pending}"),
    ("hold", "UPDATE credits_hold SET amount = amount + 1 WHERE id = %(collected)s", "hold {collected}"),
    ("hold_ended", "DELETE FROM credits_resolution WHERE hold_id = %(collected)s", "hold {collected}"),
    ("checkpoint", "UPDATE credits_checkpoint SET debits = debits + 1 WHERE account_id = %(pool)s", "checkpoint "),
    ("seal_changed", "UPDATE credits_ledgerseal SET count = count + 1", "seal "),
    ("seal_missing", "DELETE FROM credits_ledgerseal", "seal "),
    ("side", "UPDATE credits_account SET kept = false, kind = 'adjust', balance = 0, held = 0, version = 0"
     " WHERE id = %(b)s", "transfer "),
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "statement", "row"), ELSEWHERE, ids=[f"{c}-{n}" for n, (c, *_) in enumerate(ELSEWHERE)]
)
def test_other_tables(tamper: Tamper, books: Books, code: str, statement: str, row: str) -> None:
    report = tamper(statement)
    named = [fault.row for fault in report.faults if fault.code == code]
    assert named and all(found.startswith(row.format(**books)) for found in named)


def test_a_pool_that_was_made_to_give_less(tamper: Tamper, books: Books) -> None:
    """Pools have no chain: content, sums and the seal hold them."""
    report = tamper("UPDATE credits_transfer SET amount = 400, debit_hash = '\\x01' WHERE id = %(funded)s")
    assert {"content", "changed", "checkpoint", "sealed_changed"} <= codes(report)


def test_the_exported_file_is_compared(books: Books) -> None:
    path = sealing.seals_file()
    line = path.read_text()
    path.write_text(line.replace('"transfers": ', '"transfers": 1'))
    assert codes(verify()) == {"export_changed"}
    path.write_text("")
    assert codes(verify()) == {"not_exported"}
    path.write_text("half a li")
    assert sealing.export() == 1 and codes(verify()) == {"export_damaged"}
    path.write_text(line)
    assert verify().whole


def test_seals_follow_each_other(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sealing.seal() == 0, "nothing new, no seal"
    monkeypatch.setattr(sealing, "SPAN", 4)
    ledger.post([award(books["pool"], books["b"], key=f"later{n}") for n in range(10)], actor=None)
    assert verify().unsealed == 10
    assert sealing.seal() == 3 and verify().unsealed == 0
    spans = list(LedgerSeal.objects.order_by("id").values_list("after_id", "through_id"))
    assert all(one[1] == two[0] for one, two in pairwise(spans))
    assert verify().whole


def test_nothing_is_sealed_or_summed_while_a_writer_may_still_come(
    monkeypatch: pytest.MonkeyPatch, books: Books
) -> None:
    ledger.post([award(books["pool"], books["b"], key="later")], actor=None)
    real = visible_horizon.fetch
    monkeypatch.setattr(
        visible_horizon,
        "fetch",
        lambda sql, values: [("9/9",)] if sql is visible_horizon._WRITERS else real(sql, values),
    )
    assert visible_horizon.settled_through(0) is None
    assert sealing.seal(patience_seconds=0) == 0 and checkpoints.make(at_least=1, patience_seconds=0) == 0


def test_the_command_says_what_is_wrong(tamper: Tamper, books: Books) -> None:
    said: list[str] = []
    assert verification.run_ledger(None, say=said.append) is True and "完好" in said[-1]
    tamper("UPDATE credits_account SET balance = balance + 1 WHERE id = %(a)s")
    said.clear()
    assert verification.run_ledger(None, say=said.append) is False
    assert any(f"account {books['a']}" in line for line in said)
    with pytest.raises(verifying.LedgerNotWhole):
        verifying.log_verified()


def test_the_number_of_statements_is_bounded(books: Books, query_counter: Any) -> None:
    with query_counter(at_most=30):
        verify()
