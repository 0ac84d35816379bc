"""Rules by which deeds earn points (积分规则): data, per street, in versions."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from linli.work.themes import THEMES

STATES = ("draft", "published", "retired")
CATEGORIES = tuple(THEMES)
DEEDS = ("hours", "fixed", "wish", "praised")
SOURCES = (*DEEDS, "nominated", "listed", "sticker")
UNITS = ("piece", "hour", "half_hour")
ROUNDINGS = ("down", "nearest", "up")
EVIDENCE = ("record", "photo", "witness", "none")
EVIDENCE_MORE = {"fixed": ("photo",), "wish": ("photo",), "nominated": ("photo", "witness"), "listed": ("witness",)}
"""What a rule may ask beside the record, by source: only what is really looked for. A photo of what was mended or
fulfilled (without one a person decides), a photo or witness with a nomination, a witness on each line of a list."""
CONFIRMERS = ("record", "officer")


class RuleSet(models.Model):
    """The rules of a street in one version. A published version is never changed; the next one follows it.

    In force for deeds of the days `valid_from` ≤ day < `valid_to` (null: open). `notice_days`: how long a nomination is
    on public notice; `appeal_days`: how long an award may be appealed; `catch_up_days`: deeds of so many days before
    joining count when a person joins. Caps are points for one person, over all rules.
    """

    DRAFT, PUBLISHED, RETIRED = STATES

    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default=DRAFT)
    title = models.CharField(max_length=80)
    introduction = models.CharField(max_length=500, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    day_cap = models.PositiveIntegerField(null=True)
    month_cap = models.PositiveIntegerField(null=True)
    notice_days = models.PositiveSmallIntegerField(default=7)
    appeal_days = models.PositiveSmallIntegerField(default=15)
    catch_up_days = models.PositiveSmallIntegerField(default=30)
    synthetic = models.BooleanField(default=False)
    written_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    published_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "version"], name="rule_set_version"),
            models.UniqueConstraint(fields=["place"], condition=Q(state="draft"), name="rule_set_one_draft"),
            models.UniqueConstraint(
                fields=["place"], condition=Q(state="published", valid_to=None), name="rule_set_one_open"
            ),
            models.CheckConstraint(condition=Q(state__in=STATES), name="rule_set_state"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(valid_from__isnull=False, published_at__isnull=False),
                name="rule_set_published_from",
            ),
            models.CheckConstraint(
                condition=Q(written_by=None) | Q(published_by=None) | ~Q(written_by=F("published_by")),
                name="rule_set_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(notice_days__gte=5, appeal_days__gte=5, catch_up_days__lte=366), name="rule_set_days"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Rule(models.Model):
    """One rule: which deeds, how points are reckoned, what it needs. `code` stays the same over the versions.

    `source` says where deeds come from: a kind of deed of `work.deeds`, or nomination, list, sticker. `theme` narrows
    it to deeds whose facts name that kind (`work.themes`); blank takes the rest. `points` are for each `unit`; a part
    of a unit is rounded by `rounding`. Caps are points of one person by this rule. `confirmer` "record": the confirmed
    record is enough; "officer": somebody confirms each award. More than `second_above` points need a second person.
    `validity_months`: how long the points are good (null: for ever).
    """

    rule_set = models.ForeignKey(RuleSet, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=40)
    category = models.CharField(max_length=20)
    title = models.CharField(max_length=60)
    note = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=10)
    theme = models.CharField(max_length=20, blank=True)
    unit = models.CharField(max_length=10, default="piece")
    rounding = models.CharField(max_length=8, default="down")
    points = models.PositiveIntegerField()
    day_cap = models.PositiveIntegerField(null=True)
    month_cap = models.PositiveIntegerField(null=True)
    evidence = models.CharField(max_length=10, default="record")
    confirmer = models.CharField(max_length=10, default="record")
    second_above = models.PositiveIntegerField(null=True)
    validity_months = models.PositiveSmallIntegerField(null=True, default=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule_set", "code"], name="rule_code_once"),
            models.UniqueConstraint(
                fields=["rule_set", "source", "theme"], condition=Q(source__in=DEEDS), name="rule_of_deeds_once"
            ),
            models.CheckConstraint(condition=Q(points__gt=0), name="rule_only_rewards"),
            models.CheckConstraint(condition=Q(category__in=CATEGORIES), name="rule_category"),
            models.CheckConstraint(condition=Q(source__in=SOURCES), name="rule_source"),
            models.CheckConstraint(condition=Q(unit__in=UNITS, rounding__in=ROUNDINGS), name="rule_unit"),
            models.CheckConstraint(condition=Q(evidence__in=EVIDENCE, confirmer__in=CONFIRMERS), name="rule_needs"),
        ]

    def __str__(self) -> str:
        return self.title
