"""What is asked of places: standards, their versions, and the tree of each version."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from linli.standards.rules import Rule, TreeNode, rule_of


class Standard(models.Model):
    """A standard (测评体系, 操作手册) by which a place is looked at; its content stands in versions.

    `place` is the area for which it holds, `organisation` the unit that keeps it. `synthetic`: an example.
    """

    name = models.CharField(max_length=120)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)
    note = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """One edition of a standard. A draft is edited; a published one never changes: a new draft copies it.

    It holds on the days `valid_from` ≤ day < `valid_to` (null: open). `revision` counts the edits of a draft.
    """

    DRAFT, PUBLISHED, RETIRED = "draft", "published", "retired"

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default=DRAFT)
    note = models.CharField(max_length=200, blank=True, default="")
    based_on = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["standard", "number"], name="standards_version_number"),
            models.UniqueConstraint(fields=["standard"], condition=Q(state="draft"), name="standards_one_draft"),
            models.CheckConstraint(condition=Q(state__in=("draft", "published", "retired")), name="standards_state"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False, valid_from__isnull=False),
                name="standards_published_has_dates",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="standards_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard_id} v{self.number}"


class Node(models.Model):
    """An item, a content or a criterion of a version.

    `lineage` is the same for the same criterion through all versions. Only criteria carry weight (points), a method
    and a rule; what stands above them weighs what they weigh together. `site_kinds` are the kinds of sites at which a
    criterion is looked for; empty: it belongs to no site (material, whole place).
    `evidence` is a list of requirements: kind, count, days back, longest caption (see `standards.evidence`).
    `category` is the code, in the catalogue of matters, of what is wrong where it fails: what the phone proposes for a
    problem found by this criterion. A code and not a key, so that a published version outlives the catalogue.
    """

    ITEM, CONTENT, CRITERION = "item", "content", "criterion"
    FIELD, MATERIAL, QUESTIONNAIRE = "field", "material", "questionnaire"

    version = models.ForeignKey(Version, models.CASCADE, related_name="nodes")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    lineage = models.UUIDField(default=uuid.uuid4)
    level = models.CharField(max_length=10)
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=30, blank=True, default="")
    title = models.CharField(max_length=500)
    guidance = models.TextField(blank=True, default="")
    weight = models.DecimalField(max_digits=8, decimal_places=3, default=0)
    method = models.CharField(max_length=15, blank=True, default="")
    rule = models.JSONField(null=True)
    evidence = models.JSONField(default=list)
    site_kinds = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    category = models.CharField(max_length=32, blank=True, default="")
    key = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["version", "parent", "position"], name="standards_node_tree"),
            GinIndex(fields=["site_kinds"], name="standards_node_kinds"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["version", "lineage"], name="standards_lineage_once"),
            models.UniqueConstraint(fields=["version", "key"], name="standards_node_key"),
            models.CheckConstraint(condition=Q(level__in=("item", "content", "criterion")), name="standards_level"),
            models.CheckConstraint(condition=Q(weight__gte=0), name="standards_weight"),
            models.CheckConstraint(
                condition=Q(level="criterion", rule__isnull=False, method__in=("field", "material", "questionnaire"))
                | Q(level__in=("item", "content"), rule=None, weight=0, method=""),
                name="standards_only_criteria_score",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}".strip()

    def scoring_rule(self) -> Rule | None:
        """The rule; None above criteria. Raises `RuleError` for one that cannot be read."""
        return rule_of(self.rule) if self.rule else None

    def tree_node(self) -> TreeNode:
        """The node as scoring needs it."""
        return TreeNode(self.pk, self.parent_id, self.weight, self.scoring_rule())


class NodeUnit(models.Model):
    """A unit that answers for a node and what is below it (责任单位): leading (牵头) or supporting (配合)."""

    LEAD, SUPPORTING = "lead", "supporting"

    node = models.ForeignKey(Node, models.CASCADE, related_name="units")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    part = models.CharField(max_length=10, default=LEAD)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "organisation"], name="standards_unit_once"),
            models.CheckConstraint(condition=Q(part__in=("lead", "supporting")), name="standards_unit_part"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.organisation_id}"
