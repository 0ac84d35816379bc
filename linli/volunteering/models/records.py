"""The other record groups (志愿服务条例 art. 19): training, commendation, evaluation; certificates and star levels."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Training(models.Model):
    """A training a volunteer took part in (培训), valid until a day or for good; `activity` where it was one here."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    organiser = models.CharField(max_length=120, blank=True)
    activity = models.ForeignKey("activities.Activity", models.PROTECT, null=True, related_name="+")
    happened_on = models.DateField()
    minutes = models.PositiveSmallIntegerField(default=0)
    valid_until = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["person", "-happened_on"], name="vol_training_person")]
        constraints = [
            models.UniqueConstraint(fields=["person", "title", "happened_on"], name="vol_training_once"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("happened_on")), name="vol_training_validity"
            ),
        ]


class Commendation(models.Model):
    """A commendation (表彰奖励): who gave it, for what, when."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    given_by = models.CharField(max_length=120)
    given_on = models.DateField()
    document = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "title", "given_on"], name="vol_commendation_once")]


class Evaluation(models.Model):
    """How a service was found (评价), by whom it was for or by who organised it: 1 (poor) to 5 (very good).

    Seen by the volunteer and by staff of the place, never in public; no average of a person is made.
    """

    RECIPIENT, ORGANISER = "recipient", "organiser"

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    service = models.ForeignKey("volunteering.Service", models.PROTECT, null=True, related_name="evaluations")
    by_kind = models.CharField(max_length=10, default=ORGANISER)
    grade = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200, blank=True)
    given_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["person", "-given_on"], name="vol_evaluation_person")]
        constraints = [
            models.CheckConstraint(condition=Q(grade__gte=1, grade__lte=5), name="vol_evaluation_grade"),
            models.CheckConstraint(condition=Q(by_kind__in=("recipient", "organiser")), name="vol_evaluation_by"),
        ]


class Certificate(models.Model):
    """A certificate of service (志愿服务证明): asked for, issued with number and code, refused or revoked.

    What it certifies (`minutes`, `services`, `contents`) is frozen when it is issued, or when its public notice begins;
    the name is read from the person whenever the paper is made, so that it is stored once and erased once. Anybody can
    verify it by its `code`.

    Where the rules of the place ask for a public notice (公示) it is on notice from `notice_from` to `notice_until`,
    both included, and is issued only afterwards. `name_shown_at`: since when the volunteer consents to stand there with
    a masked name; null is without a name.
    """

    ASKED, NOTICE, ISSUED, REFUSED, REVOKED = "asked", "notice", "issued", "refused", "revoked"
    OPEN = (ASKED, NOTICE)

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, default=ASKED)
    since = models.DateField(null=True)
    until = models.DateField()
    purpose = models.CharField(max_length=60, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    name_shown_at = models.DateTimeField(null=True)
    notice_from = models.DateField(null=True)
    notice_until = models.DateField(null=True)
    code = models.CharField(max_length=32, blank=True)
    number = models.CharField(max_length=60, blank=True)
    minutes = models.PositiveIntegerField(default=0)
    services = models.PositiveIntegerField(default=0)
    contents = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    issuer = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    responsible = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    handler = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-asked_at"], name="vol_certificate_person"),
            models.Index(fields=["place"], condition=Q(state__in=("asked", "notice")), name="vol_certificate_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="vol_certificate_code_once"),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="vol_certificate_number_once"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=("asked", "notice")), name="vol_certificate_one_asked"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("asked", "notice", "issued", "refused", "revoked")),
                name="vol_certificate_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("asked", "notice", "refused")) | ~Q(code="") & ~Q(number=""),
                name="vol_certificate_issued_has_code",
            ),
            models.CheckConstraint(
                condition=~Q(state="notice") | Q(notice_until__gt=F("notice_from")), name="vol_certificate_notice"
            ),
        ]


class CertificateEntry(models.Model):
    """One decision on a certificate and its reason: noticed, issued, refused, reopened, revoked. Never changed."""

    database_privileges = "append"
    erasable_columns = ("reason",)

    NOTICED, ISSUED, REFUSED, REOPENED, REVOKED = "noticed", "issued", "refused", "reopened", "revoked"

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="entries")
    act = models.CharField(max_length=10)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(act__in=("noticed", "issued", "refused", "reopened", "revoked")),
                name="vol_certificate_entry_act",
            )
        ]


class CertificateObjection(models.Model):
    """What somebody says against a certificate on notice (异议), for staff to read. Upheld, it is not issued."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="objections")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    answer = models.CharField(max_length=500, blank=True)
    upheld = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["certificate", "person"], condition=Q(answered_at=None), name="vol_certificate_one_objection"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(upheld__isnull=False), name="vol_certificate_objection_answered"
            ),
        ]


class StarAward(models.Model):
    """A star level (星级志愿者): applied for, shown in a public notice, granted when nobody objects."""

    NOTICE, GRANTED, STOPPED = "notice", "granted", "stopped"

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    minutes = models.PositiveIntegerField()
    threshold = models.PositiveIntegerField()
    state = models.CharField(max_length=8, default=NOTICE)
    notice_from = models.DateField()
    notice_until = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "level"], condition=~Q(state="stopped"), name="vol_star_once"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=5), name="vol_star_level"),
            models.CheckConstraint(condition=Q(state__in=("notice", "granted", "stopped")), name="vol_star_state"),
            models.CheckConstraint(condition=Q(notice_until__gte=F("notice_from")), name="vol_star_notice"),
        ]
        indexes = [models.Index(fields=["place", "state", "notice_until"], name="vol_star_place")]
