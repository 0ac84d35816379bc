"""What inspections store: rounds, observations, findings, and what neighbours have promised and checked."""

from linli.inspections.models.findings import Finding
from linli.inspections.models.observations import Observation, ObservationNote, PendingConflict
from linli.inspections.models.promises import (
    Agreement,
    AgreementCheck,
    AgreementDuty,
    MutualCheck,
    Responsibility,
    UrgingLetter,
    Visit,
    VisitPlan,
)
from linli.inspections.models.rounds import Round, RoundSeries, RoundSite, RoundTeam, RoundTeamMember

__all__ = [
    "Agreement",
    "AgreementCheck",
    "AgreementDuty",
    "Finding",
    "MutualCheck",
    "Observation",
    "ObservationNote",
    "PendingConflict",
    "Responsibility",
    "Round",
    "RoundSeries",
    "RoundSite",
    "RoundTeam",
    "RoundTeamMember",
    "UrgingLetter",
    "Visit",
    "VisitPlan",
]
