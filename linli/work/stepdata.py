"""Values of a step, from a form or from JSON, checked against the fields the step declares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from linli.kernel.labels import Label
from linli.kernel.workflow import Field, FieldKind, Transition
from linli.work.engine import StepRefused

TEXT_LENGTH_MAX = 2000
FILES_MAX = 9


def clean(transition: Transition, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by field name; StepRefused (422) names the first field that is wrong and what to do.

    Unknown names are refused rather than dropped, so that a typing mistake in a program loses nothing.
    """
    known = {field.name for field in transition.fields}
    unknown = sorted(set(values) - known - {"repeat"})
    if unknown:
        raise StepRefused(
            "unknown_field",
            Label(f"不认识的内容：{'、'.join(unknown)}。", f"Unknown fields: {', '.join(unknown)}."),
            status=422,
            field=unknown[0],
        )
    cleaned: dict[str, Any] = {"repeat": True} if values.get("repeat") in (True, "true", "on", "1") else {}
    for field in transition.fields:
        raw = values.get(field.name)
        value = None if _is_blank(raw) else _clean_one(field, raw)
        if value in (None, [], "") and field.required:
            raise _wrong(field, "请填写", "is needed")
        if value not in (None, [], ""):
            cleaned[field.name] = value
    return cleaned


def _is_blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip()) or raw == []


def _wrong(field: Field, zh: str, en: str) -> StepRefused:
    label = Label(f"{field.label.zh}：{zh}。", f"{field.label.en}: {en}.")
    return StepRefused("invalid_field", label, status=422, field=field.name)


def _clean_one(field: Field, raw: Any) -> Any:
    match field.kind:
        case FieldKind.TEXT | FieldKind.ITEM:
            return _text(field, raw)
        case FieldKind.CHOICE:
            if str(raw) not in {code for code, _ in field.choices}:
                raise _wrong(field, "请从列出的选项中选择", "choose one of the listed values")
            return str(raw)
        case FieldKind.BOOLEAN:
            return raw in (True, "true", "on", "1")
        case FieldKind.ORGANISATION | FieldKind.PERSON | FieldKind.CATEGORY | FieldKind.NUMBER:
            return _number(field, raw)
        case FieldKind.ORGANISATIONS:
            return [_number(field, entry) for entry in (raw if isinstance(raw, list | tuple) else [raw]) if entry]
        case FieldKind.DATETIME:
            return _moment(field, raw)
        case FieldKind.EVIDENCE:
            return _files(field, list(raw) if isinstance(raw, list | tuple) else [raw])
        case FieldKind.SIGNATURE:
            return _files(field, [raw])[0]


def _text(field: Field, raw: Any) -> str:
    if not isinstance(raw, str):
        raise _wrong(field, "应为文字", "should be text")
    text = "".join(ch for ch in raw.strip() if ch in "\n\t" or ch.isprintable())
    if len(text) > TEXT_LENGTH_MAX:
        raise _wrong(field, f"最多{TEXT_LENGTH_MAX}字，现有{len(text)}字", f"at most {TEXT_LENGTH_MAX} characters")
    return text


def _number(field: Field, raw: Any) -> int:
    if isinstance(raw, bool) or not str(raw).strip().isascii() or not str(raw).strip().isdigit() or len(str(raw)) > 18:
        raise _wrong(field, "请重新选择", "choose again")
    return int(str(raw))


def _moment(field: Field, raw: Any) -> datetime:
    try:
        moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw).strip())
    except ValueError as error:
        raise _wrong(field, "请写成 2026-11-24 18:00", "write it as 2026-11-24 18:00") from error
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    if not 2000 <= moment.year <= 2200:
        raise _wrong(field, "年份不对", "the year is out of range")
    return moment


def _files(field: Field, raw: list[Any]) -> list[str]:
    if len(raw) > FILES_MAX:
        raise _wrong(field, f"最多{FILES_MAX}张", f"at most {FILES_MAX} files")
    try:
        return [str(UUID(str(entry))) for entry in raw if entry]
    except ValueError as error:
        raise _wrong(field, "文件没有上传成功，请重新上传", "upload the file again") from error
