"""What a phone sends, and what becomes of it: values only, no database."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from linli.kernel.labels import Label
from linli.work.engine import StepRefused

RESULTS: dict[str, int] = {"fail": 0, "pass": 1, "not_applicable": 2}
RESULT_NAMES = {number: name for name, number in RESULTS.items()}
HANDLINGS = ("hand_over", "fix_on_spot", "report")
OBSERVATIONS_MAX, PHOTOS_MAX, WORDS_MAX, REASON_MAX = 500, 9, 2000, 200

OBSERVATION, VISIT, CONFLICT_HOLDER = "observation", "visit", "conflict"
LETTER, VISIT_PLAN = "letter", "visit_plan"
"""Words by which evidence and papers name what holds them."""

STORED: Literal["stored"] = "stored"
REPEATED: Literal["repeated"] = "repeated"
CONFLICT: Literal["conflict"] = "conflict"
REFUSED: Literal["refused"] = "refused"
STORE, WITHOUT_FILES, WITHOUT_FINDING, DISCARD = "store", "store_without_files", "store_without_finding", "discard"

CHOICES: dict[str, Label] = {
    STORE: Label("仍然记录", "Record it all the same"),
    WITHOUT_FILES: Label("不带照片记录", "Record it without the photos"),
    WITHOUT_FINDING: Label("只记录结果，不交办", "Record the result only"),
    DISCARD: Label("不记录", "Do not record it"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an observation is not stored as it came, and what can be done."""

    label: Label
    choices: tuple[str, ...] = (STORE, DISCARD)


REASONS: dict[str, Reason] = {
    "site_closed": Reason(Label("这个点位已被关闭，不再检查。", "The site was closed meanwhile.")),
    "round_ended": Reason(Label("这次巡查已经结束。", "The round has ended.")),
    "outside_period": Reason(Label("记录时间不在巡查期间。", "It was recorded outside the round's period.")),
    "not_in_round": Reason(Label("这个点位不在这次巡查里。", "The site is not in this round.")),
    "unknown_round": Reason(Label("这次巡查已不存在。", "The round does not exist any more."), (DISCARD,)),
    "unknown_site": Reason(Label("这个点位已不存在。", "The site does not exist any more."), (DISCARD,)),
    "criterion_gone": Reason(Label("这条标准已不在现行版本里。", "The criterion is no longer in the version.")),
    "clock_ahead": Reason(Label("手机时间比现在晚，请核对。", "The phone's clock is ahead.")),
    "bad_value": Reason(Label("扣分或等级超出范围。", "The points or grade are out of range.")),
    "not_yours": Reason(Label("这个点位不在您的工作范围。", "The site is not in your area.")),
    "upload_gone": Reason(
        Label("照片已失效，请重拍或不带照片记录。", "A photo has expired; record it without."), (WITHOUT_FILES, DISCARD)
    ),
    "finding_refused": Reason(
        Label("发现的问题没有交办成功。", "The problem could not be handed over."), (STORE, WITHOUT_FINDING, DISCARD)
    ),
}


@dataclass(frozen=True, slots=True)
class CoReceiver:
    """Who received a hand-over for a co-handling unit (协办): by name; with a `signature` (upload token) it signed."""

    organisation_id: int
    name: str = ""
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class NewFinding:
    """The problem behind a failing observation.

    `hand_over` goes to `lead_organisation_id` (none: who answers for category and place); with a `signature` (upload
    token) the receiver has signed for it at once. `fix_on_spot` is mended already, `after_photos` show it. `report`
    goes to the dispatcher, or by rule to the unit that answers. `co_receivers` are units that answer together with
    the lead (联合执法) and were there; they need not be named in `co_organisation_ids` too.
    """

    client_key: UUID
    category_id: int | None = None
    advice: str = ""
    handling: str = "report"
    lead_organisation_id: int | None = None
    co_organisation_ids: tuple[int, ...] = ()
    receiver_name: str = ""
    signature: str | None = None
    after_photos: tuple[str, ...] = ()
    co_receivers: tuple[CoReceiver, ...] = ()

    @property
    def signatures(self) -> list[str]:
        """The upload tokens of all signatures."""
        return [token for token in (self.signature, *(entry.signature for entry in self.co_receivers)) if token]


