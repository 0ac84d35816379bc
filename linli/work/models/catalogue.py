"""The dispatch catalogue (派单目录): categories, who answers for them where, and within which time."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from linli.places.fields import LtreeField


class Category(models.Model):
    """A class of matters (事件/部件/诉求类别). Versioned: an edit ends one row and opens the next one.

    Codes are strings under a versioned scheme; nothing assumes their length. `confidence` is V, S, M or U as in
    the standards file; seed rows say so wherever they show.
    """

    scheme = models.CharField(max_length=32)
    code = models.CharField(max_length=32)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = LtreeField()
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    plain_name = models.CharField(max_length=80, blank=True)
    filing_condition = models.TextField(blank=True)
    closing_condition = models.TextField(blank=True)
    keywords = models.JSONField(default=list)
    request_kinds = models.JSONField(default=list)
    urgency = models.SmallIntegerField(default=1)
    function = models.CharField(max_length=32, blank=True)
    photo_reason = models.CharField(max_length=200, blank=True)
    needs_site_check = models.BooleanField(default=True)
    dispatch_by_rule = models.BooleanField(default=True)
    is_seed = models.BooleanField(default=False)
    confidence = models.CharField(max_length=1, blank=True)
    origin = models.CharField(max_length=200, blank=True)
    revision = models.IntegerField(default=1)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], condition=Q(valid_to=None), name="category_valid_once")
        ]


class DispatchRule(models.Model):
    """Who answers for a category in a place: an organisation by name, or the nearest one with a function."""

    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="dispatch_rules")
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=16, default="lead")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    function = models.CharField(max_length=32, blank=True)
    automatic = models.BooleanField(default=True)
    basis = models.CharField(max_length=200, blank=True)
    is_seed = models.BooleanField(default=False)
    active = models.BooleanField(default=True)


class DeadlineRule(models.Model):
    """How long a clock runs: by kind of item, category and place; the most specific rule wins."""

    kind = models.CharField(max_length=32)
    clock = models.CharField(max_length=16)
    subkind = models.CharField(max_length=32, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="deadline_rules")
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    urgency = models.SmallIntegerField(null=True)
    unit = models.CharField(max_length=16)
    value = models.IntegerField()
    legal_basis = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=200, blank=True)
    confidence = models.CharField(max_length=1, blank=True)
    is_seed = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__gt=0), name="deadline_rule_is_positive"),
        ]
