"""The writers of the room in one place: registration, hours, records, certificates, joined units, many at once."""

from linli.volunteering.bulk import (
    ConcernRow,
    MemberRow,
    ServiceRow,
    record_concerns,
    record_members,
    record_services,
    record_units,
)

__all__ = [
    "ConcernRow",
    "MemberRow",
    "ServiceRow",
    "record_concerns",
    "record_members",
    "record_services",
    "record_units",
]
