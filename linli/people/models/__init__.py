"""What the room `people` stores: persons, organisations, appointments, duty, accounts, erasure, audit."""

from linli.people.models.accounts import ApiToken, PhoneCode, RecoveryCode, Session, ThrottleBucket, User
from linli.people.models.audit import AccessRefusal, AuditRecord
from linli.people.models.duty import Delegation, DutyLogEntry, DutyShift, Handover, HandoverLine
from linli.people.models.erasure import Erasure
from linli.people.models.organisations import Appointment, Organisation, Team, TeamMember
from linli.people.models.persons import Person

__all__ = [
    "AccessRefusal",
    "ApiToken",
    "Appointment",
    "AuditRecord",
    "Delegation",
    "DutyLogEntry",
    "DutyShift",
    "Erasure",
    "Handover",
    "HandoverLine",
    "Organisation",
    "Person",
    "PhoneCode",
    "RecoveryCode",
    "Session",
    "Team",
    "TeamMember",
    "ThrottleBucket",
    "User",
]
