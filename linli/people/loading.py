"""Loads who acts: from a signed-in account or an API token, with one SQL statement at each request.

Delegated appointments are in force only while the appointment behind them is, with its role and inside its scope;
that is asked at every load, so a delegation can never widen, whatever is in the table.

Actors are kept in the process with a *print* of the rows they were made of: the account, the person, each
appointment's row version (and of the one behind it), the versions of the registers of places and organisations.
Each request reads that print anew (a look-up by keys); only when it differs is the actor made again. So a kept
actor is never stale: an appointment that ended, a token taken back or an account closed counts at the next request,
in every process, whoever changed it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg import Cursor

from linli.people.access import Actor, Grant
from linli.people.roles import ROLES

KEPT_ACTORS = 4096

_SUB_UNIT_ROLES = sorted(role.slug for role in ROLES.values() if role.sub_units)

# A row version is its writer (xmin) and its place (ctid): two changes in one transaction share the writer only.
_PRINT = """
  u.id, u.username, u.language, u.must_change_password, p.id, p.display_name, {token}, {used_today},
  (SELECT string_agg(concat_ws(':', a.id, a.xmin, a.ctid, b.xmin, b.ctid), ',' ORDER BY a.id)
   FROM people_appointment a LEFT JOIN people_appointment b ON b.id = a.delegated_from_id
   WHERE a.person_id = p.id),
  (SELECT string_agg(version::text, ',' ORDER BY name) FROM places_registryversion
   WHERE name IN ('organisations', 'places'))
"""
_SOURCE = """
FROM people_user u JOIN people_person p ON p.id = u.person_id {source}
WHERE u.is_active AND p.erased_at IS NULL AND (p.left_on IS NULL OR p.left_on > %(today)s) AND {condition}
"""
_APPOINTMENTS = """,
  (SELECT json_agg(json_build_array(a.id, a.role, pl.path::text, o.id,
      CASE WHEN a.role = ANY(%(sub_unit_roles)s) THEN (
        SELECT json_agg(d.id) FROM people_organisation d WHERE d.path <@ o.path) END,
      a.delegated_from_id IS NOT NULL) ORDER BY a.delegated_from_id IS NOT NULL, a.id)
   FROM people_appointment a
   LEFT JOIN places_place pl ON pl.id = a.place_id
   LEFT JOIN people_organisation o ON o.id = a.organisation_id
   LEFT JOIN people_appointment b ON b.id = a.delegated_from_id
   LEFT JOIN places_place bpl ON bpl.id = b.place_id
   LEFT JOIN people_organisation bo ON bo.id = b.organisation_id
   WHERE a.person_id = p.id
     AND a.valid_from <= %(today)s AND (a.valid_to IS NULL OR a.valid_to > %(today)s)
     AND (a.delegated_from_id IS NULL OR (
       b.role = a.role AND b.delegated_from_id IS NULL
       AND b.valid_from <= %(today)s AND (b.valid_to IS NULL OR b.valid_to > %(today)s)
       AND (bpl.path IS NULL OR pl.path <@ bpl.path) AND (bo.path IS NULL OR o.path <@ bo.path))))
