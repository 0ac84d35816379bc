"""Writers of inspections: what phones record, and what is decided about what could not be recorded as it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from linli.inspections import batch as sent
from linli.inspections import chance_findings, unreached
from linli.inspections.batch import OBSERVATION, Batch, BatchOutcome, NewObservation, ObservationOutcome
from linli.inspections.finding_services import Where, open_finding
from linli.inspections.models import Observation, ObservationNote, PendingConflict, Round
from linli.inspections.recording import RECORD, Ground, Judged, judge, read
from linli.kernel.coordinates import distance_metres
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require_somewhere
from linli.work import evidence_links, moments, uploads
from linli.work.engine import StepRefused

TRIES = 3
CONFLICT_KEPT = timedelta(days=90)
RESOLVE = "inspection.resolve"
GONE = Label("这条记录已由他人决定，请刷新。", "This has been decided already; reload.")


def record_batch(actor: Actor, batch: Batch, key: str) -> BatchOutcome:
    """Store what a device sends: THE entrance for the phone and for REST.

    Each observation is idempotent by its client key, so a batch may be sent again, whole, in parts, or in another
    order: what is stored is stored once, and the answer to what was stored before is the same again. What cannot be
    stored as it came is kept (`PendingConflict`) with its photos and answered as `conflict` with what can be done.
    Reports that a site could not be looked at, and problems elsewhere, come with it and are answered after the records
    (`unreached.store`, `chance_findings.store`).
    One transaction: everything of the batch, or nothing. `key` names the batch in logs only.

    Raises PermissionRefused (403) for who may record nowhere, StepRefused (422) for what no right client sends.
    About 16 statements for any number of observations, and 4 for each finding (6 with photos).
    """
    require_somewhere(actor, RECORD)
    sent.check(batch)
    now = moments.now()
    for tried in range(TRIES):
        try:
            with transaction.atomic():
                outcomes = _record(actor, batch.observations, batch.device[:64], now)
                # After the records of the batch: a site with a record is done, whatever was reported of it.
                outcomes += unreached.store(actor, batch.unreached, now, RECORD)
                outcomes += chance_findings.store(actor, batch.problems, now, RECORD)
            return BatchOutcome(now, tuple(outcomes))
        except IntegrityError:
            # The same keys came by another request meanwhile; read again, they are stored now.
            if tried + 1 == TRIES:
                raise
    raise AssertionError("unreachable")


def _record(actor: Actor, entries: Sequence[NewObservation], device: str, now: datetime) -> list[ObservationOutcome]:
    if not entries:
        return []
    ground = read(entries)
    judged = {
        entry.client_key: judge(actor, entry, ground, now)
        for entry in entries
        if entry.client_key not in ground.stored and entry.client_key not in ground.conflicts
    }
    ready = [one for one in judged.values() if not one.reason]
    _store(actor, ready, ground, now)
    kept = _keep([one for one in judged.values() if one.reason], actor, device, now)
    return [_answer(entry, ground, judged, kept) for entry in entries]


def _store(actor: Actor, ready: list[Judged], ground: Ground, now: datetime) -> None:
    """Findings first (their items are named by the observations), then all rows in bulk."""
    if not ready:
        return
    for one, number in zip(ready, _ids(len(ready)), strict=True):
        one.id = number
    for one in ready:
        _open_finding(actor, one)
    good = [one for one in ready if not one.reason]
    _hold_files(actor, good, now)
    good = [one for one in good if not one.reason]
    coming = {one.entry.client_key: one for one in good}
    corrected = {one.entry.replaces for one in good if one.entry.replaces} | ground.corrections
    Observation.objects.bulk_create([_row(one, actor, ground, coming, corrected, now) for one in good])
    notes = [ObservationNote(observation_id=one.id, words=one.entry.words[: sent.WORDS_MAX]) for one in good
             if one.entry.words.strip()]  # fmt: skip
    ObservationNote.objects.bulk_create(notes)
    _mark_done(good, now)


def _ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('inspections_observation', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def _open_finding(actor: Actor, one: Judged) -> None:
    """Open the item of a failing observation; where that is refused, the observation becomes a conflict."""
    new, site, node = one.entry.finding, one.site, one.node
    if new is None or not one.finding or site is None or node is None:
        return
    where = Where(
        site.id, site.path, site.name, site.longitude, site.latitude, f"未做到“{node.title}”", one.entry.words,
        one.entry.photos if one.files else (), one.id, one.entry.round_id, node.pk,
        timezone.localdate(one.entry.observed_at),
    )  # fmt: skip
    if not one.files:
        unsigned = tuple(replace(entry, signature=None) for entry in new.co_receivers)
        new = replace(new, signature=None, after_photos=(), co_receivers=unsigned)
    try:
        with transaction.atomic():
            done = open_finding(actor, new, where)
    except StepRefused as refusal:
        one.reason = "upload_gone" if refusal.code == "upload_gone" else "finding_refused"
        one.problem = refusal.label.zh
        return
    one.item_id, one.number = done.item_id, done.number


def _hold_files(actor: Actor, good: list[Judged], now: datetime) -> None:
    """Photos of what raised no item hang on the observation itself."""
    wanted = [
        evidence_links.Held(OBSERVATION, one.id, one.entry.photos, "report", one.site.longitude, one.site.latitude)
        for one in good
        if one.item_id is None and one.files and one.entry.photos and one.site is not None
    ]
    try:
        with transaction.atomic():
            evidence_links.hold(wanted, actor, now)
    except StepRefused:
        if len(wanted) <= 1:
            for one in good:
                if wanted and one.id == wanted[0].holder_id:
                    one.reason = "upload_gone"
            return
        # One photo that is gone must not hold up the others.
        for held in wanted:
            _hold_files(actor, [one for one in good if one.id == held.holder_id], now)


def _row(
    one: Judged,
    actor: Actor,
    ground: Ground,
    coming: dict[UUID, Judged],
    corrected: set[UUID],
    now: datetime,
) -> Observation:
    entry, site, node = one.entry, one.site, one.node
    assert site is not None and node is not None
    old = ground.stored.get(entry.replaces) if entry.replaces else None
    new = coming.get(entry.replaces) if entry.replaces else None
    return Observation(
        id=one.id,
        client_key=entry.client_key,
        round_id=entry.round_id,
        site_id=site.id,
        criterion_id=node.pk,
        version_id=node.version_id,
        result=sent.RESULTS[entry.result],
        value=one.value,
        observed_at=entry.observed_at,
        recorded_at=now,
        day=timezone.localdate(entry.observed_at),
        late=one.late,
        longitude=entry.longitude,
        latitude=entry.latitude,
        accuracy_m=entry.accuracy_m,
        distance_m=_distance(entry, one),
        recorded_by_id=one.recorded_by or actor.person_id,
        replaces=entry.replaces,
        replaces_id=old.pk if old is not None else (new.id if new is not None else None),
        superseded=entry.client_key in corrected,
        item_id=one.item_id,
    )


def _distance(entry: NewObservation, one: Judged) -> float | None:
    site = one.site
    if site is None or None in (entry.longitude, entry.latitude, site.longitude, site.latitude):
        return None
    if not (-180 <= (entry.longitude or 0) <= 180 and -90 <= (entry.latitude or 0) <= 90):
        return None
    here = (float(entry.longitude or 0), float(entry.latitude or 0))
    return round(distance_metres(here, (float(site.longitude or 0), float(site.latitude or 0))), 1)


_DONE = """
INSERT INTO inspections_roundsite (round_id, site_id, state, reason, done_at, version)
SELECT r, s, 'done', '', %s, 0 FROM unnest(%s::bigint[], %s::bigint[]) AS seen(r, s) ORDER BY r, s
ON CONFLICT (round_id, site_id) DO UPDATE SET state = 'done', reason = '', done_at = excluded.done_at,
  version = inspections_roundsite.version + 1
