"""What a phone stores for a day: rounds, sites in walking order, criteria, results, open findings, units, ground."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from linli.inspections.batch import RESULT_NAMES
from linli.inspections.models import PendingConflict
from linli.inspections.mutual_selectors import due_rechecks
from linli.inspections.promises import PROMISE
from linli.inspections.recording import RECORD
from linli.inspections.services import conflict_outcome
from linli.people.access import Actor, require_somewhere
from linli.people.masking import mask_text
from linli.places.kinds import SITE_KINDS
from linli.places.models import Boundary
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.standards.models import Node
from linli.work.terms import Catalogue, catalogue

SITES_MAX = 1500
AREAS_MAX, AREAS_NEAR = 200, 30
"""So many areas are offered for problems elsewhere; of so few the phone also knows who answers there."""
GROUND_TOLERANCE = 0.00002
"""Degrees (some 2 m) by which borders of grids are simplified for the phone."""

COUNTS = "NOT o.superseded AND NOT EXISTS (SELECT 1 FROM inspections_observation x WHERE x.replaces_id = o.id)"
"""SQL that is true for observations `o` that no correction has replaced."""

_ROUNDS = """
SELECT r.id, r.title, r.kind, r.theme, r.until, r.version_id, r.criteria,
  array(SELECT t.id FROM inspections_roundteam t JOIN inspections_roundteammember m ON m.team_id = t.id
        WHERE t.round_id = r.id AND t.active AND m.person_id = %(person)s) AS mine,
  NOT EXISTS (SELECT 1 FROM inspections_roundteam t JOIN inspections_roundteammember m ON m.team_id = t.id
              WHERE t.round_id = r.id AND t.active) AS open_to_all
FROM inspections_round r JOIN places_place p ON p.id = r.place_id
WHERE r.state IN ('planned', 'running') AND r.since <= %(day)s AND r.until >= %(day)s
  AND (%(all)s OR p.path <@ ANY(%(paths)s::ltree[]) OR p.path @> ANY(%(paths)s::ltree[]))
ORDER BY r.until, r.id
"""
_SITES = """
SELECT rs.round_id, p.id, p.name, p.site_kind, p.path::text, p.parent_id, p.lon, p.lat, rs.position, rs.state,
  rs.reason, (SELECT max(x.observed_at) FROM inspections_sitereport x
              WHERE rs.state = 'unreachable' AND x.round_id = rs.round_id AND x.site_id = rs.site_id)
FROM inspections_roundsite rs JOIN places_place p ON p.id = rs.site_id
WHERE rs.round_id = ANY(%(rounds)s) AND p.active AND rs.state <> 'closed'
  AND (rs.team_id IS NULL OR rs.team_id = ANY(%(teams)s) OR rs.round_id = ANY(%(open)s))
  AND (rs.planned_on IS NULL OR rs.planned_on = %(day)s OR (rs.planned_on < %(day)s AND rs.state <> 'done'))
  AND (%(all)s OR p.path <@ ANY(%(paths)s::ltree[]))
ORDER BY rs.planned_on NULLS LAST, rs.position NULLS LAST, p.id LIMIT %(most)s
"""
_SEEN = f"""
SELECT DISTINCT ON (o.round_id, o.site_id, o.criterion_id)
  o.round_id, o.site_id, o.criterion_id, o.result, o.observed_at, o.client_key
FROM inspections_observation o
WHERE o.round_id = ANY(%s) AND o.site_id = ANY(%s) AND {COUNTS}
ORDER BY o.round_id, o.site_id, o.criterion_id, o.observed_at DESC
"""
_OPEN = """
SELECT f.site_id, i.number, i.title, f.criterion_id,
  (SELECT e.id FROM work_evidence e WHERE e.item_id = i.id AND e.kind = 'photo' AND e.removed_at IS NULL
   ORDER BY e.id LIMIT 1)
