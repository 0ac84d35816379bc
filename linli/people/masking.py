"""The one place where personal data is masked: for HTML, JSON, exports and logs alike.

A mask shows enough to recognise what one knows already and not enough to learn what one does not. Whether
somebody may see the clear value is decided by `people.access`; here is only how the masked value looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

STAR = "*"

COMPOUND_SURNAMES = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "司徒", "夏侯"}
    | {"轩辕", "端木", "百里", "南宫", "独孤", "呼延"}
)

_SEPARATORS = r"[\s\-.·．－]?"
_MOBILE = re.compile(
    rf"(?<![\d])(?:(?:\+|00)?86{_SEPARATORS})?(1[3-9]\d){_SEPARATORS}(\d{{4}}){_SEPARATORS}(\d{{4}})(?!\d)"
)
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[\s\-－](\d{3,4})[\s\-－]?(\d{4})(?!\d)")
_ID_NUMBER = re.compile(r"(?<![\dA-Za-z])([1-9]\d{5})(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])\d{5}([\dXx])(?![\dA-Za-z])")
_OLD_ID_NUMBER = re.compile(r"(?<!\d)([1-9]\d{5})\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_BANK_CARD = re.compile(r"(?<!\d)([3-6]\d{3})[\s\-]?\d{4}[\s\-]?\d{4}[\s\-]?(?:\d{4}[\s\-]?\d{0,3}|\d{3})(?!\d)")
_MAIL = re.compile(r"(?<![\w.+-])([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)", re.ASCII)
_FULL_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９＋－　", "0123456789+- ")

_HOUSE_NUMBER = re.compile(
    r"[0-9０-９A-Za-z一二三四五六七八九十百\-－#]+\s*(?:号楼|号院|栋|幢|座|单元|层|楼|室|户|门牌|号)"
)


def normalise_phone(text: str) -> str:
    """Digits of a phone number as it is stored and looked up: no separators, no +86, no full-width digits."""
    digits = re.sub(r"\D", "", text.translate(_FULL_WIDTH_DIGITS))
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
            return digits[len(prefix) :]
    return digits


def normalise_id_number(text: str) -> str:
    """An ID number as it is stored and looked up: 15 or 18 characters, upper-case X."""
    return re.sub(r"[^0-9X]", "", text.translate(_FULL_WIDTH_DIGITS).upper())


def mask_name(text: str) -> str:
    """王小明 → 王**, 王明 → 王*, 欧阳小明 → 欧阳**; a name in other letters keeps its first letter."""
    name = text.strip()
    if not name:
        return ""
    if name[:2] in COMPOUND_SURNAMES and len(name) > 2:
        return name[:2] + STAR * min(len(name) - 2, 2)
    return name[0] + STAR * max(1, min(len(name) - 1, 2))


def mask_phone(text: str) -> str:
    """13812345678 → 138****5678; anything else keeps its last two digits at most."""
    digits = normalise_phone(text)
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[-4:]}"
    if len(digits) >= 10:
        return f"{digits[:3]}****{digits[-2:]}"
    return STAR * 4 + digits[-2:] if len(digits) > 4 else STAR * len(digits)


def mask_id_number(text: str) -> str:
    """Keeps the province and the last character: 37**************2X → 37***************X."""
    number = normalise_id_number(text)
    if len(number) < 8:
        return STAR * len(number)
    return number[:2] + STAR * (len(number) - 3) + number[-1]


def mask_address(text: str) -> str:
    """Keeps district, street, community and compound; numbers of house, unit and door become stars."""
    masked = _HOUSE_NUMBER.sub("**", text.strip())
    return re.sub(r"(?:\*\*[\s,，、\-]*)+", "**", masked)


def mask_text(text: str) -> str:
    """A free text with every phone, ID, card number and mail address in it masked; the rest stays as written."""
    masked = text.translate(_FULL_WIDTH_DIGITS) if re.search("[０-９]", text) else text
    masked = _ID_NUMBER.sub(lambda found: f"{found[1][:2]}{STAR * 15}{found[2]}", masked)
    masked = _MOBILE.sub(lambda found: f"{found[1]}****{found[3]}", masked)
    masked = _BANK_CARD.sub(lambda found: f"{found[1]} **** ****", masked)
    masked = _OLD_ID_NUMBER.sub(lambda found: f"{found[1][:2]}{STAR * 13}", masked)
    masked = _LANDLINE.sub(lambda found: f"{found[1]}-****{found[3][-2:]}", masked)
    return _MAIL.sub(lambda found: f"{found[1]}***@{found[2]}", masked)


def hide(text: str) -> str:
    """Nothing of the text, whatever its length (informers, texts of disputes, children)."""
    return STAR * 6 if text.strip() else ""


MASKS: Mapping[str, Callable[[str], str]] = {
    "name": mask_name,
    "phone": mask_phone,
    "id_number": mask_id_number,
    "address": mask_address,
    "text": mask_text,
    "informer": hide,
    "dispute": hide,
    "child": hide,
}


def shown(kind: str, value: str, clear: bool) -> str:
    """`value` as it may be shown: as it is when `clear`, else masked by its kind. Unknown kinds are hidden."""
    if not value or clear:
        return value
    return MASKS.get(kind, hide)(value)


_SECRET_KEYS = re.compile(
    r"password|passwd|secret|token|cookie|session|authorization|digest|otp|recovery|csrf|api_?key", re.IGNORECASE
)
_PERSONAL_KEYS: tuple[tuple[str, str], ...] = (
    ("phone", "phone"),
    ("mobile", "phone"),
    ("id_number", "id_number"),
    ("address", "address"),
    ("reporter", "name"),
    ("display_name", "name"),
    ("person_name", "name"),
    ("informer", "informer"),
    ("dispute", "dispute"),
    ("child", "child"),
)


_MULTI_LINE = frozenset({"exception", "stack"})
_UNTOUCHED = frozenset({"exc_info", "stack_info", "request_id", "timestamp", "level", "logger"})


def _clean(key: str, value: Any) -> Any:
    if _SECRET_KEYS.search(key):
        return hide(str(value)) if value not in (None, "") else value
    if isinstance(value, Mapping):
        return {str(name): _clean(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, inner) for inner in value]
    if isinstance(value, str):
        for part, kind in _PERSONAL_KEYS:
            if part in key.lower():
                return MASKS[kind](value)
        return _one_line(mask_text(value))
    return value


def _one_line(text: str) -> str:
    """Line breaks and control characters made visible: a log entry cannot be forged (ASVS 16.4.1)."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def structlog_processor(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: secrets gone, personal data masked by key and by pattern, one line per entry."""
    for key in list(event):
        if key in _MULTI_LINE and isinstance(event[key], str):
            event[key] = mask_text(event[key])
        elif key not in _UNTOUCHED:
            event[key] = _clean(key, event[key])
    return event