@dataclass(frozen=True, slots=True)
class NewObservation:
    """One tick. `photos` are upload tokens (`work.uploads.receive`); sound goes there too.

    `value`: points taken off (deduction) or share (graded), None for the rule's own. `replaces` is the client key of
    the observation it corrects, whichever of the two arrives first.
    """

    client_key: UUID
    round_id: int
    site_id: int
    criterion_id: int
    result: str
    observed_at: datetime
    value: float | None = None
    words: str = ""
    longitude: float | None = None
    latitude: float | None = None
    accuracy_m: float | None = None
    photos: tuple[str, ...] = ()
    finding: NewFinding | None = None
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewUnreached:
    """That a site of a round could not be looked at (没查成), and why. Idempotent by its key, as records are."""

    client_key: UUID
    round_id: int
    site_id: int
    reason: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class NewProblem:
    """A problem that somebody came by where no round looks: on the way, or on a day without one.

    It lies where the position says, else at `place_id`, an area of the recorder's. Idempotent by the finding's key.
    """

    client_key: UUID
    place_id: int
    observed_at: datetime
    finding: NewFinding
    words: str = ""
    longitude: float | None = None
    latitude: float | None = None
    accuracy_m: float | None = None
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one device sends at once."""

    device: str
    observations: tuple[NewObservation, ...]
    unreached: tuple[NewUnreached, ...] = ()
    problems: tuple[NewProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservationOutcome:
    """What became of one: stored, repeated (stored before; the same answer), or kept as a conflict to decide.

    Only reports on sites and problems elsewhere are `refused`: nothing is to be decided where round, site or area is
    not there.
    """

    client_key: UUID
    outcome: Literal["stored", "repeated", "conflict", "refused"]
    observation_id: int | None = None
    number: str = ""
    conflict_id: int | None = None
    code: str = ""
    label: Label | None = None
    choices: tuple[tuple[str, Label], ...] = ()


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """The outcomes in the order of the batch, and when the server received it."""

    received_at: datetime
    outcomes: tuple[ObservationOutcome, ...]


def refuse(code: str, field: str, zh: str, en: str) -> StepRefused:
    """A refusal of the whole batch (422): only for what a right client never sends."""
    return StepRefused(code, Label(zh, en), status=422, field=field)


def check(batch: Batch) -> None:
    """Raise StepRefused (422) for what cannot be kept at all: too many, doubled keys, words that are no values."""
    keys = [entry.client_key for entry in batch.observations] + [report.client_key for report in batch.unreached]
    keys += [problem.client_key for problem in batch.problems]
    if len(keys) > OBSERVATIONS_MAX:
        raise refuse("too_many", "observations", f"一次最多{OBSERVATIONS_MAX}条。", f"At most {OBSERVATIONS_MAX}.")
    if len(keys) != len(set(keys)):
        raise refuse("doubled_key", "client_key", "同一条记录出现了两次。", "A client key comes twice.")
    for entry in batch.observations:
        _check_one(entry)
    for report in batch.unreached:
        if not report.reason.strip() or len(report.reason) > REASON_MAX:
            raise refuse("no_reason", "reason", f"请写明没查成的原因（最多{REASON_MAX}字）。", "Say why, briefly.")
        if report.observed_at.tzinfo is None:
            raise refuse("no_zone", "observed_at", "时间要带时区。", "The time needs a zone.")
    for problem in batch.problems:
        _check_problem(problem)


def _check_problem(entry: NewProblem) -> None:
    if not entry.words.strip() and not entry.photos:
        raise refuse("nothing_said", "words", "请拍一张照片，或者写几个字。", "Take a photo or write a few words.")
    if entry.finding.handling == "fix_on_spot" and not entry.finding.after_photos:
        raise refuse("no_after", "after_photos", "当场解决的，请拍一张处理后的照片。", "Show that it is mended.")
    _check_one(NewObservation(
        entry.client_key, 0, entry.place_id, 0, "fail", entry.observed_at, None, entry.words, entry.longitude,
        entry.latitude, entry.accuracy_m, entry.photos, entry.finding,
    ))  # fmt: skip


def _check_one(entry: NewObservation) -> None:
    if entry.result not in RESULTS:
        raise refuse("invalid_result", "result", "结果应为合格、不合格或不适用。", "Unknown result.")
    if entry.observed_at.tzinfo is None:
        raise refuse("no_zone", "observed_at", "时间要带时区。", "The time needs a zone.")
    for number in (entry.value, entry.longitude, entry.latitude, entry.accuracy_m):
        if number is not None and not math.isfinite(number):
            raise refuse("invalid_number", "value", "数值不对。", "A number is not finite.")
    if entry.replaces == entry.client_key:
        raise refuse("replaces_itself", "replaces", "不能更正自己。", "It cannot replace itself.")
    finding = entry.finding
    if finding is not None and (finding.handling not in HANDLINGS or entry.result != "fail"):
        raise refuse("invalid_finding", "finding", "只有不合格的记录可以交办。", "Only a failing result has a finding.")
    files = [*entry.photos, *(finding.after_photos if finding else ())]
    if len(entry.photos) > PHOTOS_MAX or (finding is not None and len(finding.after_photos) > PHOTOS_MAX):
        raise refuse("too_many_files", "photos", f"最多{PHOTOS_MAX}张照片。", f"At most {PHOTOS_MAX} photos.")
    signed = finding.signatures if finding else []
    try:
        [UUID(token) for token in (*files, *signed)]
    except ValueError as error:
        raise refuse("invalid_upload", "photos", "照片没有上传成功。", "A photo was not uploaded.") from error


def as_json(entry: NewObservation) -> dict[str, Any]:
    """The observation as it is kept with a conflict."""
    found: dict[str, Any] = _plain(asdict(entry))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def from_json(kept: Mapping[str, Any]) -> NewObservation:
    """The observation of a kept conflict."""
    raw = {name: value for name, value in kept.items() if name != "erased"}
    finding = raw.pop("finding", None)
    if finding is not None:
        finding = NewFinding(
            **{
                **finding,
                "client_key": UUID(finding["client_key"]),
                "co_organisation_ids": tuple(finding["co_organisation_ids"]),
                "after_photos": tuple(finding["after_photos"]),
                "co_receivers": tuple(CoReceiver(**entry) for entry in finding.get("co_receivers", ())),
            }
        )
    return NewObservation(
        **{
            **raw,
            "client_key": UUID(raw["client_key"]),
            "observed_at": datetime.fromisoformat(raw["observed_at"]),
            "photos": tuple(raw["photos"]),
            "replaces": UUID(raw["replaces"]) if raw["replaces"] else None,
            "finding": finding,
        }
    )


def tokens(entry: NewObservation) -> list[str]:
    """All uploads an observation names."""
    finding = entry.finding
    more = [*finding.after_photos, *finding.signatures] if finding else []
    return [*entry.photos, *more]
