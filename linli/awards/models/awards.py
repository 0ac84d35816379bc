"""Awards: what a deed came to by the rules, in so many words; and appeals against it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

WAITING, GRANTED, NONE, DECLINED, REVERSED, TO_SETTLE = (
    "waiting", "granted", "none", "declined", "reversed", "to_settle",
)  # fmt: skip
STATES = (WAITING, GRANTED, NONE, DECLINED, REVERSED, TO_SETTLE)
COUNTING = (WAITING, GRANTED, TO_SETTLE)
"""States whose points count towards the caps."""


class Award(models.Model):
    """What one deed came to (积分授予): points, or none, with the reason; once for each `key`, whatever is told again.

    `why` holds the code and the numbers from which the sentence is made that explains it; no personal texts. `rule` and
    so its version stay with the award when the rules change. States: `waiting` for a (second) person, `granted` with
    its transfer, `none` by the rules, `declined` by a person, `reversed` with a reason, `to_settle` when the deed was
    withdrawn but the points are spent: a person looks at it, nothing is taken by itself. `reversed_by` is null where a
    withdrawn deed took it back. `witness`: who can vouch for a line of a list, where its rule asks; erasable.
    """

    key = models.CharField(max_length=160, unique=True)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    rule = models.ForeignKey("awards.Rule", models.PROTECT, null=True, related_name="+")
    rule_code = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=10)
    deed = models.ForeignKey("work.Deed", models.PROTECT, null=True, related_name="+")
    happened_on = models.DateField()
    quantity = models.PositiveIntegerField(default=1)
    points = models.PositiveIntegerField()
    state = models.CharField(max_length=10)
    why = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    witness = models.CharField(max_length=40, blank=True, default="", db_default="")
    transfer = models.ForeignKey("credits.Transfer", models.PROTECT, null=True, related_name="+", db_constraint=False)
    proposed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    reversed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="award_state"),
            models.CheckConstraint(
                condition=Q(state="none", points=0) | (~Q(state="none") & Q(points__gt=0)), name="award_points"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(WAITING, NONE, DECLINED), transfer=None)
                | Q(state__in=(GRANTED, REVERSED, TO_SETTLE), transfer__isnull=False),
                name="award_transfer",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by=None) | Q(decided_by=None) | ~Q(proposed_by=F("decided_by")),
                name="award_two_persons",
            ),
            models.UniqueConstraint(fields=["deed"], condition=Q(deed__isnull=False), name="award_deed_once"),
        ]
        indexes = [
            models.Index(fields=["person", "happened_on"], name="award_person"),
            models.Index(fields=["place", "state"], condition=Q(state__in=(WAITING, TO_SETTLE)), name="award_to_do"),
        ]

    def __str__(self) -> str:
        return self.key


class Appeal(models.Model):
    """A person disagrees with what a deed came to (申诉); somebody decides who had no part in it. `text` is erasable.

    `due_on`: by when it must be answered. Granted points are an award of their own (`granted`), by the same rule.
    """

    STATES = ("open", "granted", "denied", "withdrawn")
    OPEN, GRANTED, DENIED, WITHDRAWN = STATES

    award = models.ForeignKey(Award, models.PROTECT, related_name="appeals")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    text = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, default="open")
    made_at = models.DateTimeField()
    due_on = models.DateField()
    answer = models.CharField(max_length=500, blank=True)
    granted = models.ForeignKey(Award, models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("open", "granted", "denied", "withdrawn")), name="award_appeal_state"
            ),
            models.UniqueConstraint(fields=["award"], condition=Q(state="open"), name="award_appeal_open_once"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("person")), name="award_appeal_not_by_oneself"
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(state="open"), name="award_appeal_due")]
