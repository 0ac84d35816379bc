"""Idempotency: one key, one effect, one answer."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """The first answer to a key. Scoped to actor or device and endpoint; the hash is of the request's content.

    Written in the transaction of the change, before it: a second request with the same key waits for the first,
    then reads its answer; the same key with another content is a conflict.
    """

    scope = models.CharField(max_length=96)
    key = models.CharField(max_length=96)
    request_hash = models.BinaryField()
    answer = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]
