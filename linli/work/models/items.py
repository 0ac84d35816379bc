"""Items of work with their legs (one per unit), clocks (one per promise) and asks (pending decisions)."""

from __future__ import annotations

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q

from linli.kernel.identifiers import new_id
from linli.places.fields import LtreeField

LIVE = Q(meaning__in=("open", "waiting"))


class Item(models.Model):
    """One piece of work with an owner, a deadline and more than one step (事项): request, finding, task …

    What all kinds share stands here; the rest in one detail table per kind. `place_path` and `grid_version`
    are as they were when the item was recorded; `place` is today's. `next_due` is the earliest running clock
    and drives the desk; `handle_due` is the promise made to the reporter.
    """

    number = models.CharField(max_length=32)
    kind = models.CharField(max_length=32)
    subkind = models.CharField(max_length=32, blank=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    place_path = LtreeField()
    grid_version = models.BigIntegerField(default=0)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    source_crs = models.CharField(max_length=16, blank=True)
    address = models.CharField(max_length=300, blank=True)
    category = models.ForeignKey("work.Category", models.PROTECT, null=True, related_name="+")
    reporter = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    responsible_organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    responsible_person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=32)
    meaning = models.CharField(max_length=8)
    awaits = models.CharField(max_length=64, blank=True)
    urgency = models.SmallIntegerField(default=1)
    next_due = models.DateTimeField(null=True)
    handle_due = models.DateTimeField(null=True)
    due_provisional = models.BooleanField(default=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children", db_index=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged", db_index=False)
    source = models.CharField(max_length=32)
    source_system = models.CharField(max_length=64, blank=True)
    source_number = models.CharField(max_length=64, blank=True)
    outside_due = models.DateTimeField(null=True)
    rating = models.SmallIntegerField(null=True)
    rework_count = models.SmallIntegerField(default=0)
    handling_round = models.SmallIntegerField(default=1)
    needs_site_check = models.BooleanField(default=True)
    joint_meeting = models.BooleanField(default=False)
    call_back_attempts = models.SmallIntegerField(default=0)
    asked = models.CharField(max_length=64, blank=True)
    endorsed = models.BooleanField(default=False)
    outcome = models.CharField(max_length=32, blank=True)
    excluded_from_rates = models.BooleanField(default=False)
    protected_reporter = models.BooleanField(default=False)
    version = models.IntegerField(default=1)
    history_length = models.IntegerField(default=0)
    history_head = models.BinaryField(default=bytes)
    received_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    contacted_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    called_back_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        # By hand, because a foreign key's and a unique text's own indexes would double those below or hold only NULLs.
        constraints = [
            models.UniqueConstraint(fields=["number"], name="item_number_once"),
            models.UniqueConstraint(
                fields=["source_system", "source_number"],
                condition=~Q(source_number=""),
                name="item_mirrors_an_outside_order_once",
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="item_rating_range"
            ),
        ]
        indexes = [
            models.Index(fields=["next_due", "id"], condition=LIVE, name="item_live_due"),
            models.Index(fields=["responsible_organisation"], condition=LIVE, name="item_live_unit"),
            GistIndex(fields=["place_path"], name="item_place_path"),
            models.Index(fields=["reporter"], condition=Q(reporter__isnull=False), name="item_reporter"),
            models.Index(fields=["-received_at"], name="item_received"),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="item_parent"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="item_merged"),
            models.Index(
                fields=["responsible_person"], condition=Q(responsible_person__isnull=False), name="item_person"
            ),
        ]


class Leg(models.Model):
    """What one unit owes on one item (主办 lead, 协办 co-handler, 属地 local, 核实 check)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="legs", db_index=False)
    role = models.CharField(max_length=16)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="sublegs", db_index=False)
    state = models.CharField(max_length=16)
    active = models.BooleanField(default=True)
    awaits = models.CharField(max_length=64, blank=True)
    final = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)
    signed_by_limit = models.BooleanField(default=False)
    contacted_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(role="lead", active=True), name="item_has_one_active_lead"
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "item"], condition=Q(active=True), name="leg_active_unit"),
            models.Index(fields=["person", "item"], condition=Q(active=True), name="leg_active_person"),
            models.Index(fields=["item"], name="leg_item"),
            models.Index(fields=["person"], condition=Q(person__isnull=False), name="leg_person"),
        ]


class Clock(models.Model):
    """One running promise: started by an event, due by a rule, paused and stopped by others (时限).

    `rule` keeps unit, value, legal basis and the calendar's version as they were applied, so that
    "why this deadline?" can be answered years later. `pauses` is a list of [from, to|null] in ISO 8601.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="clocks", db_index=False)
    leg = models.ForeignKey(Leg, models.PROTECT, null=True, related_name="clocks", db_index=False)
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=8, default="running")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    pauses = models.JSONField(default=list)
    rule = models.JSONField(default=dict)
    provisional = models.BooleanField(default=False)
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["item"], name="clock_item"),
            models.Index(fields=["warn_at"], condition=Q(state="running", warned_at=None), name="clock_to_warn"),
            models.Index(fields=["due_at"], condition=Q(state="running", breached_at=None), name="clock_to_breach"),
        ]


class Ask(models.Model):
    """A decision someone has asked for: return, extension, suspension, termination, appeal, exclusion."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="asks")
    leg = models.ForeignKey(Leg, models.PROTECT, null=True, related_name="asks")
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=8, default="pending")
    asked_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    data = models.JSONField(default=dict)
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "kind"], condition=Q(state="pending"), name="one_pending_ask_of_a_kind"
            )
        ]
