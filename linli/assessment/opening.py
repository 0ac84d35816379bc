"""Opening an assessment: which unit owes what for which criterion, in a few statements however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.assessment.workflow import KIND
from linli.people.access import Actor
from linli.people.models import Organisation
from linli.places.models import Place
from linli.standards.evidence import requirements_of
from linli.standards.models import Node, Version
from linli.standards.selectors import nodes_of, units_in_force, units_of
from linli.work import bulk
from linli.work.book import Due, Record
from linli.work.engine import Order, Permit
from linli.work.flush import Rows
from linli.work.permits import permit_for

TITLE_LENGTH_MAX = 200
TASK_COLUMNS = ("item_id", "assessment_id", "node_id", "organisation_id", "part", "needed", "linked_at")


class OwnTerms:
    """A task's only deadline is the one it is assigned with; no rule of the catalogue limits it."""

    def due(self, clock: str, item: Record, start: datetime, pauses: list[list[str | None]]) -> Due | None:
        """No limit of its own."""
        return None

    def may_lead(self, organisation_id: int, item: Record) -> bool:
        """Any unit that the standard names."""
        return True

    def organisation_parent(self, organisation_id: int) -> int | None:
        """Not asked here."""
        return None


def _that_date(duty: Duty, due_at: datetime) -> datetime:
    return due_at


@dataclass(frozen=True, slots=True)
class Story:
    """Steps that tasks have behind them when they are written, who took them, and by when each was owed."""

    steps: Callable[[Duty], list[tuple[datetime, list[Order]]]]
    permit: Callable[[Permit], Permit]
    due: Callable[[Duty, datetime], datetime] = _that_date
    """When one task was due: the assessment's date, or an earlier one of its own."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One criterion and one unit that answers for it."""

    node: Node
    organisation_id: int
    part: str


def needed(node: Node) -> int:
    """How many pieces of evidence the criterion asks for."""
    return sum(entry.count for entry in requirements_of(node.evidence))


def duties(version: Version) -> tuple[list[Duty], list[Node]]:
    """Who answers for which criterion, and the criteria for which nobody does (2 statements).

    A unit named for a content or an item answers for all criteria below it that name none of that part (leading,
    supporting) themselves: the same that the pages of the standard show. Units that are no longer active are left out.
    """
    nodes = nodes_of(version)
    in_force = units_in_force(nodes, [unit for unit in units_of(version) if unit.organisation.active])
    found, without = [], []
    for node in nodes:
        if node.level != Node.CRITERION:
            continue
        answering = in_force[node.pk]
        found += [Duty(node, unit.organisation_id, unit.part) for unit in answering]
        if not answering:
            without.append(node)
    return found, without


def write_tasks(
    actor: Actor,
    assessment_id: int,
    place: Place,
    wanted: Sequence[Duty],
    due_at: datetime,
    now: datetime,
    story: Story | None = None,
) -> list[int]:
    """The tasks as items with history, by COPY; answers with their ids. In the caller's transaction."""
    homes = _homes({duty.organisation_id for duty in wanted}, place)
    due = story.due if story else _that_date
    items = [_item(actor, assessment_id, duty, homes, place, due(duty, due_at), now) for duty in wanted]
    for item, duty in zip(items, wanted, strict=True):
        item.steps = [*item.steps, *(story.steps(duty) if story else ())]
    books = bulk.write(items, story.permit(permit_for(actor)) if story else permit_for(actor))
    return [book.item["id"] for book in books]


def _homes(organisations: Iterable[int], place: Place) -> Mapping[int, Place]:
    """Where each unit sits, if that lies in the place of the assessment: its street answers for its own tasks."""
    rows = Organisation.objects.filter(pk__in=set(organisations), place__path__descendant_of=str(place.path))
    return {row.pk: row.place for row in rows.select_related("place") if row.place is not None}


def _item(
    actor: Actor,
    assessment_id: int,
    duty: Duty,
    homes: Mapping[int, Place],
    place: Place,
    due_at: datetime,
    now: datetime,
) -> bulk.PastItem:
    node, home = duty.node, homes.get(duty.organisation_id, place)
    title = f"{node.code} {node.title}".strip()[:TITLE_LENGTH_MAX]
    needs = needed(node)

    def details(item_id: int) -> list[Rows]:
        row: tuple[Any, ...] = (item_id, assessment_id, node.pk, duty.organisation_id, duty.part, needs, None)
        return [Rows("assessment_indicatortask", TASK_COLUMNS, [row])]

    return bulk.PastItem(
        kind=KIND,
        values={
            "title": title, "summary": node.guidance[:500], "place_id": home.pk, "place_path": str(home.path),
            "created_by_id": actor.person_id, "source": "assessment", "needs_site_check": False,
        },
        steps=[(now, [Order("assign", {"lead": duty.organisation_id, "due": due_at})])],
        terms=OwnTerms(),
        details=details,
        search_text=title,
    )  # fmt: skip
