"""What a file of past requests would do, and doing it: the planner behind `linli.requests.importing`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem
from linli.exchange.kinds import NEW, UNCHANGED, Effect, Ledger, PartwisePlanner, Row, Run
from linli.kernel.coordinates import convert
from linli.kernel.labels import Label
from linli.kernel.workflow import Transition
from linli.people.access import Actor, Grant
from linli.people.importers import PERMISSION as MAKES_REGISTERS
from linli.people.models import Organisation
from linli.people.services import create_organisation
from linli.places.kinds import KINDS
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry, create_place
from linli.places.snapshot import place_snapshot
from linli.requests.past_matching import Matching, words_of
from linli.requests.services import DETAIL_COLUMNS
from linli.work import bulk, voiding
from linli.work.book import Acting, Book, Due, Record
from linli.work.engine import Order, StepRefused
from linli.work.flush import Rows
from linli.work.models import Category, Item
from linli.work.permits import RULE, permit_for

UNDO_ROWS = 200
OPENING = "outside_order"
BY_RULE = ("accept", "dispatch", "close_outside")
TITLE_LENGTH_MAX = 200
SCHEME = "imported"
FROM_OUTSIDE = "outside"
NOBODY_KNOWS = "来文方已办结"
ON_TIME, OVERDUE = "ONTIME", "OVERDUE"
_WORDS = {"ontime": ON_TIME, "按时": ON_TIME, "未超期": ON_TIME, "overdue": OVERDUE, "超期": OVERDUE, "逾期": OVERDUE}


class OutsideTerms:
    """The terms of a mirrored order: its clocks end when the outside system says, or there are none.

    `unit_id` is the unit that had it there: no other may lead.
    """

    def __init__(self, due_at: datetime | None, system: str, unit_id: int | None = None) -> None:
        self.due_at, self.system, self.unit_id = due_at, system, unit_id

    def due(self, clock: str, item: Record, start: datetime, pauses: list[list[str | None]]) -> Due | None:
        """The outside deadline, for the clocks that are promises to the reporter."""
        if self.due_at is None or clock not in ("citizen", "handle"):
            return None
        warn_at = max(start, start + (self.due_at - start) * 0.8)
        return Due(self.due_at, warn_at, {"unit": FROM_OUTSIDE, "origin": self.system})

    def may_lead(self, organisation_id: int, item: Record) -> bool:
        """Only the unit that the file names."""
        return organisation_id == self.unit_id

    def organisation_parent(self, organisation_id: int) -> int | None:
        """No organisation is concerned."""
        return None


def verdict(due_at: datetime | None, closed_at: datetime | None) -> str:
    """Our own: OVERDUE when it was closed after it was due, ONTIME else; empty without both moments."""
    if due_at is None or closed_at is None:
        return ""
    return OVERDUE if closed_at > due_at else ON_TIME


@dataclass(slots=True)
class _Registers:
    """Places, categories and units by name, as they stand in the present transaction."""

    district: Place | None
    places: dict[str, Place] = field(default_factory=dict)
    categories: dict[tuple[str, str], Category] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)

    def category(self, values: Mapping[str, Any]) -> Category | None:
        """The category of a row: under the one above if that is known, else by its name alone."""
        key = _category_key(values)
        return self.categories.get(key) or self.categories.get((key[0], ""))


def _may_make_registers(run: Run) -> bool:
    """Categories hold for the whole district: who imports for a street only makes none."""
    if run.actor.channel == "system" or run.actor.may_somewhere(MAKES_REGISTERS):
        return True
    ground = place_snapshot().get(run.under)
    return ground is None or KINDS[ground.kind].rank <= KINDS["district"].rank


class Requests(PartwisePlanner):
    """Rows of past requests."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.system = str(run.options.get("system") or "").strip()[:64]
        self.may_create = run.options.get("create") == "yes" and _may_make_registers(run)
        self.may_create_units = self.may_create and (
            run.actor.channel == "system" or run.actor.may_somewhere(MAKES_REGISTERS)
        )
        self.crs = str(run.options.get("crs") or "EPSG:4490")
        self.nowhere = self._numbers("default_point", 2)
        self.bounds = self._numbers("bounds", 4)
        self.agreed = self.disagreed = 0
        self.matching: Matching | None = None
        self.closed_there: set[int] = set()

    def _numbers(self, option: str, count: int) -> tuple[float, ...]:
        text = str(self.run.options.get(option) or "")
        try:
            found = tuple(float(part) for part in text.split(",")) if text else ()
        except ValueError:
            found = (0.0,)
        if found and len(found) != count:
            raise ExchangeProblem("bad_option", _("选项 %(name)s 要写 %(count)d 个数，用逗号隔开。")
                                  % {"name": option, "count": count})  # fmt: skip
        return found

    def plan(self, rows: Sequence[Row]) -> None:
        """New, known already, or refused with the reason."""
        if not self.system:
            text = _("请先写明这些诉求来自哪个系统，例如“12345热线”。")
            raise ExchangeProblem("no_system", text)
        numbers = Item.objects.filter(source_system=self.system).exclude(source_number="")
        known: dict[str, bool] = {
            number: meaning in ("open", "waiting")
            for number, meaning in numbers.values_list("source_number", "meaning")
        }
        registers = self._registers()
        if not self.may_create and registers.district is not None:
            self.matching = Matching(self.run, registers.district.pk)
        seen: dict[str, int] = {}
        for row in rows:
            if not row.open or row.done:
                continue
            number = row.values.get("number", "")
            self._judge(row, registers, known=number in known)
            if number in seen:
                row.reject(_("编号与第 %(line)d 行重复。") % {"line": seen[number]}, "number")
            seen.setdefault(number, row.line)
            if row.open:
                told = row.plan.place.name if row.plan is not None else words_of(row.values)
                row.area = told or (registers.district.name if registers.district else "")
                row.outcome = UNCHANGED if number in known else NEW
        closed = [number for number, line in seen.items() if known.get(number) and line in self.closed_there]
        if closed:
            text = _("已登记的诉求里，有 %(count)d 件来文方已经办结，这里还没有（如 %(first)s）。请在诉求页上办理。")
            self.run.notice(text % {"count": len(closed), "first": closed[0]})
        if self.agreed or self.disagreed:
            self.run.notice(
                _("超期结论：自行计算与来文方一致 %(same)d 件，不一致 %(other)d 件。")
                % {"same": self.agreed, "other": self.disagreed}
            )

    def _judge(self, row: Row, registers: _Registers, *, known: bool) -> None:
        values = row.values
        received, closed, due = values.get("received"), values.get("closed"), values.get("due")
        if received is not None and closed is not None and closed < received:
            row.reject(_("办结时间早于登记时间。"), "closed")
        if received is not None and due is not None and due < received:
            row.reject(_("时限早于登记时间。"), "due")
        self._position(row)
        if self.may_create:
            unit = values.get("unit", "")
            if unit and unit not in registers.units and not self.may_create_units:
                row.reject(_("没有“%(name)s”这个单位。请先导入单位，或把这一列设为不导入。") % {"name": unit}, "unit")
        elif self.matching is None:
            row.reject(_("没有选择区县。请在选项 district 里写明。"), "place")
        elif row.open and not known:
            row.plan = self.matching.meant(row)
        if closed is not None:
            self.closed_there.add(row.line)
        theirs = _WORDS.get(str(values.get("verdict") or "").replace(" ", "").lower(), "")
        ours = verdict(due, closed)
        if theirs and ours and row.open:
            if theirs == ours:
                self.agreed += 1
            else:
                self.disagreed += 1

    def _position(self, row: Row) -> None:
        lon, lat = row.values.get("longitude"), row.values.get("latitude")
        if lon is None or lat is None:
            return
        west, south, east, north = self.bounds or (-180.0, -90.0, 180.0, 90.0)
        if not (west <= lon <= east and south <= lat <= north) or (lon == 0 and lat == 0):
            row.reject(_("位置不可能：经度 %(lon)s，纬度 %(lat)s。") % {"lon": lon, "lat": lat}, "longitude")
        elif self.nowhere and (lon, lat) == self.nowhere:
            # the point that stands for "unknown" would be a false hot spot on every map
            row.values["longitude"] = row.values["latitude"] = None

    # --- writing ---------------------------------------------------------------------------------------------------

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """One chunk by COPY, after the places and categories that it needs."""
        registers = self._registers()
        if self.may_create:
            self._make_missing(rows, registers)
        items = [self._past(row, registers) for row in rows]
        for row, book in zip(rows, bulk.write(items, self._permit()), strict=True):
            ledger.created(row, "work.Item", book.item["id"], {"version": book.item["version"]})

    def _permit(self) -> Any:
        """Asked once for each place: the importer's right, and the rule for what was decided outside."""
        asked = permit_for(self.run.actor)
        known: dict[str, Acting | None] = {}

        def permit(transition: Transition, book: Book, leg: Record | None) -> Acting | None:
            if transition.code in BY_RULE:
                return RULE
            path = str(book.item["place_path"])
            if path not in known:
                known[path] = asked(transition, book, leg)
            return known[path]

        return permit

    def _past(self, row: Row, registers: _Registers) -> bulk.PastItem:
        values, meant = row.values, row.plan
        if meant is not None:
            place, path, category, unit_id = meant.place.id, meant.place.path, meant.category, meant.unit_id
        else:
            made = registers.places.get(words_of(values)) or registers.district
            found = registers.category(values)
            assert made is not None and found is not None
            place, path, category = made.pk, str(made.path), found
            unit_id = registers.units.get(values.get("unit", ""))
        received, closed = values["received"], values.get("closed")
        title = values.get("title") or category.name
        words = values.get("words") or title
        opening = [Order(OPENING, {"source_number": values["number"]}), Order("accept", {})]
        if unit_id is not None:
            opening.append(Order("dispatch", {"lead": unit_id}))
        steps: list[tuple[datetime, Sequence[Order]]] = [(received, opening)]
        if closed is not None:
            steps.append((closed, [Order("close_outside", {"answer": values.get("answer") or NOBODY_KNOWS})]))
        lon, lat = self._point(values)
        return bulk.PastItem(
            kind="request",
            values={
                "subkind": "complaint", "title": title[:TITLE_LENGTH_MAX], "summary": words[:500],
                "place_id": place, "place_path": path, "longitude": lon, "latitude": lat,
                "source_crs": self.crs if lon is not None else "", "address": values.get("address", ""),
                "category_id": category.pk, "created_by_id": getattr(self.run.actor, "person_id", None),
                "urgency": category.urgency, "source": FROM_OUTSIDE, "source_system": self.system,
                "source_number": values["number"], "outside_due": values.get("due"), "needs_site_check": False,
            },
            steps=steps,
            terms=OutsideTerms(values.get("due"), self.system, unit_id),
            details=lambda item_id: [Rows("requests_requestdetail", DETAIL_COLUMNS, [_detail(item_id, words)])],
            search_text=words,
        )  # fmt: skip

    def _point(self, values: Mapping[str, Any]) -> tuple[float | None, float | None]:
        lon, lat = values.get("longitude"), values.get("latitude")
        if lon is None or lat is None:
            return None, None
        x, y = convert(lon, lat, self.crs, "EPSG:4490")
        return round(x, 7), round(y, 7)

    # --- registers -------------------------------------------------------------------------------------------------

    def _registers(self) -> _Registers:
        """The district with everything below it, the categories in force and the active units (4 statements)."""
        district = None
        named = str(self.run.options.get("district") or "").strip()
        if self.run.under is not None:
            district = Place.objects.get(pk=self.run.under)
        elif named:
            district = Place.objects.filter(name=named, kind="district", active=True).first()
        found = _Registers(district)
        if district is not None:
            found.places = {place.name: place for place in _below(district)}
        rows = Category.objects.filter(valid_to=None).select_related("parent")
        for row in rows:
            found.categories[row.name, row.parent.name if row.parent else ""] = row
            if row.parent is not None:
                found.categories.setdefault((row.name, ""), row)
        for unit_id, name, short_name in (
            Organisation.objects.filter(active=True).order_by("-id").values_list("id", "name", "short_name")
        ):
            found.units |= {short_name: unit_id, name: unit_id} if short_name else {name: unit_id}
        return found

    def _make_missing(self, rows: Sequence[Row], registers: _Registers) -> None:
        label, made = self.run.actor_label or self.system, False
        if registers.district is None:
            named = str(self.run.options.get("district") or "").strip()
            if not named:
                raise StepRefused("no_district", Label("没有选择区县。请在选项 district 里写明。",
                                                       "No district is chosen; name it in the option district."),
                                  status=422)  # fmt: skip
            registers.district = create_place(kind="district", name=named, actor_label=label)
        for row in rows:
            name = words_of(row.values)
            if name and name not in registers.places:
                first = min(entry.values["received"] for entry in rows)
                registers.places[name] = self._make_place(name, registers.district, label, first.date())
            key = _category_key(row.values)
            if key not in registers.categories:
                self._make_category(key, registers)
                made = True
            unit = row.values.get("unit", "")
            if unit and unit not in registers.units and self.may_create_units:
                registers.units[unit] = self._make_unit(unit, registers.district)
        if made:
            bump_registry(RegistryVersion.CATALOGUE)

    def _make_place(self, name: str, district: Place, label: str, since: date) -> Place:
        kind = "street" if district.kind == "district" else "community"
        return create_place(kind=kind, name=name, parent_id=district.pk, actor_label=label, valid_from=since)

    def _make_unit(self, name: str, district: Place) -> int:
        actor: Actor = self.run.actor
        own = Grant(frozenset({"people.edit"}), role="import", everything=True)
        made = create_organisation(
            replace(actor, grants=(*actor.grants, own)), name=name, kind="department", place_id=district.pk
        )
        return int(made.pk)

    def _make_category(self, key: tuple[str, str], registers: _Registers) -> None:
        name, above = key
        parent = registers.categories.get((above, "")) if above else None
        if above and parent is None:
            parent = registers.categories[above, ""] = _category(above, None)
        row = _category(name, parent)
        registers.categories[key] = row

    # --- taking back -----------------------------------------------------------------------------------------------

    undo_rows = UNDO_ROWS

    def obstacles(self, effects: Sequence[Effect]) -> list[str]:
        """Items that somebody has worked on since."""
        numbers = voiding.worked_on(_versions(effects))
        return [_("诉求 %(number)s 导入以后已经有人办理") % {"number": number} for number in numbers]

    def take_back(self, effects: Sequence[Effect]) -> list[str]:
        """History stays, so the items are made void and emptied; the numbers of those that stay."""
        acting = Acting(getattr(self.run.actor, "person_id", None), "import")
        return voiding.void(_versions(effects), "undo_import", acting)


