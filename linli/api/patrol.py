"""What the patrol's phone asks and sends: the day's sites, batches of records with their photos, decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from ninja import Form, Router
from ninja.params import functions as param
from pydantic import BaseModel, ValidationError

from linli.api import schemas
from linli.api.callers import SignedIn, caller
from linli.api.problems import TOO_LARGE, Problem, language
from linli.api.requests import JSON
from linli.inspections import batch as records
from linli.inspections import selectors, services
from linli.inspections.batch import (
    Batch,
    CoReceiver,
    NewFinding,
    NewObservation,
    NewProblem,
    NewUnreached,
    ObservationOutcome,
)
from linli.kernel.labels import Label
from linli.people.access import Actor, require_somewhere
from linli.people.throttle import Limit, hit
from linli.work import uploads
from linli.work.engine import StepRefused
from linli.work.receiving import Incoming, receive_all
from linli.work.refused import FileRefused
from linli.work.senders import owner_of
from linli.work.uploading import too_long

router = Router(tags=["patrol"])

Sent = schemas.PatrolObservationIn | schemas.PatrolProblemIn
Shape = TypeVar("Shape", bound=BaseModel)

PERMISSION = "inspection.record"
BATCH_BYTES_MAX = 48 * 1024 * 1024
SYNC_LIMIT = Limit("patrol:sync", 600, timedelta(hours=1))

TOO_MANY = Label("上传太频繁，请稍后再试。", "Too many uploads; try again later.")
OTHER_PERSON = Label("这些记录是另一个人记的，请由记录的人登录后上传。", "Somebody else made these; they send them.")
UNREADABLE = Label("这一批记录读不出来。", "The batch cannot be read.")
INCOMPLETE = Label("没有传完整，请再传一次。", "It did not arrive whole; send it again.")
BAD_RECORD = Label("这条记录的“{field}”不对，没有收下。", "“{field}” of this record is wrong; it was not taken.")
LOST_FILE = Label(
    "记录收下了，但有 {n} 个文件打不开，没有收：{why}", "Recorded, but {n} file(s) could not be taken: {why}"
)


class Recorder(SignedIn):
    """Somebody who may record somewhere, with a body of bearable length: asked before anything of it is read."""

    def __call__(self, request: HttpRequest) -> Actor:
        """The caller; 413 by the announced length, 401 when nobody is signed in, 403 for who records nowhere."""
        if request.method == "POST" and too_long(request, BATCH_BYTES_MAX):
            raise Problem(413, "too_large", TOO_LARGE)
        actor = super().__call__(request)
        require_somewhere(actor, PERMISSION)
        return actor


def _person(actor: Actor) -> dict[str, Any]:
    return {"id": actor.person_id, "name": actor.name}


def _answer(content: Any) -> HttpResponse:
    response = HttpResponse(json.dumps(content, ensure_ascii=False), content_type=JSON)
    response["Cache-Control"] = "no-store"
    return response


@router.get(
    "/session", auth=Recorder(), response=schemas.PatrolSessionOut, summary="Who is signed in, and what time it is"
)
def read_patrol_session(request: HttpRequest) -> HttpResponse:
    """The person, a token for changes by this browser, the server's clock."""
    actor = caller(request)
    return _answer({"person": _person(actor), "csrf": get_token(request), "now": timezone.now().isoformat()})


@router.get(
    "/day", auth=Recorder(), response=schemas.PatrolDayOut, summary="What a phone stores for a day without network"
)
def read_patrol_day(request: HttpRequest) -> HttpResponse:
    """Rounds, sites in walking order, criteria, what is open there, units that answer, the map of grids, conflicts."""
    actor = caller(request)
    pack = selectors.day_pack(actor, timezone.localdate())
    return _answer(pack | {"person": _person(actor), "csrf": get_token(request)})


