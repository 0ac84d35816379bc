"""Transfers, and what proves them: checkpoints of open accounts and seals over everything."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Transfer(models.Model):
    """One transfer (一笔账): `amount` from the account `debit` to `credit`. Inserted and read, never changed.

    One row, so it balances by construction. `request_hash` is the digest of what was asked: the same key with another
    content is refused. For each kept side the row holds the balance after it, the account's version (1, 2, 3 … without
    a gap) and the hash that continues the account's chain. A transfer between two open accounts bears a hash of its own
    in `debit_hash`. `expires_on` is the last day of the lot that arose on a member's account. `created_at` rises with
    the version of an account.

    Foreign keys without a constraint of the database: the statement that writes has both accounts in its hands, a check
    of the pool's row would lock it for all who pay from it, and `verify` looks for orphans.
    """

    database_privileges = "append"

    key = models.CharField(max_length=160)
    request_hash = models.BinaryField()
    kind = models.CharField(max_length=16)
    debit = models.ForeignKey("credits.Account", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    credit = models.ForeignKey("credits.Account", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=120)
    source_type = models.CharField(max_length=40)
    source_id = models.BigIntegerField()
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversals", db_constraint=False, db_index=False
    )
    effective_on = models.DateField()
    expires_on = models.DateField(null=True)
    actor_person = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    created_at = models.DateTimeField()
    debit_balance = models.BigIntegerField(null=True)
    debit_version = models.IntegerField(null=True)
    debit_hash = models.BinaryField(null=True)
    credit_balance = models.BigIntegerField(null=True)
    credit_version = models.IntegerField(null=True)
    credit_hash = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="transfer_key_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_amount"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_between_two"),
            models.CheckConstraint(
                condition=Q(debit_version=None, debit_balance=None)
                | Q(debit_version__gt=0, debit_balance__isnull=False, debit_hash__isnull=False),
                name="transfer_debit_side",
            ),
            models.CheckConstraint(
                condition=Q(credit_version=None, credit_balance=None, credit_hash=None)
                | Q(credit_version__gt=0, credit_balance__isnull=False, credit_hash__isnull=False),
                name="transfer_credit_side",
            ),
            models.CheckConstraint(
                condition=Q(debit_hash__isnull=False) | Q(credit_hash__isnull=False), name="transfer_hashed"
            ),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="transfer_reversed_once"
            ),
            models.UniqueConstraint(
                fields=["debit", "debit_version"],
                condition=Q(debit_version__isnull=False),
                name="transfer_debit_version",
            ),
            models.UniqueConstraint(
                fields=["credit", "credit_version"],
                condition=Q(credit_version__isnull=False),
                name="transfer_credit_version",
            ),
        ]
        indexes = [
            models.Index(fields=["debit", "id"], condition=Q(debit_version=None), name="transfer_open_debit"),
            models.Index(fields=["credit", "id"], condition=Q(credit_version=None), name="transfer_open_credit"),
        ]


class Checkpoint(models.Model):
    """The sums of an open account over all transfers up to `through_id`, taken when none of these could still come.

    `reversed_debits` and `reversed_credits` are the parts of them that are reversals.
    """

    database_privileges = "append"

    account = models.ForeignKey("credits.Account", models.PROTECT, related_name="+")
    through_id = models.BigIntegerField()
    debits = models.BigIntegerField()
    credits = models.BigIntegerField()
    reversed_debits = models.BigIntegerField()
    reversed_credits = models.BigIntegerField()
    transfers = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "through_id"], name="checkpoint_once")]


class LedgerSeal(models.Model):
    """Seal over the transfers `after_id` < id ≤ `through_id`, of members and pools alike; chained, exported outside.

    `entries` holds for each transfer its id (8 bytes) and the first 8 bytes of its hash, so that `verify` can name the
    row that is gone or changed.
    """

    database_privileges = "append"

    after_id = models.BigIntegerField()
    through_id = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    entries = models.BinaryField()
    covers_to = models.DateTimeField()
    previous = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(through_id__gt=F("after_id")), name="ledger_seal_span")]
