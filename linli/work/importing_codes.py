"""Codes of a catalogue's rows: a category above that is named and not coded, and lists that have no codes at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from django.utils.translation import gettext as _

from linli.exchange.kinds import CREATE, Choice, Question, Row, Run
from linli.exchange.leading_zeros import restore
from linli.exchange.words import heading_key
from linli.work.models import Category

CHOICES_SHOWN = 30
CREATE_SIGN = "+"


class Codes:
    """Gives every row its code and the code of the category above; asks where a name above is not known.

    `made` are the categories above that are to be made: name by code.
    """

    def __init__(self, run: Run, by_code: Mapping[str, Category]) -> None:
        self.run = run
        self.by_code = by_code
        self.tops = [row for row in by_code.values() if row.parent_id is None]
        self.top_by_name = {heading_key(row.name): row.code for row in reversed(self.tops)}
        codes = {row.pk: code for code, row in by_code.items()}
        self.below = {(codes.get(row.parent_id or 0, ""), heading_key(row.name)): code for code, row in by_code.items()}
        self.made: dict[str, str] = {}

    def settle(self, rows: Sequence[Row]) -> None:
        """Fill in `parent` and `code` of the rows; those without are rejected or wait."""
        restore(rows, ("code", "parent"), self.by_code, self.run)
        with_code = [row.values for row in rows if row.open and "code" in row.values]
        coded = {values["code"] for values in with_code}
        named = {heading_key(values["name"]): values["code"] for values in with_code}
        self._renamed([row for row in rows if row.open and "code" in row.values])
        above: dict[str, list[Row]] = {}
        for row in rows:
            parent = row.values.get("parent", "")
            if not row.open or not parent or parent in self.by_code or parent in coded:
                continue
            key = heading_key(parent)
            code = named.get(key) or self.top_by_name.get(key)
            if code is not None:
                row.values["parent"] = code
            elif parent.isascii():
                row.reject(_("没有代码为 %(code)s 的上级类别。") % {"code": parent}, "parent")
            else:
                above.setdefault(parent, []).append(row)
        for name, waiting in above.items():
            self._above(name, waiting, coded)
        self._missing_codes([row for row in rows if row.open and "code" not in row.values], coded)

    def _renamed(self, rows: Sequence[Row]) -> None:
        """Codes that stand for something else here: an office's own numbering would rename the catalogue."""
        other = [
            row for row in rows
            if (known := self.by_code.get(row.values["code"])) is not None and _unlike(known.name, row.values["name"])
        ]  # fmt: skip
        if not other:
            return
        code = other[0].values["code"]
        sentence = _("有 %(count)d 个代码在登记里是别的类别（如 %(code)s 是“%(known)s”，表里是“%(name)s”）。怎么办？")
        question = Question(
            "codes_renamed", "?", sentence % {"count": len({row.values["code"] for row in other}), "code": code,
                                              "known": self.by_code[code].name, "name": other[0].values["name"]},
            (Choice("rename", _("按表里的改名")),), remember=False,
        )  # fmt: skip
        for row in other:
            self.run.ask(question, row)

    def _above(self, name: str, rows: Sequence[Row], coded: set[str]) -> None:
        near = [row for row in self.tops if len(row.name) > 1 and (row.name in name or name in row.name)]
        sentence = _("没有“%(name)s”这个上级类别。新建，还是下面的一个？") % {"name": name[:60]}
        question = Question(
            "category_parent", name[:120], sentence,
            tuple(Choice(row.code, f"{row.code} {row.name}") for row in self.tops[:CHOICES_SHOWN]),
            may_create=True, suggestion=near[0].code if len(near) == 1 else "" if near else CREATE_SIGN,
        )  # fmt: skip
        for row in rows:
            answer = self.run.ask(question, row)
            if answer is None or not row.open:
                continue
            if answer.action == CREATE:
                row.values["parent"] = self._code_above(name, rows, coded)
            else:
                row.values["parent"] = answer.value

    def _code_above(self, name: str, rows: Sequence[Row], coded: set[str]) -> str:
        """A code for a category that is made: what the codes below it begin with, else the next free number."""
        for code, known in self.made.items():
            if known == name:
                return code
        below = [row.values["code"] for row in rows if "code" in row.values]
        signs = [signs[0] for signs in takewhile(lambda signs: len(set(signs)) == 1, zip(*below, strict=False))]
        shared = "".join(signs)
        if len({len(code) for code in below}) == 1:
            # Numbered by two digits below the one above, as the national catalogues are: 0901 stands below 09.
            shared = shared[: len(below[0]) - 2]
        shared = shared.rstrip(".-_")
        taken = {*self.by_code, *coded, *self.made}
        code = shared[:-1] if shared in below else shared
        if not code or code in taken:
            code = next(found for number in range(1, 10_000) if (found := f"L{number:02d}") not in taken)
        self.made[code] = name
        return code

    def _missing_codes(self, rows: Sequence[Row], coded: set[str]) -> None:
        """A list without a column of codes: known by name below the category above, else numbered below it."""
        taken = {*self.by_code, *coded, *self.made}
        given: dict[tuple[str, str], str] = {}
        for row in rows:
            if "code" in self.run.columns:
                row.reject(_("没有填“%(name)s”。") % {"name": _("代码")}, "code")
                continue
            parent = row.values.get("parent", "")
            key = (parent, heading_key(row.values["name"]))
            code = given.get(key) or self.below.get(key)
            if code is None:
                before = parent or "L"
                code = next(found for number in range(1, 10_000) if (found := f"{before}{number:02d}") not in taken)
            taken.add(code)
            given[key] = row.values["code"] = code


def _unlike(one: str, other: str) -> bool:
    """Whether two names have no two signs in a row in common."""
    pairs = {one[at : at + 2] for at in range(len(one) - 1)}
    return not pairs & {other[at : at + 2] for at in range(len(other) - 1)} and one != other
