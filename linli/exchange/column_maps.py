"""A map: which heading is which field, what holds for the whole file, and how doubts are answered; as TOML.

kind = "staff"
[columns]
"网格员姓名" = "name"
"序号" = ""                      # not wanted
[constants]
role = "网格员"
[options]
crs = "BD-09"
hidden_rows = "skip"
[answers.place]
"阳光城" = "即发阳光城社区"       # the label or the value of a choice; "+" makes it, "-" leaves such rows out
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem
from linli.exchange.kinds import CREATE, SKIP, USE, Answer, Doubt, Kind

MAP_BYTES_MAX = 256 * 1024
_TABLES = {"columns", "constants", "options", "answers"}


@dataclass(slots=True)
class ImportMap:
    """The content of a map. `answers` is keyed by topic, then by the text asked about.

    `reused` says whether it is that of an earlier file with the same headings ("same") or nearly the same ("alike").
    """

    kind: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    reused: str = ""

    def as_json(self) -> dict[str, Any]:
        """For storing with a batch."""
        found: dict[str, Any] = {
            "kind": self.kind, "columns": self.columns, "constants": self.constants, "options": self.options,
            "answers": self.answers,
        }  # fmt: skip
        return found | {"reused": self.reused} if self.reused else found

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ImportMap:
        """From what a batch has stored."""
        return cls(
            str(data.get("kind", "")), dict(data.get("columns", {})), dict(data.get("constants", {})),
            dict(data.get("options", {})), {topic: dict(rows) for topic, rows in data.get("answers", {}).items()},
            str(data.get("reused", "")),
        )  # fmt: skip


def parse_map(text: str, kind: Kind | None = None) -> ImportMap:
    """A map from its TOML. Raises ExchangeProblem naming what is wrong in it."""
    if len(text) > MAP_BYTES_MAX:
        raise ExchangeProblem("bad_map", _("映射文件过大。"))
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ExchangeProblem("bad_map", _("映射文件不是有效的 TOML：%(error)s") % {"error": error}) from None
    unknown = sorted(set(data) - _TABLES - {"kind"})
    if unknown:
        raise ExchangeProblem("bad_map", _("映射文件里有不认识的部分：%(names)s。") % {"names": "、".join(unknown)})
    if kind is not None and data.get("kind", kind.slug) != kind.slug:
        message = _("映射文件是为“%(kind)s”写的。") % {"kind": data["kind"]}
        raise ExchangeProblem("bad_map", message)
    for name in _TABLES & set(data):
        if not isinstance(data[name], dict):
            raise ExchangeProblem("bad_map", _("映射文件的 %(name)s 须是一张表。") % {"name": name})
    if kind is not None:
        fields = {entry.name for entry in kind.fields}
        wrong = [
            str(value)
            for value in (*data.get("columns", {}).values(), *data.get("constants", {}))
            if value not in ("", *fields)
        ]
        if wrong:
            message = _("没有这样的字段：%(names)s。可用：%(known)s。")
            raise ExchangeProblem("bad_map", message % {"names": "、".join(wrong), "known": "、".join(sorted(fields))})
    return ImportMap(
        str(data.get("kind", "")),
        {str(key): str(value) for key, value in data.get("columns", {}).items()},
        {str(key): str(value) for key, value in data.get("constants", {}).items()},
        {str(key): str(value) for key, value in data.get("options", {}).items()},
        {
            str(topic): {str(key): str(value) for key, value in rows.items()}
            for topic, rows in data.get("answers", {}).items() if isinstance(rows, dict)
        },
    )  # fmt: skip


def map_text(mapping: ImportMap) -> str:
    """The map as TOML."""
    lines = [f"kind = {_quoted(mapping.kind)}"]
    for name in ("columns", "constants", "options"):
        rows: dict[str, str] = getattr(mapping, name)
        if rows:
            lines += ["", f"[{name}]", *(f"{_quoted(key)} = {_quoted(value)}" for key, value in rows.items())]
    for topic, rows in mapping.answers.items():
        if rows:
            head = f"[answers.{_quoted(topic)}]"
            lines += ["", head, *(f"{_quoted(key)} = {_quoted(value)}" for key, value in rows.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


CREATE_SIGN, SKIP_SIGN = "+", "-"


def answer_from_map(mapping: ImportMap, doubt: Doubt) -> Answer | None:
    """What the map says of a doubt: the label or the value of a choice, "+" or "-"."""
    question = doubt.question
    rows = mapping.answers.get(question.topic, {})
    text = rows.get(question.text, rows.get(f"{question.context}/{question.text}", rows.get("*")))
    if text is None:
        return None
    return answer_of(text, doubt)


def answer_of(text: str, doubt: Doubt) -> Answer | None:
    """An answer as it is written: a choice's value or label, "+", "-"; nothing when it fits none."""
    question = doubt.question
    if text in (SKIP_SIGN, SKIP) and question.may_skip:
        return Answer(SKIP)
    if text in (CREATE_SIGN, CREATE) and question.may_create:
        return Answer(CREATE)
    for choice in question.choices:
        if text in (choice.value, choice.label):
            return Answer(USE, choice.value)
    return None