@router.post(
    "/sync", auth=Recorder(), response=schemas.PatrolSyncOut, summary="Send a batch of records with their files"
)
def sync_patrol(request: HttpRequest, batch: Annotated[str, Form(description="JSON: PatrolBatchIn")]) -> HttpResponse:
    """One multipart request: `batch` is JSON, each file is a part named by its id in `files`.

    Every record is taken at most once, by its `client_key`; sent again it is answered again. A record that cannot be
    stored as it came is kept as a conflict; one that is no record at all is refused, and the others are stored.
    """
    actor = caller(request)
    verdict = hit(SYNC_LIMIT, f"p{actor.person_id}")
    if not verdict.allowed:
        raise Problem(429, "too_many", TOO_MANY, headers={"Retry-After": str(verdict.retry_after_seconds)})
    sent = _read(batch)
    if sent.person is not None and sent.person != actor.person_id:
        raise Problem(409, "other_person", OTHER_PERSON)
    files = _files(request, sent)
    refused: list[dict[str, Any]] = []
    wanted = [entry for raw in sent.observations if (entry := _record(raw, refused)) is not None]
    tokens = receive_all(files, owner=owner_of(request))
    good = tuple(_observation(entry, tokens) for entry in wanted)
    good = tuple(entry for entry in good if _sound(Batch(sent.device, (entry,)), entry, refused))
    told_of = [report for raw in sent.unreached if (report := _unreached(raw, refused)) is not None]
    unreached = tuple(report for report in told_of if _sound(Batch(sent.device, good, (report,)), report, refused))
    elsewhere = [one for raw in sent.problems if (one := _valid(schemas.PatrolProblemIn, raw, refused)) is not None]
    problems = tuple(_problem(entry, tokens) for entry in elsewhere)
    problems = tuple(one for one in problems if _sound(Batch(sent.device, (), (), (one,)), one, refused))
    whole = Batch(sent.device, good, unreached, problems)
    done = services.record_batch(actor, whole, str(sent.key) if sent.key else "")
    sent_ones: list[Sent] = [*wanted, *elsewhere]
    told = {str(entry.client_key): entry for entry in sent_ones}
    waiting = selectors.conflicts_of(actor) if any(one.outcome == records.CONFLICT for one in done.outcomes) else []
    named = {row["id"]: row for row in waiting}
    outcomes = [
        _outcome(one, told.get(str(one.client_key)), tokens, named.get(one.conflict_id)) for one in done.outcomes
    ]
    return _answer({"received_at": done.received_at.isoformat(), "outcomes": outcomes + refused})


@router.post(
    "/conflicts/{conflict_id}", auth=Recorder(), response=schemas.PatrolDecidedOut, summary="Decide a conflict"
)
def decide_patrol_conflict(
    request: HttpRequest,
    conflict_id: Annotated[int, param.Path(ge=1, le=schemas.BIGGEST, description="From the day or a sync")],
    body: schemas.PatrolChoiceIn,
) -> HttpResponse:
    """Store the record all the same, in part, or not: one of the choices that came with the conflict."""
    actor = caller(request)
    outcome = services.resolve_conflict(actor, conflict_id, body.choice)
    return _answer({"outcome": outcome.outcome, "number": outcome.number})


# --- Reading ---------------------------------------------------------------------------------------------------


def _read(text: str) -> schemas.PatrolBatchIn:
    try:
        return schemas.PatrolBatchIn.model_validate_json(text)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Problem(422, "unreadable_batch", UNREADABLE, field=f"batch.{field}" if field else "batch") from error


def _files(request: HttpRequest, sent: schemas.PatrolBatchIn) -> list[Incoming]:
    """The files that came, all of them whole: a connection that broke midway must not leave half a photo behind."""
    found = []
    for number, note in sent.files.items():
        part = request.FILES.get(str(number))
        if not isinstance(part, UploadedFile) or part.size != note.bytes:
            raise Problem(400, "incomplete", INCOMPLETE, field=str(number))
        told = uploads.told({"taken_at": note.taken_at, "lon": note.lon, "lat": note.lat})
        found.append(Incoming(number, cast(uploads.Readable, part), note.kind, told))
    return found


def _record(raw: Any, refused: list[dict[str, Any]]) -> schemas.PatrolObservationIn | None:
    """One record; what is none goes to those refused, so that it does not hold up the others."""
    return _valid(schemas.PatrolObservationIn, raw, refused)


def _unreached(raw: Any, refused: list[dict[str, Any]]) -> NewUnreached | None:
    """One report that a site could not be looked at, in the same way."""
    found = _valid(schemas.PatrolUnreachedIn, raw, refused)
    return NewUnreached(**found.model_dump()) if found is not None else None


def _valid(shape: type[Shape], raw: Any, refused: list[dict[str, Any]]) -> Shape | None:
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        key = str(raw.get("client_key", "")) if isinstance(raw, Mapping) else ""
        refused.append(_refused(key, "bad_record", BAD_RECORD.text(language()).replace("{field}", field)))
        return None


