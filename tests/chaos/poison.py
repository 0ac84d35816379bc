"""Puts payloads into every text column of a database, past all forms, as nobody but its owner can.

Every text column of every model is either free (somebody may write into it, so it is poisoned) or a code (checked
against a list before it is stored, and the pages need it). A new column that is neither fails the test.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from django.apps import apps
from django.db import models
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.chaos.payloads import fitting

ROOMS = ("exchange", "places", "people", "work", "standards", "requests", "campaigns", "inspections", "assessment")
LONGEST = 1500

FREE: dict[str, str] = {
    "exchange_importbatch": "file_name actor_label problem",
    "exchange_importrow": "sheet area",
    "exchange_rememberedanswer": "text context actor_label",
    "places_place": "name code site_kind",
    "places_placename": "name",
    "places_placecode": "code",
    "places_gridmember": "text",
    "places_placechange": "actor_label data",
    "places_calendarday": "name source",
    "people_user": "username",
    "people_session": "address agent",
    "people_apitoken": "name hint",
    "people_accessrefusal": "route address place_path",
    "people_auditrecord": "subject data address",
    "people_delegation": "reason",
    "people_dutyshift": "note",
    "people_dutylogentry": "text",
    "people_handover": "note",
    "people_handoverline": "references",
    "people_organisation": "name short_name contact",
    "people_team": "name",
    "people_person": "display_name",
    "work_category": "name name_en plain_name filing_condition closing_condition keywords photo_reason origin",
    "work_dispatchrule": "basis",
    "work_deadlinerule": "legal_basis origin",
    "work_evidence": "caption",
    "work_eventtext": "texts",
    "work_item": "title summary address source_system source_number",
    "work_printeddocument": "number",
    "requests_requestdetail": "words",
    "campaigns_campaign": "title goal",
    "assessment_assessment": "title",
    "assessment_evidencelink": "place_name",
    "assessment_auditpack": "problem",
    "standards_standard": "name note",
    "standards_version": "note",
    "standards_node": "code title guidance",
    "inspections_roundseries": "title theme",
    "inspections_round": "title theme",
    "inspections_roundteam": "name",
    "inspections_roundsite": "reason",
    "inspections_observationnote": "words",
    "inspections_pendingconflict": "device",
    "inspections_responsibility": "duty",
    "inspections_agreement": "signer",
    "inspections_agreementcheck": "words",
    "inspections_mutualcheck": "title words",
    "inspections_visitplan": "title",
    "inspections_visit": "address words",
    "inspections_urgingletter": "words reply basis",
    "inspections_sitereport": "reason",
    "inspections_dissuasiontheme": "name name_en",
    "inspections_dissuasionround": "title",
    "inspections_dissuasionnote": "words",
}
CODES: dict[str, str] = {
    "exchange_importbatch": "kind digest mapping mapping_digest answers report state under_path",
    "exchange_importrow": "outcome effects problems",
    "exchange_rememberedanswer": "topic action value",
    "exchange_rememberedmap": "kind signature mapping",
    "people_erasure": "counts reason refusal state",
    "places_place": "kind pinyin pinyin_initials code_scheme layer path",
    "places_placename": "kind",
    "places_placecode": "scheme",
    "places_boundary": "source_crs",
    "places_placechange": "action",
    "places_registryversion": "name",
    "places_calendarday": "kind",
    "people_user": "password language",
    "people_session": "session_key session_data",
    "people_accessrefusal": "channel permission organisation_ids method",
    "people_auditrecord": "action",
    "people_dutyshift": "kind",
    "people_handover": "reason",
    "people_handoverline": "name",
    "people_organisation": "kind pinyin path",
    "people_team": "kind",
    "people_teammember": "function",
    "people_appointment": "role",
    "people_person": "kind pinyin",
    "campaigns_campaign": "kind",
    "campaigns_campaignplace": "part",
    "work_deed": "key kind source_type facts",
    "assessment_assessment": "state plan",
    "assessment_indicatortask": "part",
    "assessment_evidencelink": "source object_id photos url linked_by",
    "assessment_scoresnapshot": "seen tallies forecast",
    "assessment_auditpack": "state",
    "standards_version": "state",
    "standards_node": "level method rule evidence category",
    "standards_nodeunit": "part",
    "inspections_roundseries": "rule teams",
    "inspections_round": "kind state",
    "inspections_roundsite": "state",
    "inspections_finding": "handling",
    "inspections_pendingconflict": "reason payload state",
    "inspections_agreementduty": "duty",
    "inspections_visit": "kind outcome",
    "inspections_sitereport": "state",
    "inspections_urgingletter": "form",
    "work_category": "scheme code request_kinds function confidence path",
    "work_dispatchrule": "role function",
    "work_deadlinerule": "kind clock subkind unit confidence",
    "work_upload": "kind sha256 media_type owner",
    "work_evidence": "kind holder purpose sha256 media_type flags visibility",
    "work_event": "transition from_state to_state actor_role codes undo",
    "work_item": "number kind subkind place_path source_crs state meaning awaits source asked outcome",
    "work_leg": "role state awaits",
    "work_clock": "kind state pauses rule",
    "work_ask": "kind state data",
    "work_notification": "kind data",
    "work_printeddocument": "template sha256 holder",
    "work_searchentry": "text",  # searched, never shown
    "work_idempotencykey": "scope key answer",
    "requests_requestdetail": "channel",
}
_TEXT = (models.CharField, models.TextField, models.JSONField)


def text_columns() -> dict[str, dict[str, models.Field]]:
    """The text and JSON columns of all tables of the rooms."""
    found: dict[str, dict[str, models.Field]] = {}
    for model in apps.get_models():
        if model._meta.app_label in ROOMS:
            fields = [field for field in model._meta.concrete_fields if isinstance(field, _TEXT)]
            if fields:
                found[model._meta.db_table] = {str(field.column): field for field in fields}
    return found


def undecided() -> list[str]:
    """Columns that are neither free nor codes, and decisions about columns that there are not."""
    columns = {f"{table}.{name}" for table, fields in text_columns().items() for name in fields}
    told = [
        f"{table}.{name}" for where in (FREE, CODES) for table, names in where.items() for name in names.split()
    ]  # fmt: skip
    doubled = {name for name in told if told.count(name) > 1}
    known = {f"{table}.path" for table in text_columns()} | {"work_item.place_path"}
    return sorted((columns ^ set(told)) - known | doubled)


def poison(owner: psycopg.Connection, payloads: tuple[str, ...]) -> int:
    """Write payloads into all free columns of all rows; how many values were written."""
    written = 0
    for table, names in FREE.items():
        fields = text_columns()[table]
        key = _key_of(table)
        ids = [row[0] for row in owner.execute(sql.SQL("SELECT {} FROM {}").format(*_named(key, table))).fetchall()]
        for place, identity in enumerate(ids):
            values = {
                name: _value(fields[name], payloads, place * 7 + number, identity)
                for number, name in enumerate(names.split())
            }
            _write(owner, table, key, identity, values)
            written += len(values)
    owner.execute("UPDATE places_registryversion SET version = version + 1")
    return written


def _named(*names: str) -> list[sql.Identifier]:
    return [sql.Identifier(name) for name in names]


def _key_of(table: str) -> str:
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    return str(model._meta.pk.column)


def _value(field: models.Field, payloads: tuple[str, ...], first: int, identity: object) -> object:
    if isinstance(field, models.JSONField):
        text = fitting(payloads, 400, first)
        return Jsonb([text] if field.column in ("keywords", "references") else {"reason": text, "advice": text})
    most = min(field.max_length or LONGEST, LONGEST)
    if field.unique or field.column in ("code", "number", "source_number", "name"):
        mark = str(identity)[-8:]
        return fitting(payloads, most - len(mark), first) + mark
    return fitting(payloads, most, first)


def _write(owner: psycopg.Connection, table: str, key: str, identity: object, values: dict[str, object]) -> None:
    sets: Iterable[sql.Composed] = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values]
    statement = sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(
        sql.Identifier(table), sql.SQL(", ").join(sets), sql.Identifier(key)
    )
    owner.execute(statement, [*values.values(), identity])
