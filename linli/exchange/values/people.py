"""Names, telephone numbers and ID numbers, alone or together in one cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.errors import CellProblem
from linli.exchange.values.numbers import lost_digits, written_out
from linli.exchange.words import one_line, plain

MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}|[2-8]\d{6,7}|400-?\d{3}-?\d{4}|1\d{4}|12345")
_IN_TEXT = re.compile(r"(?:\+?86[-\s]?)?(?:1[3-9](?:[\s.\-·]?\d){9}|0\d{2,3}[-\s]?\d{7,8}|(?<!\d)[2-8]\d{6,7}(?!\d))")
_JOINTS = re.compile(r"[\s.\-·•_()（）/]+")
_SEPARATORS = re.compile(r"[、,，;；/／\n|｜&]+|\s{2,}")
_PADDED = re.compile(
    r"(?<![\u3400-\u9fff])([\u3400-\u9fff](?:[^\S\n]+[\u3400-\u9fff](?![\u3400-\u9fff])){1,2}"
    r"|[\u3400-\u9fff][^\S\n]+[\u3400-\u9fff]{2})(?![\u3400-\u9fff])"
)
"""王  明, 王 小 明, 王 小明: names blanked to the width of others. No name has one sign."""
_TITLES = re.compile(r"[（(].{0,12}?[)）]$")
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·•]{2,15}|[A-Za-z][A-Za-z .'\-]{1,58}")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Named:
    """A person as a cell names one."""

    name: str
    phone: str = ""


def phone(value: Any) -> str:
    """The digits of a telephone number written with blanks, dots, dashes, +86 or full-width digits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if lost_digits(value):
        raise CellProblem(_("电话号码已被表格软件改成科学计数。请把该列设为“文本”后重新填写。"))
    text = written_out("".join(plain(value).split()))
    text = _JOINTS.sub("", text.replace("－", "-").replace("—", "-").replace("–", "-"))
    text = re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)", "", text.lstrip("'‘`"))
    if MOBILE.fullmatch(text) or LANDLINE.fullmatch(text):
        return text
    raise CellProblem(_("电话号码不完整或多了数字。请核对后重新填写。"))


def phones(value: Any) -> tuple[str, ...]:
    """All numbers in a cell."""
    if not isinstance(value, str):
        return (phone(value),)
    parts = [part for part in re.split(r"[、,，;；/／\n|｜]+|\s{2,}", plain(value)) if part.strip()]
    try:
        return tuple(dict.fromkeys(phone(part) for part in parts))
    except CellProblem:
        return (phone(value),)


def looks_like_phone(text: str) -> bool:
    """Whether a text is a telephone number, for columns without a telling heading."""
    try:
        return bool(MOBILE.fullmatch(phone(text)))
    except CellProblem:
        return False


def id_number(value: Any) -> str:
    """An ID number of 18 signs whose check sign fits. Refuses one that a spreadsheet has rounded."""
    if lost_digits(value):
        raise CellProblem(
            _("身份证号已被表格软件改成科学计数，末尾数字丢失，无法恢复。请把该列设为“文本”后按证件重新填写。")
        )
    text = "".join(plain(value).split()).upper().lstrip("'‘`")
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", text):
        raise CellProblem(_("身份证号须是 18 位。请按证件核对。"))
    total = sum(int(sign) * weight for sign, weight in zip(text, _ID_WEIGHTS, strict=False))
    if "10X98765432"[total % 11] != text[-1]:
        raise CellProblem(_("身份证号的校验位不对，可能有一位写错了。请按证件核对。"))
    return text


def looks_like_id_number(text: str) -> bool:
    """Whether a text has the shape of an ID number."""
    return re.fullmatch(r"[1-9]\d{16}[\dXx]", text) is not None


def looks_like_name(text: str) -> bool:
    """Whether a text has the shape of a Chinese name."""
    return re.fullmatch(r"[\u4e00-\u9fff]{2,4}", text) is not None


def persons(value: Any) -> tuple[Named, ...]:
    """The people a cell names: 张三, 张三13800000000, 张三/李四, 张三（组长）138…、李四 139…"""
    text = plain(value)
    found: list[Named] = []
    numbers = list(_IN_TEXT.finditer(text))
    names_only = _PADDED.sub(lambda name: "".join(name[0].split()), _IN_TEXT.sub("\n", text))
    pieces = [_bare(piece) for piece in _SEPARATORS.split(names_only)]
    names = [piece for piece in pieces if piece]
    if not names:
        raise CellProblem(_("这一格没有姓名。"))
    for name in names:
        if _NAME.fullmatch(name) is None:
            raise CellProblem(_("“%(name)s”不像姓名。一格可写一人或几人，用顿号分开。") % {"name": name[:20]})
    if len(numbers) in (0, len(names)):
        told = [phone(number[0]) for number in numbers] or [""] * len(names)
    elif len(names) == 1:
        told = [phone(numbers[0][0])]
    else:
        raise CellProblem(_("这一格有几个人和几个电话，配不成对。请每人一行。"))
    for name, number in zip(names, told, strict=True):
        if name not in [known.name for known in found]:
            found.append(Named(name, number))
    return tuple(found)


def one_name(value: Any) -> str:
    """The name of one person, without the blanks that bring it to the width of others."""
    return _PADDED.sub(lambda name: "".join(name[0].split()), one_line(plain(value)))


def _bare(text: str) -> str:
    text = one_line(text).strip(" :：,，.。;；")
    text = re.sub(r"(?:联系)?(?:电话|手机|tel)\s*[:：]?$", "", text, flags=re.IGNORECASE).strip(" :：")
    text = _TITLES.sub("", text).strip()
    # 张 三: people blank a name of two signs to the width of three.
    return text.replace(" ", "") if re.fullmatch(r"[\u4e00-\u9fff](?: [\u4e00-\u9fff])+", text) else text
