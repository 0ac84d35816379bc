"""Which column is which field? By heading, by what stands in the cells, and by what was decided before.

Pure: takes tables and a kind's fields.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from linli.exchange.kinds import Field, Kind
from linli.exchange.tables import HEADINGS_BETWEEN, OUTER_SECTION, SECTION, SHEET_NAME, Tables, names_a_place
from linli.exchange.words import heading_key, is_blank, plain

SAMPLE_ROWS = 200
SHOWN_SAMPLES = 3
CERTAIN, LIKELY, POSSIBLE = 1.0, 0.8, 0.6
LEAST = 0.5


_ENDINGS = (
    "数量",
    "数",
    "编号",
    "编码",
    "代码",
    "电话",
    "手机",
    "日期",
    "时间",
    "面积",
    "率",
    "长",
    "员",
    "人",
    "书记",
)
"""What a heading ends with is what stands below it: 社区数 is a number, no community; 网格长 is a person, no grid."""


@dataclass(slots=True)
class ColumnGuess:
    """One column: the field (`target`) it is taken for ("" none), how sure, by what, a few of its texts.

    `also`: the field that it looks like as well, but which another column fills.
    """

    heading: str
    target: str = ""
    confidence: float = 0.0
    by: str = ""
    samples: list[str] = field(default_factory=list)
    also: str = ""


def signature(kind: Kind, columns: Sequence[str]) -> str:
    """What tells one kind of table from another: its headings, whatever their order."""
    keys = sorted(heading_key(name) for name in columns if not name.startswith("〔"))
    return hashlib.sha256("\n".join((kind.slug, *keys)).encode()).hexdigest()[:32]


def known_headings(kind: Kind) -> dict[str, str]:
    """Every heading of the kind, made comparable, with its field; own names win over aliases."""
    known: dict[str, str] = {}
    for entry in kind.fields:
        for name in (entry.name, entry.label.zh, entry.label.en):
            known.setdefault(heading_key(name), entry.name)
    for entry in kind.fields:
        for name in entry.aliases:
            known.setdefault(heading_key(name), entry.name)
    return known


def guess_columns(kind: Kind, tables: Tables, given: Mapping[str, str] | None = None) -> list[ColumnGuess]:
    """A field for every column that has one. `given` (heading → field, "" for none) is obeyed first.

    Columns of different sheets may be the same field (姓名 here, 责任人 there); of one sheet only one is.
    """
    known = known_headings(kind)
    given = {heading_key(name): value for name, value in (given or {}).items()}
    guesses = [ColumnGuess(name, samples=_samples(tables, name)) for name in tables.columns]
    taken: dict[str, list[ColumnGuess]] = {}
    where = {name: {at for at, table in enumerate(tables.tables) if name in table.columns} for name in tables.columns}
    fields = {entry.name: entry for entry in kind.fields}
    offers: list[tuple[float, int, str, str]] = []
    for number, guess in enumerate(guesses):
        key = heading_key(guess.heading)
        if key in given:
            guess.target, guess.confidence, guess.by = given[key], CERTAIN, "given"
            if guess.target:
                taken.setdefault(guess.target, []).append(guess)
            continue
        if guess.heading in HEADINGS_BETWEEN:
            continue
        offers += [(sure, -number, name, by) for name, sure, by in _offers(guess, known, fields, tables)]
    for sure, place, name, by in _of_one_group(sorted(offers, reverse=True), guesses, fields, where):
        guess = guesses[-place]
        if guess.target or guess.by == "given" or sure < LEAST:
            continue
        beside = any(where[guess.heading] & where[other.heading] for other in taken.get(name, ()))
        if beside and not (fields[name].many and sure >= LIKELY):
            guess.also = guess.also or (name if fields[name].required and sure >= LIKELY else "")
            continue
        guess.target, guess.confidence, guess.by = name, sure, by
        taken.setdefault(name, []).append(guess)
    for guess in guesses:
        wanted = _between(kind, guess.heading, tables.columns)
        free = wanted not in taken or (guess.heading == SHEET_NAME and _named_by_sheet(tables, guesses, wanted))
        if wanted in PLACES_BETWEEN and guess.heading in (SECTION, OUTER_SECTION) and not _places_stand(guess, tables):
            continue
        if not guess.by and wanted and free:
            guess.target, guess.confidence, guess.by = wanted, LIKELY, "sheet"
            taken.setdefault(wanted, []).append(guess)
    return guesses


PLACES_BETWEEN = ("street", "community")
"""Fields that a heading between the rows fills only if such headings name places: 一、市直部门 is no street."""


def _places_stand(guess: ColumnGuess, tables: Tables) -> bool:
    texts = set(_texts(tables, guess.heading, SAMPLE_ROWS))
    return any(names_a_place(text) or text.endswith("居民委员会") for text in texts)


_Offer = tuple[float, int, str, str]


def _of_one_group(
    offers: Sequence[_Offer], guesses: Sequence[ColumnGuess], fields: Mapping[str, Field], where: Mapping[str, set[int]]
) -> list[_Offer]:
    """The offers without those that belong to somebody else.

    Where a line names 网格长 and 网格员, each with a telephone, the telephone is that of the column taken for the name.
    """
    said = next((guess for guess in guesses if guess.target in fields and fields[guess.target].required), None)
    first = next((offer for offer in offers if fields[offer[2]].required), None) if said is None else None
    column = guesses[-first[1]] if first is not None else said
    whose = _whose(column.heading) if column is not None else ""
    if column is None or not whose:
        return list(offers)
    own = {name for _sure, place, name, _by in offers if _joined(guesses[-place].heading).startswith(whose)}

    def fits(offer: _Offer) -> bool:
        heading, entry = guesses[-offer[1]].heading, fields[offer[2]]
        apart = not where[heading] & where[column.heading]
        return entry.required or entry.many or entry.name not in own or apart or _joined(heading).startswith(whose)

    return [*([first] if first is not None else ()), *(one for one in offers if one is not first and fits(one))]


def _joined(heading: str) -> str:
    return heading_key(heading.replace("/", ""))


def _whose(heading: str) -> str:
    """Of whom a column of names is: 网格员/姓名 and 网格员姓名 of the 网格员."""
    text = _joined(heading)
    return text.removesuffix("姓名").removesuffix("名单") if text not in ("姓名", "名称") else ""


def _between(kind: Kind, heading: str, columns: Sequence[str]) -> str:
    """The field that a heading between the rows, or the name of a sheet, fills ("" none)."""
    if heading not in HEADINGS_BETWEEN or (heading == OUTER_SECTION and not kind.inner_field):
        return ""
    inner = heading == SECTION and OUTER_SECTION in columns and bool(kind.inner_field)
    return kind.inner_field if inner else kind.sheet_field


def _named_by_sheet(tables: Tables, guesses: Sequence[ColumnGuess], wanted: str) -> bool:
    """Whether the tables without a column for the field are called like places: one sheet per community, and a
    summary beside them that has such a column."""
    filling = {guess.heading for guess in guesses if guess.target == wanted}
    others = [table.sheet for table in tables.tables if not filling & set(table.columns)]
    return bool(others) and all(names_a_place(sheet) for sheet in others)


def _offers(
    guess: ColumnGuess, known: Mapping[str, str], fields: Mapping[str, Field], tables: Tables
) -> list[tuple[str, float, str]]:
    found: list[tuple[str, float, str]] = []
    parts = guess.heading.split("/")
    tries = [guess.heading, "".join(parts), parts[-1]] if len(parts) > 1 else [guess.heading]
    for rank, text in enumerate(tries):
        name = known.get(heading_key(text))
        if name:
            return [(name, CERTAIN - 0.02 * rank, "heading")]
    key = heading_key(parts[-1])
    if key.endswith("名") and f"{key}称" in known:
        return [(known[f"{key}称"], CERTAIN - 0.05, "heading")]
    ending = next((word for word in _ENDINGS if key.endswith(word)), "")
    inside = [
        (len(alias), name)
        for alias, name in known.items() if len(alias) >= 2 and alias in key and alias.endswith(ending)
    ]  # fmt: skip
    if len(key) >= 2 and inside:
        length, name = max(inside)
        found.append((name, LIKELY if length * 2 >= len(key) else POSSIBLE, "part"))
    elif len(parts) > 1 and known.get(heading_key(parts[0])):
        found.append((known[heading_key(parts[0])], POSSIBLE, "part"))
    texts = [text for text in _texts(tables, guess.heading, SAMPLE_ROWS) if text]
    if texts and not found:
        for entry in fields.values():
            if entry.looks is not None:
                share = sum(1 for text in texts if entry.looks(text)) / len(texts)
                if share >= 0.8:
                    found.append((entry.name, POSSIBLE * share + 0.05, "content"))
    return found


def _texts(tables: Tables, name: str, count: int) -> list[str]:
    texts: list[str] = []
    for table in tables.tables:
        if name not in table.columns:
            continue
        place = table.columns.index(name)
        for row in table.rows[:count]:
            if place < len(row.cells) and not is_blank(row.cells[place]):
                texts.append(plain(row.cells[place]) if not isinstance(row.cells[place], dict) else "…")
    return texts


def _samples(tables: Tables, name: str) -> list[str]:
    return list(dict.fromkeys(text[:60] for text in _texts(tables, name, 20)))[:SHOWN_SAMPLES]


def missing(kind: Kind, guesses: Sequence[ColumnGuess], constants: Mapping[str, str]) -> list[Field]:
    """The required fields that neither a column nor a constant fills."""
    filled = {guess.target for guess in guesses} | set(constants)
    return [entry for entry in kind.fields if entry.required and entry.name not in filled]
