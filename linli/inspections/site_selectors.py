"""Readers of one site: everything that records say of it, from all rounds and promises, also those that have ended."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from linli.inspections.day_pack import COUNTS
from linli.inspections.mutual_selectors import LATEST_RECHECK, OPEN
from linli.inspections.reading import VIEW
from linli.people.access import Actor, ObjectHidden
from linli.places.models import Place
from linli.work.rows import fetch

OBSERVATIONS_SHOWN, FINDINGS_SHOWN, LINES_SHOWN = 300, 200, 50
"""Of each list so many, the latest; a page says where there are more."""

_OBSERVATIONS = f"""
SELECT o.id, n.title, n.code, o.result, o.value, o.observed_at, o.late, o.distance_m, r.title AS round,
  r.id AS round_id, i.number, w.words, {COUNTS} AS counts,
  array(SELECT e.id FROM work_evidence e WHERE e.holder = 'observation' AND e.holder_id = o.id
    AND e.removed_at IS NULL AND e.kind = 'photo' ORDER BY e.id) AS photos
FROM inspections_observation o JOIN standards_node n ON n.id = o.criterion_id
JOIN inspections_round r ON r.id = o.round_id LEFT JOIN work_item i ON i.id = o.item_id
LEFT JOIN inspections_observationnote w ON w.observation_id = o.id
WHERE o.site_id = %(site)s ORDER BY o.observed_at DESC, o.id DESC LIMIT {OBSERVATIONS_SHOWN + 1}
"""
_FINDINGS = f"""
SELECT i.number, i.title, i.state, i.meaning, i.received_at, i.closed_at, i.next_due, i.handle_due, f.handling,
  f.found_on, array(SELECT e.id FROM work_evidence e WHERE e.item_id = i.id AND e.kind = 'photo'
    AND e.purpose IN ('report', 'before', 'after') AND e.removed_at IS NULL ORDER BY e.id LIMIT 4) AS photos
FROM inspections_finding f JOIN work_item i ON i.id = f.item_id
WHERE f.site_id = %(site)s ORDER BY f.found_on DESC, i.id DESC LIMIT {FINDINGS_SHOWN + 1}
"""
_ROUNDS = f"""
SELECT r.id, r.title, r.since, r.until, r.state AS round_state, s.state, s.reason, s.planned_on, s.done_at,
  t.name AS team, (SELECT max(x.observed_at) FROM inspections_sitereport x
    WHERE x.round_id = r.id AND x.site_id = s.site_id) AS reported_at
FROM inspections_roundsite s JOIN inspections_round r ON r.id = s.round_id
LEFT JOIN inspections_roundteam t ON t.id = s.team_id
WHERE s.site_id = %(site)s ORDER BY r.until DESC, r.id DESC LIMIT {LINES_SHOWN + 1}
"""
_RESPONSIBILITIES = f"""
SELECT b.id, b.duty, b.since, b.until, x.display_name AS person, o.name AS unit, p.name AS place,
  coalesce(b.until <= %(today)s, FALSE) AS ended
FROM inspections_responsibility b JOIN places_place p ON p.id = b.place_id
LEFT JOIN people_person x ON x.id = b.person_id LEFT JOIN people_organisation o ON o.id = b.organisation_id
WHERE p.path @> (SELECT path FROM places_place WHERE id = %(site)s) AND b.since <= %(today)s
ORDER BY ended, nlevel(p.path) DESC, b.since DESC, b.id LIMIT {LINES_SHOWN}
"""
_AGREEMENTS = """
SELECT a.id, a.signer, a.signed_on, a.until, d.duty, c.kept, c.checked_at, c.words
FROM inspections_agreement a JOIN inspections_agreementduty d ON d.agreement_id = a.id
LEFT JOIN LATERAL (SELECT k.kept, k.checked_at, k.words FROM inspections_agreementcheck k
  WHERE k.duty_id = d.id ORDER BY k.checked_at DESC LIMIT 1) c ON TRUE
WHERE a.site_id = %(site)s AND a.signed_on <= %(today)s AND (a.until IS NULL OR a.until > %(today)s)
ORDER BY a.signed_on DESC, a.id DESC, d.id
"""
_PAST_AGREEMENTS = f"""
SELECT a.id, a.signed_on, a.until FROM inspections_agreement a
WHERE a.site_id = %(site)s AND a.until <= %(today)s ORDER BY a.until DESC, a.id DESC LIMIT {LINES_SHOWN}
"""
_MUTUAL = f"""
SELECT m.id, m.title, m.due_on, m.good, m.words, m.done_at, p.name AS checker, r.due_on AS again_on,
  {OPEN} AS again, r.released_at IS NOT NULL AND r.good AS mended
FROM inspections_mutualcheck m JOIN places_place p ON p.id = m.checker_id {LATEST_RECHECK}
WHERE m.checked_id = %(site)s AND m.released_at IS NOT NULL ORDER BY m.id DESC LIMIT {LINES_SHOWN}
"""
_VISITS = f"""
SELECT v.visited_at, v.outcome, v.words, i.number FROM inspections_visit v
LEFT JOIN work_item i ON i.id = v.item_id WHERE v.place_id = %(site)s
ORDER BY v.visited_at DESC LIMIT {LINES_SHOWN}
"""
_LETTERS = f"""
SELECT l.id, l.form, l.sent_at, l.reply_due, l.replied_at, o.name AS unit FROM inspections_urgingletter l
JOIN people_organisation o ON o.id = l.organisation_id
LEFT JOIN inspections_finding f ON f.item_id = l.item_id
WHERE l.place_id = %(site)s OR f.site_id = %(site)s ORDER BY l.sent_at DESC, l.id DESC LIMIT {LINES_SHOWN}
"""
_DISSUASION = f"""
SELECT d.happened_at, d.persons, d.leaflets, t.name AS theme, t.name_en AS theme_en FROM inspections_dissuasion d
JOIN inspections_dissuasiontheme t ON t.id = d.theme_id
WHERE d.place_id = %(site)s AND NOT d.withdrawn
  AND NOT EXISTS (SELECT 1 FROM inspections_dissuasion n WHERE n.replaces_id = d.id)
ORDER BY d.happened_at DESC, d.id DESC LIMIT {LINES_SHOWN}
"""
_PAST = {
    "observations": _OBSERVATIONS, "findings": _FINDINGS, "rounds": _ROUNDS, "responsibilities": _RESPONSIBILITIES,
    "agreements": _AGREEMENTS, "past_agreements": _PAST_AGREEMENTS, "mutual": _MUTUAL, "visits": _VISITS,
    "letters": _LETTERS, "dissuasion": _DISSUASION,
}  # fmt: skip


def site_of(actor: Actor, site_id: int) -> Place:
    """A site; ObjectHidden (404) when it is none or not the actor's to see (1 statement)."""
    row = Place.objects.filter(pk=site_id, kind="site").first()
    if row is None or not actor.may(VIEW, place_path=str(row.path)):
        raise ObjectHidden(VIEW)
    return row


def site_past(site_id: int) -> dict[str, list[dict[str, Any]]]:
    """The whole past of a site, the latest first (10 statements).

    Observations, findings, rounds (also why it was not reached), who answers or answered for it, the agreement in
    force and those before, what neighbours found once the shop was told, visits, letters, dissuasion. Of the first
    three one more than is shown, so that a page can say that there are more.
    """
    values = {"site": site_id, "today": timezone.localdate()}
    return {name: fetch(statement, values) for name, statement in _PAST.items()}