FROM inspections_finding f JOIN work_item i ON i.id = f.item_id
WHERE f.site_id = ANY(%s) AND i.meaning IN ('open', 'waiting') ORDER BY i.id
"""


def day_pack(actor: Actor, day: date | None = None) -> dict[str, Any]:
    """All a phone needs for a day without network, as plain data for JSON. At most 12 statements.

    Sites come in walking order (planned day, position). A member of a team gets the team's sites and those of no
    team; rounds whose teams name nobody are everybody's who may record there. Raises PermissionRefused (403).
    """
    require_somewhere(actor, RECORD)
    day = day or timezone.localdate()
    versions = registry_versions()
    places, terms = place_snapshot(versions), catalogue(versions)
    rounds = _rounds(actor, day)
    sites = _sites(actor, day, rounds)
    nodes = _nodes(rounds)
    _fill(sites, rounds, nodes, places)
    codes = {row.code: row.id for row in terms.categories.values()}
    areas = _areas(actor, places)
    near = areas if len(areas) <= AREAS_NEAR else []
    return {
        "day": day.isoformat(),
        "made_at": timezone.now().isoformat(),
        "person": {"id": actor.person_id, "name": actor.name},
        "rounds": [{name: row[name] for name in ("id", "title", "kind", "theme", "until")} for row in rounds],
        "sites": [{name: value for name, value in site.items() if name not in ("path", "parent_id")} for site in sites],
        "criteria": [_criterion(node, codes) for node in nodes],
        "categories": _categories(terms, nodes),
        "areas": [{"id": row.id, "name": row.name} for row in areas],
        "units": _units([*sites, *({"id": row.id, "path": f"{row.path}.0"} for row in near)], terms),
        "ground": _ground(sites, places),
        "conflicts": conflicts_of(actor),
        "rechecks": _rechecks(actor, day),
    }


def _areas(actor: Actor, places: PlaceSnapshot) -> list[PlaceRow]:
    """Where the actor may record, as narrow as it can be named: grids, or communities and streets where there are many.

    A problem elsewhere lies in one of them when the phone does not know where it is.
    """
    roots = [places.get(int(path.rpartition(".")[2])) for path in actor.scopes(RECORD).place_paths]
    held = [row for row in roots if row is not None and row.active]
    found: dict[int, PlaceRow] = {}
    for kind in ("grid", "community", "street"):
        found = {}
        for root in held:
            below = places.descendants(root.id, kind) if root.kind != kind else ()
            found |= {row.id: row for row in (below or (root,))}
        if len(found) <= AREAS_MAX:
            break
    return list(found.values())[:AREAS_MAX]


def _rechecks(actor: Actor, day: date) -> list[dict[str, Any]]:
    """Shops to be looked at again by that day or ready for it (互查的复查), for whoever may write it down."""
    if not actor.may_somewhere(PROMISE):
        return []
    return [
        {"url": f"/desk/mutual/checks/{row['id']}/", "name": row["checked"], "checker": row["checker"],
         "due_on": row["due_on"].isoformat(), "mended": row["mended_at"] is not None}
        for row in due_rechecks(actor, PROMISE, day)
    ]  # fmt: skip


def _language() -> str:
    return get_language() or "zh-hans"


def _scope(actor: Actor) -> dict[str, Any]:
    scopes = actor.scopes(RECORD)
    return {"all": scopes.everything, "paths": list(scopes.place_paths)}


def _rounds(actor: Actor, day: date) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_ROUNDS, {"person": actor.person_id, "day": day, **_scope(actor)})
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["until"] = row["until"].isoformat()
    return [row for row in rows if row["mine"] or row["open_to_all"]]


def _sites(actor: Actor, day: date, rounds: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    values = {
        "rounds": [row["id"] for row in rounds],
        "teams": [team for row in rounds for team in row["mine"]],
        "open": [row["id"] for row in rounds if row["open_to_all"]],
        "day": day,
        "most": SITES_MAX,
        **_scope(actor),
    }
    names = (
        "round_id", "id", "name", "kind", "path", "parent_id", "longitude", "latitude", "position", "state", "reason",
        "tried_at",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SITES, values)
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for site in found:
        tried = site.pop("tried_at")
        site["reason"] = mask_text(site["reason"])
        if site["state"] != "unreachable":
            site["reason"] = ""
        elif tried is not None and timezone.localdate(tried) < day:
            # Closed yesterday says nothing of today: it is due again, and the phone tells why it was not done.
            site["state"] = "due"
    return found


def _nodes(rounds: Iterable[dict[str, Any]]) -> list[Node]:
    versions = {row["version_id"] for row in rounds if row["version_id"]}
    return list(
        Node.objects.filter(version_id__in=versions, level=Node.CRITERION, method=Node.FIELD).order_by(
            "version_id", "code", "position"
        )
    )


def criteria_for(round_criteria: Sequence[int], version_id: int | None, kind: str, nodes: Iterable[Node]) -> list[int]:
    """The criteria that hold at a site of a kind in a round: those of its version, or the chosen ones among them."""
    chosen = set(round_criteria)
    return [
        node.pk for node in nodes
        if node.version_id == version_id and kind in node.site_kinds and (not chosen or node.pk in chosen)
    ]  # fmt: skip


def _fill(
    sites: list[dict[str, Any]], rounds: Sequence[dict[str, Any]], nodes: Sequence[Node], places: PlaceSnapshot
) -> None:
    places.preload(site["parent_id"] for site in sites)
    by_id = {row["id"]: row for row in rounds}
    ids = sorted({site["id"] for site in sites})
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [list(by_id), ids])
        seen: dict[tuple[int, int], dict[str, Any]] = {}
        for round_id, site_id, criterion, result, at, key in cursor.fetchall():
            found = {"result": RESULT_NAMES[result], "at": at.isoformat(), "key": str(key)}
            seen.setdefault((round_id, site_id), {})[str(criterion)] = found
        cursor.execute(_OPEN, [ids])
        open_ones: dict[int, list[dict[str, Any]]] = {}
        for site_id, number, title, criterion, photo in cursor.fetchall():
            shown = {
                "number": number, "title": title, "url": f"/desk/items/{number}/", "criterion_id": criterion,
                "photo": f"/media/{photo}/320/" if photo else "",
            }  # fmt: skip
            open_ones.setdefault(site_id, []).append(shown)
    known: dict[tuple[int, str], list[int]] = {}
    for number, site in enumerate(sites, start=1):
        row, kind = by_id[site["round_id"]], site["kind"]
        if (row["id"], kind) not in known:
            known[row["id"], kind] = criteria_for(row["criteria"], row["version_id"], kind, nodes)
        label = SITE_KINDS.get(kind)
        site |= {
            "kind_label": label.text(_language()) if label else kind,
            "where": places.full_name(site["parent_id"], "community"),
            "position": site["position"] or number,
            "criteria": known[row["id"], kind],
            "seen": seen.get((row["id"], site["id"]), {}),
            "open": open_ones.get(site["id"], []),
        }


def _criterion(node: Node, codes: Mapping[str, int]) -> dict[str, Any]:
    rule = node.scoring_rule()
    shown: dict[str, Any] = {
        "id": node.pk, "code": node.code, "title": node.title, "guidance": node.guidance,
        "rule": rule.kind if rule else "", "category_id": codes.get(node.category),
    }  # fmt: skip
    if rule is not None and rule.kind == "deduction":
        shown |= {"points": float(rule.points), "most": float(node.weight)}
    if rule is not None and rule.kind == "graded":
        shown["grades"] = [{"code": grade.name, "share": float(grade.share)} for grade in rule.grades]
    return shown


def _categories(terms: Catalogue, nodes: Iterable[Node]) -> list[dict[str, Any]]:
    """Leaves of the catalogue; `site_kinds` are those at which the standard finds such problems."""
    parents = {row.parent_id for row in terms.categories.values()}
    found: dict[str, set[str]] = {}
    for node in nodes:
        if node.category:
            found.setdefault(node.category, set()).update(node.site_kinds)
    return [
        {
            "id": row.id, "code": row.code, "title": row.label(_language()),
            "site_kinds": sorted(found.get(row.code, ())),
        }
        for row in terms.categories.values()
        if row.id not in parents
    ]  # fmt: skip


def _units(sites: Sequence[dict[str, Any]], terms: Catalogue) -> list[dict[str, Any]]:
    """Who answers for which category at which of these sites, leading or together with the lead (`supports`)."""
    by_ground: dict[str, list[int]] = {}
    for site in sites:
        by_ground.setdefault(site["path"].rpartition(".")[0], []).append(site["id"])
    leads: dict[int, set[int]] = {}
    supports: dict[int, set[int]] = {}
    at: dict[int, set[int]] = {}
    for path, ids in by_ground.items():
        for category in terms.categories:
            answers = terms.dispatch(category, path)
            for unit, found in ((answers.lead, leads), *((unit, supports) for unit in answers.co_handlers)):
                if unit is not None:
                    found.setdefault(unit, set()).add(category)
                    at.setdefault(unit, set()).update(ids)
    return [
        {
            "id": unit, "name": terms.organisation_name(unit), "categories": sorted(leads.get(unit, ())),
            "supports": sorted(supports.get(unit, ())), "place_ids": sorted(at[unit]),
        }
        for unit in sorted(at)
    ]  # fmt: skip


def _ground(sites: Iterable[dict[str, Any]], places: PlaceSnapshot) -> dict[str, Any]:
    """The grids in which the sites lie, as GeoJSON."""
    grids = {row.id: row for site in sites if (row := places.ancestor_of_kind(site["parent_id"], "grid")) is not None}
    features = []
    for place_id, wkb in Boundary.objects.filter(place_id__in=list(grids), valid_to=None).values_list(
        "place_id", "geometry"
    ):
        shape = shapely.simplify(shapely.from_wkb(bytes(wkb)), GROUND_TOLERANCE)
        features.append({
            "type": "Feature", "id": place_id, "geometry": shapely.geometry.mapping(shapely.set_precision(shape, 1e-6)),
            "properties": {"id": place_id, "name": grids[place_id].name, "kind": "grid"},
        })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def conflicts_of(actor: Actor) -> list[dict[str, Any]]:
    """What the actor recorded and somebody has to decide, newest first (1 statement, 2 when there is any)."""
    rows = list(
        PendingConflict.objects.filter(recorded_by_id=actor.person_id, state=PendingConflict.OPEN)
        .select_related("site").order_by("-id")[:200]
    )  # fmt: skip
    titles = dict(
        Node.objects.filter(pk__in=[row.payload["criterion_id"] for row in rows]).values_list("id", "title")
    ) if rows else {}  # fmt: skip
    found = []
    for row in rows:
        outcome = conflict_outcome(row)
        found.append({
            "id": row.pk, "client_key": str(row.client_key), "code": row.reason,
            "label": outcome.label.text(_language()) if outcome.label else "",
            "site_name": row.site.name if row.site else "",
            "criterion_title": titles.get(row.payload["criterion_id"], ""), "observed_at": row.payload["observed_at"],
            "choices": [{"code": code, "label": label.text(_language())} for code, label in outcome.choices],
        })  # fmt: skip
    return found
