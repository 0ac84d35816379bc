"""What people have promised or been given: responsibilities, agreements, mutual checks, visits, urging letters."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class Responsibility(models.Model):
    """包保: a person or a unit answers for a place, from a day (included) to a day (excluded)."""

    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    duty = models.CharField(max_length=200, blank=True, default="")
    since = models.DateField()
    until = models.DateField(null=True)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        indexes = [models.Index(fields=["place"], name="inspections_resp_place")]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(organisation__isnull=False), name="inspections_resp_somebody"
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="inspections_resp_dates"),
        ]


class Agreement(models.Model):
    """门前五包: a shop's agreement on the duties at its door. The duties stand in `AgreementDuty`."""

    site = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    signer = models.CharField(max_length=60, blank=True, default="")
    signed_on = models.DateField()
    until = models.DateField(null=True)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        indexes = [models.Index(fields=["site"], name="inspections_agreement_site")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("signed_on")), name="inspections_agreement_dates"
            ),
        ]


class AgreementDuty(models.Model):
    """One duty of an agreement: cleanliness, order, greenery, facilities, civility, or the district's own words."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="duties")
    duty = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "duty"], name="inspections_duty_once")]


class AgreementCheck(models.Model):
    """Whether a duty was kept on a day, as somebody saw it at the door."""

    duty = models.ForeignKey(AgreementDuty, models.PROTECT, related_name="checks")
    kept = models.BooleanField()
    words = models.CharField(max_length=500, blank=True, default="")
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    key = models.UUIDField(unique=True, default=uuid.uuid4)


class MutualCheck(models.Model):
    """互查: one shop checks another in a round of checks; never itself. The shop sees the result before the street.

    `released_at`: from then on the street sees it too. `recheck_days`: in so many days after a result that asks for
    mending the shop is looked at again.
    """

    batch = models.UUIDField()
    title = models.CharField(max_length=120)
    checker = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    checked = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    due_on = models.DateField()
    good = models.BooleanField(null=True)
    words = models.CharField(max_length=500, blank=True, default="")
    done_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    recheck_days = models.PositiveSmallIntegerField(default=7, db_default=7)
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["batch"], name="inspections_mutual_batch")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "checker"], name="inspections_checks_once"),
            models.UniqueConstraint(fields=["batch", "checked"], name="inspections_checked_once"),
            models.CheckConstraint(condition=~Q(checker=F("checked")), name="inspections_nobody_checks_itself"),
        ]


class MutualRecheck(models.Model):
    """复查: a shop that was to mend something is looked at again by the shop that found it, in turns until all is well.

    The date comes by the rule of the round, or from `moved_by`. `mended_by` says that it is mended; others look.
    """

    check_of = models.ForeignKey(MutualCheck, models.PROTECT, related_name="rechecks")
    turn = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    moved_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    mended_at = models.DateTimeField(null=True)
    mended_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    good = models.BooleanField(null=True)
    words = models.CharField(max_length=500, blank=True, default="")
    done_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["check_of", "turn"], name="inspections_recheck_turn"),
            models.UniqueConstraint(
                fields=["check_of"], condition=Q(done_at=None), name="inspections_one_recheck_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(recorded_by=None) | Q(mended_by=None) | ~Q(recorded_by=F("mended_by")),
                name="inspections_nobody_rechecks_own_work",
            ),
        ]


class VisitPlan(models.Model):
    """走访: who is to be visited in a period, and by which unit."""

    title = models.CharField(max_length=120)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    since = models.DateField()
    until = models.DateField()
    wanted = models.PositiveIntegerField(default=0)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(until__gte=F("since")), name="inspections_visitplan_dates")]


class Visit(models.Model):
    """One visit to a home or a firm: where, when, how it went. What has to be followed up is an item of work.

    Names of residents are not asked for; `words` may be erased.
    """

    plan = models.ForeignKey(VisitPlan, models.PROTECT, null=True, related_name="visits")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    address = models.CharField(max_length=120, blank=True, default="")
    outcome = models.CharField(max_length=12)
    words = models.CharField(max_length=2000, blank=True, default="")
    visited_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    item = models.ForeignKey("work.Item", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        indexes = [models.Index(fields=["place", "-visited_at"], name="inspections_visit_place")]


class UrgingLetter(models.Model):
    """A letter that urges a property manager (物业督促函): about a finding or a place, with the reply on record.

    `issuer` is the unit in whose name it goes out. `form`: a reminder, which everybody may write, or an order, which
    only who enforces the law may, with its legal `basis`.
    """

    REMINDER, ORDER = "reminder", "order"

    issuer = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    form = models.CharField(max_length=10, default=REMINDER, db_default=REMINDER)
    basis = models.CharField(max_length=200, blank=True, default="", db_default="")
    item = models.ForeignKey("work.Item", models.PROTECT, null=True, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    words = models.CharField(max_length=2000)
    reply_due = models.DateField()
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    reply = models.CharField(max_length=2000, blank=True, default="")
    replied_at = models.DateTimeField(null=True)
    replied_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        indexes = [models.Index(fields=["organisation"], name="inspections_letter_unit")]
        constraints = [
            models.CheckConstraint(condition=Q(form__in=("reminder", "order")), name="inspections_letter_form")
        ]
