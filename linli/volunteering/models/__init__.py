"""What the room `volunteering` stores: volunteers, services and hours, records, certificates, joined units."""

from linli.volunteering.models.hours import Appeal, HoursEntry, HoursRules, Service
from linli.volunteering.models.joining import Concern, JoinedMember, JoinedUnit, QuarterFeedback
from linli.volunteering.models.records import (
    Certificate,
    CertificateEntry,
    CertificateObjection,
    Commendation,
    Evaluation,
    StarAward,
    Training,
)
from linli.volunteering.models.volunteers import Volunteer

__all__ = [
    "Appeal",
    "Certificate",
    "CertificateEntry",
    "CertificateObjection",
    "Commendation",
    "Concern",
    "Evaluation",
    "HoursEntry",
    "HoursRules",
    "JoinedMember",
    "JoinedUnit",
    "QuarterFeedback",
    "Service",
    "StarAward",
    "Training",
    "Volunteer",
]
