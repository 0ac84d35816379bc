"""The organisations held in the process, keyed by the version of their register, so that they are never stale."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linli.people.models import Organisation
from linli.places.models import RegistryVersion
from linli.places.selectors import registry_versions

KEPT_VERSIONS = 3


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """What is asked of an organisation again and again. `place_path` is the area it answers for."""

    id: int
    parent_id: int | None
    path: str
    kind: str
    name: str
    short_name: str
    place_id: int | None
    place_path: str
    functions: tuple[str, ...]
    can_order: bool
    active: bool

    @property
    def called(self) -> str:
        """The name people use."""
        return self.short_name or self.name


class OrganisationSnapshot:
    """All organisations of one version. Read-only, so safe among threads."""

    def __init__(self, version: int, rows: Iterable[OrganisationRow]) -> None:
        self.version = version
        self._rows = {row.id: row for row in rows}
        self._children: dict[int | None, list[int]] = {}
        self._by_function: dict[str, list[OrganisationRow]] = {}
        for row in self._rows.values():
            self._children.setdefault(row.parent_id, []).append(row.id)
            for function in row.functions if row.active else ():
                self._by_function.setdefault(function, []).append(row)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, organisation_id: int | None) -> OrganisationRow | None:
        """The organisation, or nothing."""
        return None if organisation_id is None else self._rows.get(organisation_id)

    def name(self, organisation_id: int | None) -> str:
        """The full name, empty when there is none."""
        row = self.get(organisation_id)
        return row.name if row else ""

    def children(self, organisation_id: int | None) -> tuple[OrganisationRow, ...]:
        """The active units right below (None: the roots), in the order in which they were read (by pinyin)."""
        rows = (self._rows[key] for key in self._children.get(organisation_id, ()))
        return tuple(row for row in rows if row.active)

    def ancestors(self, organisation_id: int | None) -> tuple[OrganisationRow, ...]:
        """From the root down to the organisation itself."""
        row = self.get(organisation_id)
        if row is None:
            return ()
        chain = (self._rows.get(int(label)) for label in row.path.split("."))
        return tuple(link for link in chain if link is not None)

    def descendants(self, organisation_id: int) -> tuple[OrganisationRow, ...]:
        """Everything active below, the organisation not included."""
        found: list[OrganisationRow] = []
        stack = list(reversed(self.children(organisation_id)))
        while stack:
            row = stack.pop()
            found.append(row)
            stack.extend(reversed(self.children(row.id)))
        return tuple(found)

    def nearest(self, function: str, place_path: str) -> OrganisationRow | None:
        """The unit with the function whose area is the narrowest that holds the place; the lowest id among equals."""
        best: OrganisationRow | None = None
        for row in self._by_function.get(function, ()):
            inside = bool(row.place_path) and f"{place_path}.".startswith(f"{row.place_path}.")
            if inside and (best is None or (-len(row.place_path), row.id) < (-len(best.place_path), best.id)):
                best = row
        return best


_lock = threading.Lock()
_snapshots: OrderedDict[int, OrganisationSnapshot] = OrderedDict()


def organisation_snapshot(version: int | Mapping[str, int] | None = None) -> OrganisationSnapshot:
    """The snapshot of a version (a number, or what `registry_versions` answered; nothing: read it now)."""
    if version is None:
        version = registry_versions()
    if not isinstance(version, int):
        version = version.get(RegistryVersion.ORGANISATIONS, 0)
    return _snapshots.get(version) or _load(version)


def _load(version: int) -> OrganisationSnapshot:
    values = Organisation.objects.order_by("pinyin", "id").values_list(
        "id",
        "parent_id",
        "path",
        "kind",
        "name",
        "short_name",
        "place_id",
        "place__path",
        "functions",
        "can_order",
        "active",
    )
    rows = [
        OrganisationRow(*row[:6], row[6], str(row[7] or ""), tuple(row[8]), row[9], row[10])
        for row in values.iterator(chunk_size=5000)
    ]
    fresh = OrganisationSnapshot(version, rows)
    if registry_versions().get(RegistryVersion.ORGANISATIONS, 0) == version:
        with _lock:
            _snapshots[version] = fresh
            while len(_snapshots) > KEPT_VERSIONS:
                _snapshots.popitem(last=False)
    return fresh
