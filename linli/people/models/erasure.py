"""Wishes to have a person's data erased: ids, codes and times only, so that nothing of the person is left in them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Erasure(models.Model):
    """One wish to erase (删除个人信息申请): who asked, why, who decided, and what it came to.

    `asked_by` is the person themselves or staff who took the wish down; somebody else decides. `counts` says how many
    things of each part were emptied.
    """

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="erasures")
    reason = models.CharField(max_length=24)
    state = models.CharField(max_length=12, default="pending")
    asked_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=24, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="pending"), name="one_pending_erasure"),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at=None) | ~Q(state="pending") & Q(decided_at__isnull=False),
                name="erasure_is_pending_or_decided",
            ),
        ]
        indexes = [models.Index(fields=["-asked_at"], name="erasure_asked")]
