"""Services and their hours: one service of one person, every decision about its minutes, appeals, and the rules."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class HoursRules(models.Model):
    """By which rules hours are reckoned in a place from a day on (时长规则): data, each version kept.

    Times in minutes. A stay is cut to the planned time plus `grace`, less `break_minutes` for each full `break_after`,
    rounded `down` or to the `nearest` `rounding`, nothing below `minimum`, at most `cap` for one activity. Travel never
    counts. `stars` are the hours of the five star levels; `certificate_notice_days` is for how many days a certificate
    is on public notice before it is issued, 0 where none is (民发〔2015〕149号: at least 7). `seed` says that they are
    common practice (广东、合肥 …), not a rule of this district.
    """

    database_privileges = "append"

    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    since = models.DateField()
    rounding = models.PositiveSmallIntegerField(default=30)
    rounding_mode = models.CharField(max_length=8, default="down")
    minimum = models.PositiveSmallIntegerField(default=30)
    break_after = models.PositiveSmallIntegerField(default=240)
    break_minutes = models.PositiveSmallIntegerField(default=30)
    cap = models.PositiveSmallIntegerField(default=480)
    grace = models.PositiveSmallIntegerField(default=15)
    appeal_days = models.PositiveSmallIntegerField(default=30)
    late_after_days = models.PositiveSmallIntegerField(default=7)
    stars = ArrayField(models.PositiveIntegerField(), default=list)
    notice_days = models.PositiveSmallIntegerField(default=5)
    certificate_notice_days = models.PositiveSmallIntegerField(default=0)
    seed = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "version"], name="vol_hours_rules_once"),
            models.CheckConstraint(condition=Q(rounding__gt=0, cap__gt=0), name="vol_hours_rules_positive"),
            models.CheckConstraint(condition=Q(rounding_mode__in=("down", "nearest")), name="vol_hours_rules_mode"),
        ]
        indexes = [models.Index(fields=["place", "-since", "-version"], name="vol_hours_rules_latest")]


class Service(models.Model):
    """One service of one person (一次志愿服务): where, when, what, for whom, and its minutes as they now stand.

    `key` is natural (`attendance:17`, `import:…`), so that the same service told twice is one. `origin` says where it
    comes from: check-ins, entered by hand, or imported; what was entered after `late_after_days` is `late` (补录).
    `theme` is the kind of good deed (`work.themes`): the activity's, or as entered; rules of points tell deeds apart by
    it. `minutes` and `state` are those of the last `HoursEntry`, kept here so that sums need no history. `member` is
    the joining (双报到) under which an in-service member served.
    """

    PROPOSED, CONFIRMED, REJECTED = "proposed", "confirmed", "rejected"
    CHECKIN, MANUAL, IMPORT = "checkin", "manual", "import"

    key = models.CharField(max_length=96, unique=True)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    member = models.ForeignKey("volunteering.JoinedMember", models.PROTECT, null=True, related_name="services")
    activity = models.ForeignKey("activities.Activity", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=40, blank=True)
    happened_on = models.DateField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    content = models.CharField(max_length=200)
    theme = models.CharField(max_length=20, blank=True, default="")
    origin = models.CharField(max_length=8)
    evidence = models.CharField(max_length=200, blank=True)
    late = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default=PROPOSED)
    minutes = models.PositiveIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-happened_on"], name="vol_service_person"),
            models.Index(fields=["place", "state", "happened_on"], name="vol_service_place"),
            models.Index(fields=["member"], condition=Q(member__isnull=False), name="vol_service_member"),
            models.Index(fields=["place"], condition=Q(state="proposed"), name="vol_service_waiting"),
            models.Index(fields=["activity"], condition=Q(activity__isnull=False), name="vol_service_activity"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("proposed", "confirmed", "rejected")), name="vol_service_state"
            ),
            models.CheckConstraint(condition=Q(origin__in=("checkin", "manual", "import")), name="vol_service_origin"),
            models.CheckConstraint(condition=Q(minutes__lte=1440), name="vol_service_within_a_day"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(minutes__gt=0), name="vol_service_confirmed_has_minutes"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="vol_service_ends_after_it_starts"
            ),
        ]


class HoursEntry(models.Model):
    """One decision about the minutes of a service: proposed, confirmed, corrected, rejected. Never changed.

    A correction is a new entry that replaces the last; `reckoned` says how the minutes came about (stay, break,
    rounding, rule version) for check-ins.
    """

    database_privileges = "append"
    erasable_columns = ("reason",)

    PROPOSED, CONFIRMED, CORRECTED, REJECTED, DECIDED = "proposed", "confirmed", "corrected", "rejected", "decided"

    service = models.ForeignKey(Service, models.PROTECT, related_name="entries")
    version = models.PositiveSmallIntegerField()
    act = models.CharField(max_length=10)
    minutes = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    reckoned = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "version"], name="vol_hours_entry_once"),
            models.CheckConstraint(
                condition=Q(act__in=("proposed", "confirmed", "corrected", "rejected", "decided")),
                name="vol_hours_entry_act",
            ),
        ]


class Appeal(models.Model):
    """A volunteer's objection to the minutes of a service (异议), decided by somebody else than who confirmed them."""

    OPEN, UPHELD, REFUSED, WITHDRAWN = "open", "upheld", "refused", "withdrawn"

    service = models.ForeignKey(Service, models.PROTECT, related_name="appeals")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    wanted = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default=OPEN)
    answer = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service"], condition=Q(state="open"), name="vol_appeal_one_open"),
            models.CheckConstraint(
                condition=Q(state__in=("open", "upheld", "refused", "withdrawn")), name="vol_appeal_state"
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("person")), name="vol_appeal_decided_by_another"),
        ]