def _versions(effects: Sequence[Effect]) -> dict[int, int]:
    """The version of each item as it was brought in, by id."""
    return {int(effect.key): int((effect.after or {}).get("version", 0)) for effect in effects}


def _below(district: Place) -> list[Place]:
    return list(Place.objects.filter(parent_id=district.pk, active=True)) + list(
        Place.objects.filter(parent__parent_id=district.pk, active=True, kind__in=("community", "street"))
    )


def _category_key(values: Mapping[str, Any]) -> tuple[str, str]:
    return values.get("category", ""), values.get("parent_category", "")


def _category(name: str, parent: Category | None) -> Category:
    """A category of a file: its code is made from its name, so that the same file makes the same ones."""
    above = parent.name if parent is not None else ""
    code = hashlib.sha256(f"{above}\n{name}".encode()).hexdigest()[:12]
    row = Category(
        scheme=SCHEME, code=code, parent=parent, path="0", name=name[:80], needs_site_check=False,
        dispatch_by_rule=False, valid_from=timezone.now(), origin="import",
    )  # fmt: skip
    row.save()
    row.path = f"{parent.path}.{row.pk}" if parent is not None else str(row.pk)
    row.save(update_fields=["path"])
    return row


def _detail(item_id: int, words: str) -> tuple[Any, ...]:
    """The row of details. Nobody was given a follow link, so its digest is of something nobody knows."""
    values: dict[str, Any] = dict.fromkeys(DETAIL_COLUMNS)
    values |= {
        "item_id": item_id, "words": words, "channel": FROM_OUTSIDE, "anonymous": True, "wants_news": False,
        "tracking_digest": secrets.token_bytes(32),
    }  # fmt: skip
    return tuple(values.values())
