"""A street with its accounts and some members, for tests and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from django.utils import timezone

from linli.credits import ledger
from linli.people.models import Person
from linli.places.services import create_place
from tests.credits.acting import act

_numbers = count()


@dataclass
class Street:
    """Ids of accounts."""

    place: int
    pool: int
    redeemed: int
    supplied: int
    handed: int
    stock: int
    members: list[int] = field(default_factory=list)


def lay(members: int = 1, *, points: int = 0, pieces: int = 0) -> Street:
    """A fresh street whose members have `points` each, and a stock of so many pieces."""
    number = next(_numbers)
    place = create_place(actor_label="tests", kind="site", name=f"积分试验 {number}").pk
    street = Street(
        place, ledger.pool(place), ledger.open_account("redeemed", place),
        ledger.open_account("supplied", place, unit="pieces"), ledger.open_account("handed", place, unit="pieces"),
        ledger.stock_account(f"tests {place}", number, place_id=place),
    )  # fmt: skip
    now = timezone.now()
    people = Person.objects.bulk_create([Person(kind="resident", created_at=now) for _ in range(members)])
    accounts = ledger.member_accounts([person.pk for person in people])
    street.members = [accounts[person.pk] for person in people]
    if points:
        given = [
            {"key": f"lay:{place}:{member}", "debit": street.pool, "credit": member, "amount": points}
            for member in street.members
        ]  # fmt: skip
        assert act("post_all", postings=given)[0] == "done"
    if pieces:
        words = {"debit": street.supplied, "credit": street.stock, "amount": pieces, "kind": "supply"}
        assert act("post", key=f"lay:{place}:stock", **words)[0] == "done"
    return street
