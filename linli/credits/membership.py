"""Taking part in the scheme of points: by one's own will, and ended when one likes (自愿参加、随时退出)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from linli.credits.book import Book
from linli.credits.expiring import clear
from linli.credits.models import Account, Membership
from linli.credits.opening import member_account
from linli.credits.posting import actor_id
from linli.credits.postings import RENOUNCED
from linli.credits.rules import is_good
from linli.credits.sql import retried
from linli.credits.writing import write
from linli.people.access import Actor


def join(person_id: int, *, actor: Actor | None, place_id: int | None = None) -> int:
    """The person takes part from now on; their account. Joining again opens the account that was left."""
    with transaction.atomic():
        account_id = member_account(person_id)
        Account.objects.select_for_update().get(pk=account_id)
        if not Membership.objects.filter(person_id=person_id, left_at=None).exists():
            Membership.objects.create(
                person_id=person_id, place_id=place_id, joined_at=timezone.now(), joined_by_id=actor_id(actor)
            )
        Account.objects.filter(pk=account_id).exclude(closed_at=None).update(closed_at=None)
    return account_id


def leave(person_id: int, *, actor: Actor | None, give_up: bool = False) -> None:
    """The person takes part no more: nothing is credited any longer.

    What they have stays theirs to spend until it expires, unless they `give_up` what is not held. Leaving twice is
    leaving once.
    """
    account_id = member_account(person_id)

    def work() -> None:
        account = Account.objects.select_for_update().get(pk=account_id)
        if give_up and account.balance > account.held:
            _renounce(account_id, actor_id(actor))
        now = timezone.now()
        Membership.objects.filter(person_id=person_id, left_at=None).update(left_at=now, left_by_id=actor_id(actor))
        Account.objects.filter(pk=account_id, closed_at=None).update(closed_at=now)

    retried(work)


def _renounce(account_id: int, acting: int | None) -> None:
    """What is not held goes to the expired points of the pools that gave it, lot by lot."""
    book = Book(acting)
    book.lock([account_id])
    book.read_lots([account_id])
    lots = [lot for lot in book.lots_of(account_id) if is_good(lot.expires_on, book.today)]
    if lots:
        clear(book, sorted(lots, key=lambda lot: lot.id), RENOUNCED)
        write(book)


def members_among(person_ids: Iterable[int]) -> set[int]:
    """Those of the persons who take part (1 statement)."""
    return set(
        Membership.objects.filter(person_id__in=list(person_ids), left_at=None).values_list("person_id", flat=True)
    )
