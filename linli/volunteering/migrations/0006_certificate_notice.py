from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

ACTS = ("noticed", "issued", "refused", "reopened", "revoked")
STATES = ("asked", "notice", "issued", "refused", "revoked")


class Migration(migrations.Migration):
    """A certificate may be on public notice before it is issued, with objections; off until a place's rules ask."""

    dependencies: ClassVar = [("people", "0002_erasure"), ("volunteering", "0005_certificate_entries")]

    operations: ClassVar = [
        migrations.AddField("hoursrules", "certificate_notice_days", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("certificate", "name_shown_at", models.DateTimeField(null=True)),
        migrations.AddField("certificate", "notice_from", models.DateField(null=True)),
        migrations.AddField("certificate", "notice_until", models.DateField(null=True)),
        migrations.RemoveIndex("certificate", "vol_certificate_waiting"),
        migrations.RemoveConstraint("certificate", "vol_certificate_one_asked"),
        migrations.RemoveConstraint("certificate", "vol_certificate_state"),
        migrations.RemoveConstraint("certificate", "vol_certificate_issued_has_code"),
        migrations.RemoveConstraint("certificateentry", "vol_certificate_entry_act"),
        migrations.AddIndex(
            "certificate",
            models.Index(fields=["place"], condition=Q(state__in=("asked", "notice")), name="vol_certificate_waiting"),
        ),
        migrations.AddConstraint(
            "certificate",
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=("asked", "notice")), name="vol_certificate_one_asked"
            ),
        ),
        migrations.AddConstraint(
            "certificate", models.CheckConstraint(condition=Q(state__in=STATES), name="vol_certificate_state")
        ),
        migrations.AddConstraint(
            "certificate",
            models.CheckConstraint(
                condition=Q(state__in=("asked", "notice", "refused")) | ~Q(code="") & ~Q(number=""),
                name="vol_certificate_issued_has_code",
            ),
        ),
        migrations.AddConstraint(
            "certificate",
            models.CheckConstraint(
                condition=~Q(state="notice") | Q(notice_until__gt=F("notice_from")), name="vol_certificate_notice"
            ),
        ),
        migrations.AddConstraint(
            "certificateentry", models.CheckConstraint(condition=Q(act__in=ACTS), name="vol_certificate_entry_act")
        ),
        migrations.CreateModel(
            name="CertificateObjection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=500)),
                ("made_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=500)),
                ("upheld", models.BooleanField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="objections",
                        to="volunteering.certificate",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["certificate", "person"], condition=Q(answered_at=None),
                        name="vol_certificate_one_objection",
                    ),
                    models.CheckConstraint(
                        condition=Q(answered_at=None) | Q(upheld__isnull=False),
                        name="vol_certificate_objection_answered",
                    ),
                ],
            },
        ),
    ]  # fmt: skip
