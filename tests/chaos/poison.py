"""Puts payloads into every text column of a database, past all forms, as nobody but its owner can.

Every text column of every model is either free (somebody may write into it, so it is poisoned) or a code (checked
against a list before it is stored, and the pages need it). A new column that is neither fails the test.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.chaos.payloads import fitting

ROOMS = (
    "exchange", "places", "people", "work", "standards", "requests", "campaigns", "inspections", "assessment",
    "credits", "activities", "volunteering", "awards", "shop", "wishes",
)  # fmt: skip
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
    "work_upload": "caption",
    "work_evidence": "caption",
    "work_eventtext": "texts",
    "work_item": "title summary address source_system source_number",
    "work_printeddocument": "number",
    "requests_requestdetail": "words",
    "campaigns_campaign": "title goal",
    "campaigns_campaignitem": "reason untied_reason",
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
    "inspections_mutualrecheck": "words",
    "inspections_visitplan": "title",
    "inspections_visit": "address words",
    "inspections_urgingletter": "words reply basis",
    "inspections_sitereport": "reason",
    "inspections_dissuasiontheme": "name name_en",
    "inspections_dissuasionround": "title",
    "inspections_dissuasionnote": "words",
    "credits_transfer": "reason",
    "activities_format": "name name_en purpose programme roles",
    "activities_series": "title purpose programme topics tools spot risk_notes insurance permit_number roles",
    "activities_activity": (
        "title purpose programme topics tools spot risk_notes insurance permit_number cancel_reason results"
    ),
    "activities_role": "name skills",
    "activities_signup": "reason",
    "activities_attendance": "struck_reason corrected_reason",
    "volunteering_service": "role content evidence",
    "volunteering_hoursentry": "reason",
    "volunteering_appeal": "text answer",
    "volunteering_volunteer": "skills_text",
    "volunteering_training": "title organiser",
    "volunteering_commendation": "title given_by document",
    "volunteering_evaluation": "text",
    "volunteering_certificate": "purpose number contents reason",
    "volunteering_certificateentry": "reason",
    "volunteering_certificateobjection": "text answer",
    "volunteering_staraward": "reason",
    "volunteering_joinedunit": "resources",
    "volunteering_concern": "title result",
    "volunteering_quarterfeedback": "remark",
    "awards_award": "reason witness",
    "awards_appeal": "text answer",
    "awards_nomination": "story witness notice reason",
    "awards_objection": "text answer",
    "awards_ruleset": "title introduction",
    "awards_rule": "title note",
    "awards_stickersheet": "theme",
    "shop_partner": "name agreement_number",
    "shop_counter": "name address",
    "shop_donation": "donor what slip_number",
    "shop_good": "name words unit suspended_for",
    "shop_receipt": "slip_number",
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
    "people_organisation": "kind pinyin path functions",
    "people_team": "kind",
    "people_teammember": "function",
    "people_appointment": "role",
    "people_person": "kind pinyin",
    "campaigns_campaign": "kind site_kinds wheres",
    "campaigns_campaignplace": "part",
    "work_deed": "key kind source_type facts",
    "assessment_assessment": "state plan",
    "assessment_indicatortask": "part",
    "assessment_evidencelink": "source object_id photos url linked_by",
    "assessment_scoresnapshot": "seen tallies forecast",
    "assessment_auditpack": "state",
    "standards_version": "state",
    "standards_node": "level method rule evidence category site_kinds",
    "standards_nodeunit": "part",
    "inspections_roundseries": "rule teams places site_kinds",
    "inspections_round": "kind state places site_kinds",
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
    "credits_account": "kind unit owner_type",
    "credits_hold": "key source_type",
    "credits_resolution": "outcome key reason",
    "credits_transfer": "key kind source_type",
    "activities_series": "theme risk rule",
    "activities_format": "theme",
    "activities_activity": "theme risk state",
    "activities_attendance": "came_how left_how",
    "activities_mark": "how",
    "activities_headcount": "kind",
    "activities_outcome": "kind",
    "activities_signup": "state",
    "activities_handing": "state",
    "volunteering_hoursrules": "rounding_mode",
    "volunteering_service": "key theme origin state",
    "volunteering_hoursentry": "act reckoned",
    "volunteering_appeal": "state",
    "volunteering_joinedmember": "posts",
    "volunteering_concern": "key kind state",
    "volunteering_quarterfeedback": "figures",
    "volunteering_evaluation": "by_kind",
    "volunteering_certificate": "state code",
    "volunteering_certificateentry": "act",
    "requests_praised": "found theme",
    "volunteering_staraward": "state",
    "volunteering_volunteer": "skills times roles consent consent_version",
    "wishes_wishtext": "template",
    "awards_award": "key rule_code source state why",
    "awards_appeal": "state",
    "awards_nomination": "key came_from state",
    "awards_objection": "key",
    "awards_ruleset": "state",
    "awards_rule": "code category source theme unit rounding evidence confirmer",
    "awards_stickermove": "kind",
    "shop_partner": "kind",
    "shop_counter": "hours",
    "shop_donation": "key kind",
    "shop_good": "kind limit_period",
    "shop_receipt": "key kind",
    "shop_order": "key code state ended_for ending_key",
    "shop_orderevent": "what channel",
    "shop_stocktake": "key state",
    "shop_stocktakeline": "reason",
}
_TEXT = (models.CharField, models.TextField, models.JSONField)


def text_columns() -> dict[str, dict[str, models.Field]]:
    """The text and JSON columns of all tables of the rooms, lists of texts among them."""
    found: dict[str, dict[str, models.Field]] = {}
    for model in apps.get_models():
        if model._meta.app_label in ROOMS:
            fields = [field for field in model._meta.concrete_fields if _is_text(field)]
            if fields:
                found[model._meta.db_table] = {str(field.column): field for field in fields}
    return found


def _is_text(field: models.Field) -> bool:
    return isinstance(field.base_field if isinstance(field, ArrayField) else field, _TEXT)


def undecided() -> list[str]:
    """Columns that are neither free nor codes, and decisions about columns that there are not."""
    columns = {f"{table}.{name}" for table, fields in text_columns().items() for name in fields}
    told = [
        f"{table}.{name}" for where in (FREE, CODES) for table, names in where.items() for name in names.split()
    ]  # fmt: skip
    doubled = {name for name in told if told.count(name) > 1}
    known = {f"{table}.path" for table in text_columns()} | {"work_item.place_path"}
    return sorted((columns ^ set(told)) - known | doubled)


def marks() -> dict[str, str]:
    """A short text for each free column, which stands at the end of what is written there."""
    columns = [f"{table}.{name}" for table, names in FREE.items() for name in names.split()]
    return {column: f"q{number:03d}q" for number, column in enumerate(columns)}


def poison(owner: psycopg.Connection, payloads: tuple[str, ...]) -> int:
    """Write payloads into all free columns of all rows; how many values were written."""
    written, told = 0, marks()
    for table, names in FREE.items():
        fields = text_columns()[table]
        key = _key_of(table)
        ids = [row[0] for row in owner.execute(sql.SQL("SELECT {} FROM {}").format(*_named(key, table))).fetchall()]
        for place, identity in enumerate(ids):
            values = {
                name: _value(fields[name], payloads, place * 7 + number, identity, told[f"{table}.{name}"])
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


def _value(field: models.Field, payloads: tuple[str, ...], first: int, identity: object, mark: str) -> object:
    if isinstance(field, models.JSONField):
        text = fitting(payloads, 400, first) + mark
        if field.column == "roles":  # the posts of an activity
            name = fitting(payloads, 40 - len(mark), first) + mark
            return Jsonb([{"name": name, "capacity": 3, "skills": [name]}])
        return Jsonb([text] if field.column in ("keywords", "references") else {"reason": text, "advice": text})
    if isinstance(field, ArrayField):
        most = (field.base_field.max_length or LONGEST) - len(mark)
        return [fitting(payloads, most, first + number) + mark for number in range(2)]
    if field.unique or field.column in ("code", "number", "source_number", "name"):
        mark = str(identity)[-8:] + mark
    return fitting(payloads, min(field.max_length or LONGEST, LONGEST) - len(mark), first) + mark


def _write(owner: psycopg.Connection, table: str, key: str, identity: object, values: dict[str, object]) -> None:
    sets: Iterable[sql.Composed] = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values]
    statement = sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(
        sql.Identifier(table), sql.SQL(", ").join(sets), sql.Identifier(key)
    )
    owner.execute(statement, [*values.values(), identity])
