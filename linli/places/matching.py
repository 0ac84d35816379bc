"""Which place does a row of a file mean? Kinds by word or code, parents by code, name, alias or code prefix."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from linli.exchange.kinds import Choice, Question, Row, Run
from linli.places.divisions import plain_name
from linli.places.errors import PlaceProblem
from linli.places.geometry import from_wkb
from linli.places.kinds import GOVERNANCE, KINDS, SUPERVISION
from linli.places.models import Boundary, Place, PlaceName
from linli.places.pinyin import sort_key
from linli.places.rows import PlannedRow
from linli.places.search import locate_by_name
from linli.places.short_names import grid_meant, longest_in, titled_place
from linli.places.snapshot import PlaceRow, PlaceSnapshot

_PARENT_LENGTH = {15: 12, 12: 9, 9: 6}
_ENDINGS = (
    "居民委员会", "村民委员会", "街道办事处", "人民政府", "居委会", "村委会", "办事处", "街道办", "社区", "街道",
    "镇政府", "网格", "镇", "乡", "村",
)  # fmt: skip
NAMING = frozenset({"parent_code", "parent", "place", "street", "community", "address", "organisation"})
"""Fields that say, if the file has a column of theirs, where its rows belong."""
CHOICES_SHOWN = 8
SMALL_KINDS = ("building", "site", "road", "landmark")


class Unsettled(Exception):
    """The row waits for an answer, or was left out by one."""


def core(name: str) -> str:
    """What is left of a name without the words for its kind: 通济街道办事处 → 通济."""
    text = "".join(name.split())
    for numeral, digit in zip("一二三四五六七八九", "123456789", strict=True):
        text = text.replace(f"第{numeral}网", f"第{digit}网")
    shorter = True
    while shorter:
        ending = next((word for word in _ENDINGS if text.endswith(word) and len(text) > len(word) + 1), "")
        text, shorter = (text.removesuffix(ending), True) if ending else (text, False)
    return text


class Directory:
    """Looks parents and known places up: in the register (below `under`) and among the rows of the same file.

    What it cannot decide it asks: which of several places of a name, or which place a name that is not known means.
    """

    def __init__(self, snapshot: PlaceSnapshot, run: Run) -> None:
        self.snapshot = snapshot
        self.run = run
        self.under = snapshot.get(run.under)
        if run.under is not None and self.under is None:
            raise PlaceProblem("no_such_place", _("没有这个地点。"))
        self._by_name: dict[str, list[PlaceRow]] = {}
        self._planned_by_code: dict[str, PlannedRow] = {}
        self._planned_by_name: dict[str, list[PlannedRow]] = {}
        self._small: dict[tuple[int | None, str, str], int] = {}
        self._small_codes: dict[str, int] = {}
        self._small_names: dict[int, str] = {}
        self._likes: dict[tuple[str, str], list[tuple[int, PlaceRow]]] = {}
        self._cores: dict[int, tuple[str, str]] = {}
        self._above: tuple[PlaceRow | None] | None = None
        prefix = f"{self.under.path}." if self.under else ""
        inside = {
            row.id: row
            for kind in ("district", "street", "community", "grid")
            for layer in (GOVERNANCE, SUPERVISION)
            for row in snapshot.of_kind(kind, layer=layer)
            if f"{row.path}.".startswith(prefix)
        }
        self.inside = inside
        for row in inside.values():
            self._by_name.setdefault(row.name, []).append(row)
        names = PlaceName.objects.exclude(kind=PlaceName.OFFICIAL).filter(place_id__in=list(inside))
        for place_id, name in names.values_list("place_id", "name"):
            self._by_name.setdefault(name, []).append(inside[place_id])

    def load_small(self, kinds: Iterable[str]) -> None:
        """Read the buildings, sites and roads below `under` once, so that rows find themselves among them."""
        wanted = [kind for kind in set(kinds) if kind in SMALL_KINDS]
        if not wanted:
            return
        places = Place.objects.filter(kind__in=wanted, active=True)
        if self.under is not None:
            places = places.filter(path__descendant_of=self.under.path)
        for key, parent, kind, name, code in places.values_list("id", "parent_id", "kind", "name", "code").iterator():
            self._small.setdefault((parent, kind, name), key)
            if code:
                self._small_codes.setdefault(code, key)
                self._small_names[key] = name

    def name_of_code(self, code: str, scheme: str) -> str:
        """The name of the place that bears a code; empty where none does."""
        known = self.snapshot.find_by_code(code, scheme)
        if known is not None:
            return known.name
        return self._small_names.get(self._small_codes.get(code, 0), "") if scheme == "local" else ""

    def codes(self) -> set[str]:
        """The codes of the places below `under` down to the grid."""
        return {row.code for row in self.inside.values() if row.code}

    def outline(self) -> BaseGeometry | None:
        """The boundary of the nearest place above that has one."""
        ids = [row.id for row in self.snapshot.ancestors(self.under.id)] if self.under else []
        if not ids:
            ids = [row.id for row in self.snapshot.of_kind("district")][:1]
        rows = dict(
            Boundary.objects.filter(place_id__in=ids, valid_to__isnull=True).values_list("place_id", "geometry")
        )
        return next((from_wkb(rows[key]) for key in reversed(ids) if key in rows), None)

    def find_parent(self, row: PlannedRow) -> None:
        """Fill in the row's parent. Raises PlaceProblem with what to write when none or several fit."""
        words = row.parent_words
        if words.get("parent_code"):
            self._take_code(row, words["parent_code"], must=True)
            return
        length = _PARENT_LENGTH.get(len(row.code)) if row.code.isdigit() else None
        if not any(words.values()) and length is not None and self._take_code(row, row.code[:length], must=False):
            return
        above = self._titled(row)
        if above is not None:
            words = row.parent_words = {**words, above.kind: above.name}
        for key in ("grid", "community", "parent", "street"):
            if words.get(key) and words[key] != row.name and not (key == "parent" and self._too_wide(words)):
                self._take_name(row, words[key], "" if key == "parent" else key)
                return
        if words.get("address") and self._take_address(row, words["address"]):
            return
        if length is not None and self._take_code(row, row.code[:length], must=False):
            return
        if self.under is not None:
            self._take(row, self.under)

    def _too_wide(self, words: dict[str, str]) -> bool:
        """Whether the place above is a district although the row names its street."""
        found = self._candidates(words["parent"], "")
        return bool(words.get("street") and found) and all(place.kind == "district" for place in found)

    def _titled(self, row: PlannedRow) -> PlaceRow | None:
        """The community or street that stands above a table without a column for it, if somebody has agreed that all
        rows are its own. Raises Unsettled."""
        if self.run.columns & NAMING or not self.run.titles:
            return None
        if self._above is None:
            self._above = (titled_place(self.run.titles, self._by_name),)
        (place,) = self._above
        if place is None or KINDS[place.kind].rank >= KINDS[row.kind].rank:
            return None
        sentence = _("表上写着“%(name)s”，表里没有社区或街道一列。各行都属于%(name)s吗？") % {"name": place.name}
        choices = (Choice(str(place.id), _("都属于%(name)s") % {"name": place.name}), Choice("0", _("不是")))
        question = Question("title_place", place.name, sentence, choices, may_skip=False, remember=False,
                            suggestion=str(place.id))  # fmt: skip
        answer = self.run.ask(question, row.row)
        if answer is None or not answer.value:
            raise Unsettled
        return place if answer.value != "0" else None

    def place_of(self, row: Row, words: dict[str, str]) -> PlaceRow | None:
        """The place that words of a row, or the title, mean; None when they say nothing. Raises Unsettled,
        PlaceProblem."""
        asked = PlannedRow(row, "building", "", "", "", GOVERNANCE, "", None, (), (), None, None,
                           {key: text for key, text in words.items() if text})  # fmt: skip
        if not asked.parent_words:
            return self._titled(asked)
        self.find_parent(asked)
        return self.snapshot.get(asked.parent_id)

    def find_existing(self, row: PlannedRow) -> None:
        """Fill in the place the row means if it is in the register: by code, else by name under its parent."""
        if row.code:
            known = self.snapshot.find_by_code(row.code, row.code_scheme)
            if known is None and row.code_scheme == "local":
                row.existing_id = self._small_codes.get(row.code)
            if known is not None:
                self._refuse_outside(row.code, known)
                row.existing_id = known.id
        if row.existing_id is None and row.parent_id is not None:
            if KINDS[row.kind].rank <= KINDS["grid"].rank:
                same = [*self._by_name.get(row.name, ()), *self._by_name.get(plain_name(row.name), ())]
                layers = (row.layer,) if row.kind == "grid" else (GOVERNANCE,)
                match = [
                    place for place in same
                    if place.kind == row.kind and place.parent_id == row.parent_id and place.layer in layers
                ]  # fmt: skip
                row.existing_id = match[0].id if match else None
                if row.kind == "grid" and not match:
                    self._take_short(row)
            else:
                row.existing_id = self._small.get((row.parent_id, row.kind, row.name))

    def _take_short(self, row: PlannedRow) -> None:
        """A grid that is known by a longer name than the file's keeps it; else there would be two of it."""
        community = self.snapshot.get(row.parent_id)
        if community is None or community.kind != "community":
            return
        known = grid_meant(row.name, community, self.grids_of(community.id, row.layer))
        if known is not None and not (row.code and known.code and row.code != known.code):
            row.existing_id, row.name = known.id, known.name

    def _refuse_outside(self, code: str, known: PlaceRow) -> None:
        """Whoever imports for a district neither changes the places of another nor hangs anything below them."""
        if self.under is not None and not f"{known.path}.".startswith(f"{self.under.path}."):
            text = _("编码 %(code)s 属于范围之外的“%(name)s”。")
            raise PlaceProblem("outside", text % {"code": code[:40], "name": known.name})

    def remember(self, row: PlannedRow) -> None:
        """Let later rows of the file name this one as their parent."""
        if row.existing_id is None:
            if row.code:
                self._planned_by_code[row.code] = row
            self._planned_by_name.setdefault(row.name, []).append(row)

    def _take(self, row: PlannedRow, parent: PlaceRow) -> None:
        row.parent_id, row.parent_path = parent.id, parent.path
        row.parent_kind, row.parent_name = parent.kind, parent.name

    def _take_planned(self, row: PlannedRow, parent: PlannedRow) -> None:
        row.parent_row, row.parent_kind, row.parent_name = parent, parent.kind, parent.name

    def _take_code(self, row: PlannedRow, code: str, *, must: bool) -> bool:
        planned = self._planned_by_code.get(code)
        if planned is not None:
            self._take_planned(row, planned)
            return True
        known = self.snapshot.find_by_code(code)
        if known is not None:
            self._refuse_outside(code, known)
            self._take(row, known)
            return True
        if must:
            raise PlaceProblem("no_parent", _("找不到编码为 %(code)s 的上级。请先导入上级。") % {"code": code[:40]})
        return False

    def _candidates(self, name: str, kind: str) -> list[PlaceRow | PlannedRow]:
        found: dict[int, PlaceRow | PlannedRow] = {}
        for text in dict.fromkeys((name, plain_name(name), plain_name("".join(name.split())))):
            for planned in self._planned_by_name.get(text, ()):
                found[id(planned)] = planned
            for known in self._by_name.get(text, ()):
                found[known.id] = known
        return [place for place in found.values() if not kind or place.kind == kind]

    def _take_name(self, row: PlannedRow, name: str, kind: str) -> None:
        found = self._candidates(name, kind)
        street = row.parent_words.get("community") or row.parent_words.get("street", "")
        for level in ("community", "street"):
            above = row.parent_words.get(level, "")
            if len(found) > 1 and above and kind != level:
                found = [place for place in found if self._stands_in(place, above)] or found
        if not found and kind == "grid":
            short = self._short_grid(row, name)
            found = [short] if short is not None else []
        if len(found) == 1:
            parent = found[0]
            if isinstance(parent, PlannedRow):
                self._take_planned(row, parent)
            else:
                self._take(row, parent)
            return
        self._take(row, self._asked(row, name, kind, street, found))

    def _short_grid(self, row: PlannedRow, name: str) -> PlaceRow | None:
        """The grid that a short name means in the community that the row names: 第1网格 is 西湖社区第1网格."""
        above = row.parent_words.get("community", "")
        street = row.parent_words.get("street", "")
        found = [place for place in self._candidates(above, "community") if not isinstance(place, PlannedRow)]
        if len(found) > 1 and street:
            found = [place for place in found if self._stands_in(place, street)]
        return grid_meant(name, found[0], self.grids_of(found[0].id)) if len(found) == 1 else None

    def grids_of(self, community_id: int, layer: str = GOVERNANCE) -> list[PlaceRow]:
        """The grids of a community."""
        return [place for place in self.snapshot.children(community_id, layer=layer) if place.kind == "grid"]

    def _asked(
        self, row: PlannedRow, name: str, kind: str, street: str, found: list[PlaceRow | PlannedRow]
    ) -> PlaceRow:
        places = [place for place in found if not isinstance(place, PlannedRow)] or self.like(name, kind, row)
        if len(found) > 1:
            sentence = _("有 %(count)d 个“%(name)s”。请加一列“街道”或“上级代码”。是哪一个？")
        elif places:
            sentence = _("找不到“%(name)s”。是下面的哪一个？")
        else:
            raise PlaceProblem(
                "no_parent",
                _("找不到“%(name)s”这个地点。请核对名称，或先导入这个地点、添加别名。") % {"name": name[:60]},
            )
        same = [place for place in places if core(place.name) == core(name)] or [
            place for place in places if place.name in longest_in(name, [place.name for place in places])
        ]
        question = Question(
            "place", name[:120], sentence % {"count": len(found), "name": name[:60]},
            tuple(Choice(str(place.id), self.snapshot.full_name(place.id)) for place in places[:CHOICES_SHOWN]),
            context=street[:60], suggestion=str(same[0].id) if len(same) == 1 and not found else "",
        )  # fmt: skip
        answer = self.run.ask(question, row.row)
        parent = self.snapshot.get(int(answer.value)) if answer is not None and answer.value else None
        if parent is None:
            raise Unsettled
        return parent

    def like(self, name: str, kind: str, row: PlannedRow | None = None) -> list[PlaceRow]:
        """Places that a name which nobody bears may mean: same core, one inside the other, or sounding alike."""
        ranked = self._ranked(name, kind)
        for level in ("community", "street"):
            above = row.parent_words.get(level, "") if row is not None and kind != level else ""
            if above:
                ranked = [pair for pair in ranked if self._stands_in(pair[1], above)] or ranked
        ranked.sort(key=lambda pair: (pair[0], len(pair[1].name), pair[1].id))
        return [place for _rank, place in ranked[:CHOICES_SHOWN]]

    def _ranked(self, name: str, kind: str) -> list[tuple[int, PlaceRow]]:
        """How like the places are; the same name stands in hundreds of rows, so it is looked for once."""
        if (name, kind) not in self._likes:
            wanted, sound = core(name), sort_key(core(name))
            found = self._likes[name, kind] = []
            for place in self.inside.values():
                if kind and place.kind != kind:
                    continue
                if place.id not in self._cores:
                    own = core(place.name)
                    self._cores[place.id] = own, sort_key(own)
                own, own_sound = self._cores[place.id]
                if own == wanted:
                    found.append((0, place))
                elif name.endswith(place.name) or (len(own) > 1 and own in name):
                    found.append((1, place))
                elif own_sound == sound:
                    found.append((2, place))
                elif len(wanted) > 1 and wanted in place.name:
                    found.append((3, place))
        return [*self._likes[name, kind]]

    def _take_address(self, row: PlannedRow, address: str) -> bool:
        """The community or grid that an address names in words, or whose compound or building it names.

        Of two that it names, the one in the street that it names.
        """
        longest = longest_in(address, self._by_name)
        below = [place for name in longest for place in self._by_name[name] if place.kind in ("community", "grid")]
        deepest = max((place.depth for place in below), default=0)
        found = {place.id: place for place in below if place.depth == deepest}
        streets = [name for name in longest if any(place.kind == "street" for place in self._by_name[name])]
        if len(found) > 1 and streets:
            found = {key: place for key, place in found.items() if self._stands_in(place, streets[0])} or found
        if not found:
            for hit in locate_by_name(address, under=self.under.path if self.under else None):
                place = self.snapshot.get(hit.place.place_id)
                if place is not None:
                    found[place.id] = place
        if not found:
            return False
        if len(found) == 1:
            self._take(row, next(iter(found.values())))
        else:
            self._take(row, self._asked_of_address(row, address, list(found.values())))
        return True

    def _asked_of_address(self, row: PlannedRow, address: str, places: list[PlaceRow]) -> PlaceRow:
        """Which of several places an address means; it is no name of theirs, so nothing is remembered."""
        sentence = _("“%(address)s”在下面哪一个？") % {"address": address[:60]}
        choices = tuple(Choice(str(place.id), self.snapshot.full_name(place.id)) for place in places[:CHOICES_SHOWN])
        answer = self.run.ask(Question("address", address[:120], sentence, choices, remember=False), row.row)
        place = self.snapshot.get(int(answer.value)) if answer is not None and answer.value else None
        if place is None:
            raise Unsettled
        return place

    def _stands_in(self, place: PlaceRow | PlannedRow, street: str) -> bool:
        if isinstance(place, PlannedRow):
            return place.parent_name == street
        same = {street, plain_name(street)} | {known.name for known in self._by_name.get(street, ())}
        return any(link.name in same for link in self.snapshot.ancestors(place.id))
