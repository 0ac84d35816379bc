"""What inspections store: rounds, observations, findings, and what neighbours have promised and checked."""

from linli.inspections.models.dissuasions import Dissuasion, DissuasionNote, DissuasionRound, DissuasionTheme
from linli.inspections.models.findings import Finding
from linli.inspections.models.observations import Observation, ObservationNote, PendingConflict
from linli.inspections.models.promises import (
    Agreement,
    AgreementCheck,
    AgreementDuty,
    MutualCheck,
    MutualRecheck,
    Responsibility,
    UrgingLetter,
    Visit,
    VisitPlan,
)
from linli.inspections.models.rounds import Round, RoundSeries, RoundSite, RoundTeam, RoundTeamMember
from linli.inspections.models.unreached import SiteReport

__all__ = [
    "Agreement",
    "AgreementCheck",
    "AgreementDuty",
    "Dissuasion",
    "DissuasionNote",
    "DissuasionRound",
    "DissuasionTheme",
    "Finding",
    "MutualCheck",
    "MutualRecheck",
    "Observation",
    "ObservationNote",
    "PendingConflict",
    "Responsibility",
    "Round",
    "RoundSeries",
    "RoundSite",
    "RoundTeam",
    "RoundTeamMember",
    "SiteReport",
    "UrgingLetter",
    "Visit",
    "VisitPlan",
]
