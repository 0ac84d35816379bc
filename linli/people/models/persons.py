"""Persons: staff under their work name, residents with every personal field encrypted."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Person(models.Model):
    """Someone who works here or who reported something.

    `display_name` is the work name of staff and is plain; it stays blank for residents. Everything else that
    tells who a person is lies encrypted (`*_encrypted`, see `people.crypto`), with a keyed blind index where
    it must be found again. `uid` goes into the associated data of each cipher text, so that a cipher text
    copied to another row does not open. Erasing keeps the row and empties the fields.
    """

    class Kind(models.TextChoices):
        """Why the person is known."""

        STAFF = "staff", "工作人员"
        RESIDENT = "resident", "居民"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    display_name = models.CharField(max_length=60, blank=True)
    pinyin = models.CharField(max_length=200, blank=True)
    name_encrypted = models.BinaryField(null=True)
    name_blind = models.BinaryField(null=True)
    phone_encrypted = models.BinaryField(null=True)
    phone_blind = models.BinaryField(null=True)
    phone_tail_blind = models.BinaryField(null=True)
    id_number_encrypted = models.BinaryField(null=True)
    id_number_blind = models.BinaryField(null=True)
    address_encrypted = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    left_on = models.DateField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone_blind"], condition=Q(phone_blind__isnull=False), name="person_phone"),
            models.Index(
                fields=["id_number_blind"], condition=Q(id_number_blind__isnull=False), name="person_id_number"
            ),
            models.Index(fields=["pinyin"], condition=Q(kind="staff"), name="person_staff_pinyin"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(
                    display_name="",
                    name_encrypted=None,
                    name_blind=None,
                    phone_encrypted=None,
                    phone_blind=None,
                    phone_tail_blind=None,
                    id_number_encrypted=None,
                    id_number_blind=None,
                    address_encrypted=None,
                ),
                name="erased_person_is_empty",
            )
        ]

    def __str__(self) -> str:
        return self.display_name or f"#{self.pk}"