WHERE inspections_roundsite.state IN ('due', 'unreachable')
"""


def _mark_done(good: Sequence[Judged], now: datetime) -> None:
    """A record made at a site is what shows that it was visited; a planned round begins with its first record."""
    if not good:
        return
    seen = sorted({(one.entry.round_id, one.entry.site_id) for one in good})
    with connection.cursor() as cursor:
        cursor.execute(_DONE, [now, [pair[0] for pair in seen], [pair[1] for pair in seen]])
    planned = [one.round.pk for one in good if one.round is not None and one.round.state == Round.PLANNED]
    if planned:
        Round.objects.filter(pk__in=set(planned), state=Round.PLANNED).update(state=Round.RUNNING)


def _keep(refused: Sequence[Judged], actor: Actor, device: str, now: datetime) -> dict[UUID, PendingConflict]:
    """Keep what has to be decided, with its photos."""
    rows = [
        PendingConflict(
            client_key=one.entry.client_key,
            reason=one.reason,
            payload=sent.as_json(one.entry),
            device=device,
            site_id=one.site.id if one.site is not None else None,
            recorded_by_id=actor.person_id,
            received_at=now,
        )
        for one in refused
    ]
    if not rows:
        return {}
    files = [token for one in refused for token in sent.tokens(one.entry)]
    if files:
        uploads.keep(files, now + CONFLICT_KEPT)
    return {row.client_key: row for row in PendingConflict.objects.bulk_create(rows)}


def _answer(
    entry: NewObservation, ground: Ground, judged: dict[UUID, Judged], kept: dict[UUID, PendingConflict]
) -> ObservationOutcome:
    stored, conflict = ground.stored.get(entry.client_key), kept.get(entry.client_key)
    if stored is not None:
        number = stored.item.number if stored.item is not None else ""
        return ObservationOutcome(entry.client_key, "repeated", stored.pk, number)
    conflict = conflict or ground.conflicts.get(entry.client_key)
    if conflict is not None:
        return conflict_outcome(conflict)
    one = judged[entry.client_key]
    return ObservationOutcome(entry.client_key, "stored", one.id, one.number)


def conflict_outcome(row: PendingConflict) -> ObservationOutcome:
    """A conflict as it is answered, open or decided."""
    reason = sent.REASONS[row.reason]
    choices = tuple((code, sent.CHOICES[code]) for code in reason.choices) if row.state == PendingConflict.OPEN else ()
    return ObservationOutcome(
        row.client_key, "conflict", conflict_id=row.pk, code=row.reason, label=reason.label, choices=choices
    )


@transaction.atomic
def resolve_conflict(actor: Actor, conflict_id: int, choice: str) -> ObservationOutcome:
    """Decide a conflict: store it all the same (late entries stay marked), without photos or finding, or leave it out.

    Whoever recorded it may, and whoever holds `inspection.resolve` over the site. Raises ObjectHidden (404) for
    others, StepRefused: 409 when it was decided already or still cannot be stored, 422 for a choice not offered.
    """
    row = PendingConflict.objects.select_for_update(of=("self",)).select_related("site").filter(pk=conflict_id).first()
    own = row is not None and actor.person_id is not None and row.recorded_by_id == actor.person_id
    path = str(row.site.path) if row is not None and row.site is not None else None
    if row is None or not (own or (path is not None and actor.may(RESOLVE, place_path=path))):
        raise ObjectHidden(RESOLVE)
    if row.state != PendingConflict.OPEN:
        raise StepRefused("decided", GONE, status=409)
    if choice not in sent.REASONS[row.reason].choices:
        raise sent.refuse("unknown_choice", "choice", "没有这个选项。", "There is no such choice.")
    now = moments.now()
    entry = sent.from_json(row.payload)
    outcome = conflict_outcome(row)
    if choice == sent.DISCARD:
        row.state = PendingConflict.DISCARDED
        uploads.keep(sent.tokens(entry), None)
    else:
        outcome = _store_decided(actor, entry, choice, now, row.recorded_by_id)
        row.state = PendingConflict.STORED
    row.decided_by_id, row.decided_at = actor.person_id, now
    row.save(update_fields=["state", "decided_by", "decided_at"])
    return outcome


def _store_decided(
    actor: Actor, entry: NewObservation, choice: str, now: datetime, recorded_by: int | None
) -> ObservationOutcome:
    """Store it as recorded by who saw it, whoever decides."""
    ground = read([entry])
    if entry.observed_at > now:
        entry = sent.from_json({**sent.as_json(entry), "observed_at": now.isoformat()})
    one = judge(actor, entry, ground, now, forced=True)
    one.recorded_by = recorded_by
    one.files = choice != sent.WITHOUT_FILES
    one.finding = choice != sent.WITHOUT_FINDING
    if not one.reason:
        _store(actor, [one], ground, now)
    if one.reason:
        reason = sent.REASONS[one.reason]
        raise StepRefused(one.reason, reason.label, status=409)
    return ObservationOutcome(entry.client_key, "stored", one.id, one.number)