def _refused(key: str, code: str, text: str) -> dict[str, Any]:
    return {"client_key": key, "outcome": "refused", "code": code, "label": text, "number": "", "conflict": None}


Tokens = Mapping[UUID, UUID | FileRefused]


def _taken(numbers: list[UUID], tokens: Tokens) -> tuple[str, ...]:
    return tuple(str(token) for number in numbers if isinstance(token := tokens.get(number), UUID))


def _co_receiver(entry: schemas.PatrolCoReceiverIn, tokens: Tokens) -> CoReceiver:
    signed = _taken([entry.signature] if entry.signature else [], tokens)
    return CoReceiver(entry.organisation_id, entry.name, signed[0] if signed else None)


def _finding(entry: schemas.PatrolFindingIn, tokens: Tokens) -> NewFinding:
    signed = _taken([entry.signature] if entry.signature else [], tokens)
    return NewFinding(
        client_key=entry.client_key,
        category_id=entry.category_id,
        advice=entry.advice,
        handling=entry.handling,
        lead_organisation_id=entry.lead_organisation_id,
        co_organisation_ids=tuple(entry.co_organisation_ids),
        receiver_name=entry.receiver_name,
        signature=signed[0] if signed else None,
        after_photos=_taken(entry.after_photos, tokens),
        co_receivers=tuple(_co_receiver(one, tokens) for one in entry.co_receivers),
    )


def _problem(entry: schemas.PatrolProblemIn, tokens: Tokens) -> NewProblem:
    return NewProblem(
        client_key=entry.client_key,
        place_id=entry.place_id,
        observed_at=entry.observed_at,
        finding=_finding(entry.finding, tokens),
        words=entry.words,
        longitude=entry.longitude,
        latitude=entry.latitude,
        accuracy_m=entry.accuracy_m,
        photos=_taken(entry.photos, tokens),
    )


def _observation(entry: schemas.PatrolObservationIn, tokens: Tokens) -> NewObservation:
    return NewObservation(
        client_key=entry.client_key,
        round_id=entry.round_id,
        site_id=entry.site_id,
        criterion_id=entry.criterion_id,
        result=entry.result,
        observed_at=entry.observed_at,
        value=entry.value,
        words=entry.words,
        longitude=entry.longitude,
        latitude=entry.latitude,
        accuracy_m=entry.accuracy_m,
        photos=_taken(entry.photos, tokens),
        finding=_finding(entry.finding, tokens) if entry.finding is not None else None,
        replaces=entry.replaces,
    )


def _sound(batch: Batch, entry: NewObservation | NewUnreached | NewProblem, refused: list[dict[str, Any]]) -> bool:
    """Whether the room takes the entry of a batch at all; asked one by one, for the sake of the others."""
    try:
        records.check(batch)
    except StepRefused as error:
        refused.append(_refused(str(entry.client_key), error.code, error.label.text(language())))
        return False
    return True


# --- Answering ---------------------------------------------------------------------------------------------------


def _outcome(
    one: ObservationOutcome,
    entry: Sent | None,
    tokens: Tokens,
    waiting: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What became of a record; `waiting` is its conflict as the day tells it, with the names of site and criterion."""
    tongue = language()
    label = one.label.text(tongue) if one.label else (_lost(entry, tokens, tongue) if entry else "")
    conflict = None
    if entry is not None and one.outcome == records.CONFLICT:
        conflict = {
            "id": one.conflict_id,
            "client_key": str(one.client_key),
            "code": one.code,
            "label": label,
            "site_name": waiting["site_name"] if waiting else "",
            "criterion_title": waiting["criterion_title"] if waiting else "",
            "observed_at": entry.observed_at.isoformat(),
            "choices": [{"code": code, "label": words.text(tongue)} for code, words in one.choices],
        }
    return {
        "client_key": str(one.client_key), "outcome": one.outcome, "code": one.code, "label": label,
        "number": one.number, "conflict": conflict,
    }  # fmt: skip


def _lost(entry: Sent, tokens: Tokens, tongue: str) -> str:
    """What is said of files that could not be taken; empty when all were."""
    bad = [error for number in entry.file_numbers() if isinstance(error := tokens.get(number), FileRefused)]
    return LOST_FILE.text(tongue).format(n=len(bad), why=bad[0].message) if bad else ""
