"""What is stored of places: the tree, dated names, codes and boundaries, versions, the calendar."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models import F, Q

from linli.places.fields import LtreeField


class Place(models.Model):
    """A node of the tree of places, from the country down to a building or a site of any kind."""

    id = models.BigAutoField(primary_key=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    path = LtreeField()
    kind = models.CharField(max_length=20)
    site_kind = models.CharField(max_length=30, blank=True, default="")
    name = models.CharField(max_length=120)
    pinyin = models.CharField(max_length=400, blank=True, default="")
    pinyin_initials = models.CharField(max_length=120, blank=True, default="")
    code = models.CharField(max_length=40, blank=True, default="")
    code_scheme = models.CharField(max_length=20, blank=True, default="")
    layer = models.CharField(max_length=20, default="governance")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    household_count = models.PositiveIntegerField(null=True)
    synthetic = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            GistIndex(fields=["path"], name="places_place_path"),
            models.Index(fields=["kind", "layer"], name="places_place_kind"),
            models.Index(fields=["code"], name="places_place_code"),
            GinIndex(fields=["name"], name="places_place_name_trgm", opclasses=["gin_trgm_ops"]),
            GinIndex(fields=["pinyin"], name="places_place_pinyin_trgm", opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code_scheme", "code"],
                condition=Q(active=True) & ~Q(code=""),
                name="places_one_active_code",
            ),
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True)
                | Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="places_point_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code or self.pk})"


class PlaceName(models.Model):
    """A name a place has or had. Exactly one official name is open; aliases are for finding."""

    OFFICIAL, ALIAS, FORMER = "official", "alias", "former"

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, default=ALIAS)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        indexes = [GinIndex(fields=["name"], name="places_placename_trgm", opclasses=["gin_trgm_ops"])]
        constraints = [
            models.UniqueConstraint(
                fields=["place"],
                condition=Q(kind="official", valid_to__isnull=True),
                name="places_one_official_name",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="places_name_dates",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PlaceCode(models.Model):
    """A code a place has or had under a scheme (GB/T 2260, statistics, grid), as a string with its dates."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="codes")
    scheme = models.CharField(max_length=20)
    code = models.CharField(max_length=40)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["code"], name="places_placecode_code")]
        constraints = [
            models.UniqueConstraint(
                fields=["place", "scheme"], condition=Q(valid_to__isnull=True), name="places_one_open_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.code}"


class Boundary(models.Model):
    """Where a place lies, from a date until another: WKB in CGCS2000 (EPSG:4490), lon before lat.

    `valid_from` is the first day, `valid_to` the first day on which it no longer holds (null: still does).
    """

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="boundaries")
    geometry = models.BinaryField()
    min_lon = models.FloatField()
    min_lat = models.FloatField()
    max_lon = models.FloatField()
    max_lat = models.FloatField()
    source_crs = models.CharField(max_length=20, default="EPSG:4490")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)
    synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place"], condition=Q(valid_to__isnull=True), name="places_one_open_boundary"
            ),
            models.UniqueConstraint(fields=["place", "version"], name="places_boundary_version"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="places_boundary_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"boundary {self.version} of {self.place_id}"


class GridMember(models.Model):
    """A building or road (or its written name) that belongs to a grid which has no polygon."""

    grid = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="members")
    place = models.ForeignKey(Place, on_delete=models.CASCADE, null=True, related_name="member_of")
    text = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        indexes = [GinIndex(fields=["text"], name="places_gridmember_trgm", opclasses=["gin_trgm_ops"])]
        constraints = [
            models.CheckConstraint(condition=Q(place__isnull=False) | ~Q(text=""), name="places_member_is_named"),
            models.UniqueConstraint(fields=["grid", "place", "text"], name="places_member_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.text or f"place {self.place_id}"


class PlaceChange(models.Model):
    """One change of the register: who, when, what. Only ever added to (the service role may not alter it)."""

    database_privileges = "append"

    place_id = models.BigIntegerField(null=True, db_index=True)
    at = models.DateTimeField(auto_now_add=True)
    actor_label = models.CharField(max_length=120)
    action = models.CharField(max_length=30)
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.action} {self.place_id}"


class RegistryVersion(models.Model):
    """The version of one register of slowly changing data; snapshots in a process are keyed by it.

    It is raised in the transaction that changes the register. A value is never used twice, not even after a
    roll-back: it is the greater of the last value + 1 and the database's clock in microseconds.
    """

    PLACES, CALENDAR, CATALOGUE, ORGANISATIONS = "places", "calendar", "catalogue", "organisations"

    name = models.CharField(max_length=30, primary_key=True)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class CalendarDay(models.Model):
    """A day whose kind is known: statutory holiday, make-up workday, or a local closing day.

    `edited` days were set by a person and stay as they are; the others follow what is published.
    """

    date = models.DateField(primary_key=True)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=60, blank=True, default="")
    source = models.CharField(max_length=120, blank=True, default="")
    provisional = models.BooleanField(default=False)
    edited = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.date} {self.kind}"