"""
_USER = {"token": "NULL::bigint", "used_today": "TRUE", "source": "", "condition": "u.id = %(user)s"}
_TOKEN = {
    "token": "t.id",
    "used_today": "t.last_used_on IS NOT DISTINCT FROM %(today)s::date",
    "source": "JOIN people_apitoken t ON t.user_id = u.id",
    "condition": "t.digest = %(digest)s AND t.revoked_at IS NULL AND t.expires_at > %(now)s",
}
# The day of use is noted by the statement that makes the actor, so the first request of each day makes it anew.
_NOTE_USE = """
WITH used AS (
  UPDATE people_apitoken SET last_used_on = %(today)s
  WHERE digest = %(digest)s AND revoked_at IS NULL AND expires_at > %(now)s
    AND last_used_on IS DISTINCT FROM %(today)s::date
)
"""


def _statement(what: str, words: dict[str, str]) -> str:
    return "SELECT " + (what + _SOURCE).format(**words)


_PRINT_BY_USER, _PRINT_BY_TOKEN = _statement(_PRINT, _USER), _statement(_PRINT, _TOKEN)
_BY_USER = _statement(_PRINT + _APPOINTMENTS, _USER)
_BY_TOKEN = _NOTE_USE + _statement(_PRINT + _APPOINTMENTS, _TOKEN)
USED_TODAY = 7

_Kept = tuple[tuple[Any, ...], Actor]
_lock = threading.Lock()
_kept: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()


def token_digest(raw: str) -> bytes:
    """What is stored of an API token. The token has 256 random bits, so a plain digest does."""
    return hashlib.sha256(raw.encode()).digest()


def load_actor(user_id: int, *, strong: bool, today: date | None = None) -> Actor | None:
    """The actor behind a signed-in user, in one statement; None when the account is closed or the person gone."""
    day = today or timezone.localdate()
    return _load((user_id, strong, day), _PRINT_BY_USER, _BY_USER, {"user": user_id, "today": day}, strong=strong)


def load_actor_from_token(raw: str, *, today: date | None = None) -> Actor | None:
    """The actor behind an API token, in one statement (which also notes the day of use); None when it is no good."""
    day, digest = today or timezone.localdate(), token_digest(raw)
    values = {"digest": digest, "today": day, "now": timezone.now()}
    return _load((digest, day), _PRINT_BY_TOKEN, _BY_TOKEN, values, strong=True)


def _load(
    key: tuple[Any, ...], print_statement: str, whole_statement: str, values: dict[str, Any], *, strong: bool
) -> Actor | None:
    """One statement where the kept actor still stands or none is kept; two where something has changed."""
    kept = _kept.get(key)
    if kept is not None:
        row = _one(print_statement, values)
        if row is None:
            return None
        if row == kept[0] and row[USED_TODAY]:
            return kept[1]
    row = _one(whole_statement, {**values, "sub_unit_roles": _SUB_UNIT_ROLES})
    if row is None:
        return None
    actor = _actor(row, strong=strong)
    with _lock:
        # Noted by this very statement, so true at the next reading.
        _kept[key] = ((*row[:USED_TODAY], True, *row[USED_TODAY + 1 : -1]), actor)
        _kept.move_to_end(key)
        while len(_kept) > KEPT_ACTORS:
            _kept.popitem(last=False)
    return actor


def _one(statement: str, values: dict[str, Any]) -> tuple[Any, ...] | None:
    # Asked at every request: prepared, so that the server plans its joins once per connection.
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(statement, values, prepare=True).fetchone()


def _actor(row: Sequence[Any], *, strong: bool) -> Actor:
    user_id, username, language, must_change, person_id, name, token_id = row[:USED_TODAY]
    appointments = row[-1]
    if isinstance(appointments, str):
        appointments = json.loads(appointments)
    grants: list[Grant] = []
    numbers: list[int] = []
    units: list[int] = []
    withheld = False
    for number, slug, place_path, unit, sub_units, delegated in appointments or ():
        role = ROLES.get(slug)
        if role is None:
            continue
        if role.second_factor and not strong:
            withheld = True
            continue
        grant = _grant(slug, place_path, unit, sub_units, delegated)
        if grant is None:
            continue
        grants.append(grant)
        numbers.append(number)
        if unit is not None and unit not in units:
            units.append(unit)
    staff = bool(grants) and any(ROLES[grant.role].staff for grant in grants)
    resident = ROLES["resident"]
    grants.append(Grant(resident.permissions, role=resident.slug, own=True))
    return Actor(
        person_id=person_id,
        user_id=user_id,
        roles=frozenset(grant.role for grant in grants),
        grants=tuple(grants),
        channel="staff" if staff else "resident",
        language=language,
        appointment_ids=tuple(numbers),
        name=name,
        username=username,
        organisation_id=units[0] if units else None,
        organisation_ids=tuple(units),
        strong=strong,
        withheld=withheld,
        must_change_password=must_change,
        token_id=token_id,
    )


def _grant(
    slug: str, place_path: str | None, unit: int | None, sub_units: Sequence[int] | None, delegated: bool
) -> Grant | None:
    """The grant of one appointment; None when the scope that the role needs is missing (refused by default)."""
    role = ROLES[slug]
    if role.scope == "instance":
        return Grant(role.permissions, role=slug, everything=True, delegated=delegated)
    if role.scope == "place" and place_path is not None:
        return Grant(role.permissions, place_path=place_path, role=slug, delegated=delegated)
    if role.scope == "organisation" and unit is not None:
        units = frozenset((unit, *(sub_units or ())))
        return Grant(role.permissions, organisation_id=unit, role=slug, organisation_ids=units, delegated=delegated)
    return None
