"""What is stored of assessments: tasks, evidence by reference, scores as they were, the office's plan, audit packs.

Nothing here is a score that is believed: a snapshot keeps the tallies of its moment so that it can be computed again.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from linli.kernel.identifiers import new_id


class Assessment(models.Model):
    """A version of a standard put to work over a place and a period (测评周期): it has tasks and a score.

    `plan` is what the office has entered for forecast and repairs: sites per kind of a visit, effort per criterion
    (by lineage), criteria of which nothing can be mended for now, half-life of observations in days, target.
    """

    OPEN, CLOSED = "open", "closed"

    title = models.CharField(max_length=120)
    version = models.ForeignKey("standards.Version", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, default=OPEN)
    plan = models.JSONField(default=dict)
    synthetic = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "place", "since", "until"], condition=Q(state="open"), name="assessment_open_once"
            ),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="assessment_days_in_order"),
            models.CheckConstraint(condition=Q(state__in=("open", "closed")), name="assessment_state"),
        ]
        indexes = [models.Index(fields=["state", "-since"], name="assessment_open_first")]

    def __str__(self) -> str:
        return self.title


class IndicatorTask(models.Model):
    """What one unit owes for one criterion: the detail row of an item of the kind `indicator_task`.

    `needed` is how many pieces of evidence the criterion asks for; the item holds owner, deadline, state, history.
    """

    item = models.OneToOneField("work.Item", models.PROTECT, primary_key=True, related_name="+")
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="tasks")
    node = models.ForeignKey("standards.Node", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    part = models.CharField(max_length=10)
    needed = models.PositiveSmallIntegerField(default=0)
    linked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "node", "organisation"], name="assessment_task_once")
        ]
        indexes = [models.Index(fields=["assessment", "organisation"], name="assessment_task_unit")]


class EvidenceLink(models.Model):
    """A record that already existed counts as evidence of a task: by reference, never a copy of its words.

    `happened_on` and `recorded_at` are those of the record and cannot be chosen; `late` marks a record that was made
    after its time, for good. `audience` is how many people were reached, as they were counted. Only added and read:
    what once counted stays to be seen.
    """

    RULE, PERSON = "rule", "person"
    database_privileges = "append"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(IndicatorTask, models.PROTECT, related_name="links")
    source = models.CharField(max_length=30)
    object_id = models.CharField(max_length=64)
    place_name = models.CharField(max_length=120, blank=True)
    happened_on = models.DateField()
    recorded_at = models.DateTimeField()
    photos = models.JSONField(default=list)
    url = models.CharField(max_length=200, blank=True)
    audience = models.PositiveIntegerField(default=0)
    linked_by = models.CharField(max_length=8)
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    linked_at = models.DateTimeField()
    late = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "source", "object_id"], name="assessment_evidence_once"),
            models.CheckConstraint(condition=Q(linked_by__in=("rule", "person")), name="assessment_linked_by"),
        ]
        indexes = [models.Index(fields=["source", "object_id"], name="assessment_evidence_object")]


class ScoreSnapshot(models.Model):
    """The score of a place at a moment: tallies by criterion, from which every point follows, and what was expected.

    `seen` are the observations that were counted, as runs of numbers, so that the same ones can be counted again.
    """

    database_privileges = "append"

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="snapshots")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    day = models.DateField()
    observations = models.PositiveIntegerField()
    seen = models.JSONField(default=list)
    tallies = models.JSONField(default=dict)
    possible = models.DecimalField(max_digits=12, decimal_places=4)
    won = models.DecimalField(max_digits=12, decimal_places=4)
    forecast = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "place", "day"], name="assessment_one_snapshot_a_day")
        ]


class AuditPack(models.Model):
    """A pack of everything for the examiners (迎检资料包), made in the background: state and progress of its making."""

    QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="packs")
    state = models.CharField(max_length=8, default=QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("queued", "running", "done", "failed")), name="assessment_pack_state"
            ),
            models.UniqueConstraint(
                fields=["assessment"], condition=Q(state__in=("queued", "running")), name="assessment_one_pack_at_once"
            ),
        ]
