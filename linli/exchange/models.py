"""What is stored of imports: batches, their rows with what they did, and what was learnt (columns, answers)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class ImportBatch(models.Model):
    """One file brought in, from its upload to its result; undone as a whole.

    `digest` and `mapping_digest` find an interrupted batch again; the content lies sealed under `uid` on disk until
    `purged_at`. `report` is what the pages show: columns, doubts, counts, refused rows. The person is an id without
    foreign key, for the room stands below the one that knows people.
    """

    class State(models.TextChoices):
        """How far the batch has come."""

        RECEIVED = "received"
        CHECKING = "checking"
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        UNDOING = "undoing"
        UNDONE = "undone"
        DROPPED = "dropped"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    mapping = models.JSONField(default=dict)
    mapping_digest = models.CharField(max_length=64, blank=True)
    answers = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    under_place_id = models.BigIntegerField(null=True)
    under_path = models.CharField(max_length=300, blank=True)
    actor_person_id = models.BigIntegerField(null=True)
    actor_user_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    rows_total = models.IntegerField(default=0)
    rows_done = models.IntegerField(default=0)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="import_batch_newest"),
            models.Index(fields=["digest", "kind"], condition=Q(state="running"), name="import_batch_running"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class ImportRow(models.Model):
    """What one row of a file did (`effects`), or why it was not taken (`problems`). The row's key is its position."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    position = models.IntegerField()
    sheet = models.CharField(max_length=120, blank=True)
    line = models.IntegerField()
    outcome = models.CharField(max_length=10)
    area = models.CharField(max_length=120, blank=True)
    effects = models.JSONField(default=list)
    problems = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="import_row_once")]


class RememberedAnswer(models.Model):
    """How a doubt was settled in a district, so that it is not asked again."""

    under_place_id = models.BigIntegerField(null=True)
    topic = models.CharField(max_length=40)
    context = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=300)
    action = models.CharField(max_length=8)
    value = models.CharField(max_length=200, blank=True)
    actor_label = models.CharField(max_length=120)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["under_place_id", "topic", "context", "text"], name="answer_once", nulls_distinct=False
            )
        ]


class RememberedMap(models.Model):
    """How the columns of such a table were read the last time; found again by its headings."""

    kind = models.CharField(max_length=32)
    signature = models.CharField(max_length=32)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "signature"], name="map_once")]
