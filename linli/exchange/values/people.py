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
_POINT_ZERO = re.compile(r"(?<=^\d{7})\.0$|(?<=^\d{8})\.0$|(?<=^\d{11})\.0$|(?<=^\d{12})\.0$")
"""13800000001.0: a number that another program wrote as a text."""
_JOINTS = re.compile(r"[\s.\-·•_()（）/]+")
_SEPARATORS = re.compile(r"[、,，;；/／\n|｜&]+|\s{2,}")
_PADDED = re.compile(
    r"(?<![\u3400-\u9fff])([\u3400-\u9fff](?:[^\S\n]+[\u3400-\u9fff](?![\u3400-\u9fff])){1,2}"
    r"|[\u3400-\u9fff][^\S\n]+[\u3400-\u9fff]{2})(?![\u3400-\u9fff])"
)
"""王  明, 王 小 明, 王 小明: names blanked to the width of others. No name has one sign."""
_TITLES = re.compile(r"[（(].{0,12}?[)）]$")
NOBODY = frozenset(
    {
        "无",
        "无人",
        "暂无",
        "空缺",
        "暂缺",
        "空岗",
        "缺岗",
        "缺",
        "待定",
        "未定",
        "待招",
        "待聘",
        "待补",
        "待配",
        "招聘中",
    }
)
"""What stands in a roster where nobody does the work."""
_GONE = re.compile(r"离职|离岗|离任|已退休|调离|调走|调出|辞职|辞退|去世|病故|不在岗")
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·•]{2,15}|[A-Za-z][A-Za-z .'\-]{1,58}")
_FAMILY = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦"
    "邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌"
    "毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景卜冷应卫车栾池奚宫仇边甄家隋逄"
)
"""Nine in ten people bear one of these."""
_COMPOUND_FAMILY = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "司徒",
    "东方",
    "独孤",
    "南宫",
    "夏侯",
    "尉迟",
    "皇甫",
    "令狐",
    "慕容",
    "端木",
    "公孙",
)
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
    text = _POINT_ZERO.sub("", text)
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
    if text.endswith("000"):
        # Fifteen digits are kept; the three noughts behind them pass the check once in eleven.
        raise CellProblem(_("身份证号末三位是 000，多半被表格软件改过。请按证件核对；确实无误的，这一格可以留空。"))
    total = sum(int(sign) * weight for sign, weight in zip(text, _ID_WEIGHTS, strict=False))
    if "10X98765432"[total % 11] != text[-1]:
        raise CellProblem(_("身份证号的校验位不对，可能有一位写错了。请按证件核对。"))
    return text


def looks_like_id_number(text: str) -> bool:
    """Whether a text has the shape of an ID number."""
    return re.fullmatch(r"[1-9]\d{16}[\dXx]", text) is not None


def looks_like_name(text: str) -> bool:
    """Whether a text has the shape of a Chinese name: one of the usual family names, then one or two signs.

    汉族, 本科 and 群众 have two signs as well, and stand in rosters too.
    """
    return text.startswith(_COMPOUND_FAMILY) or (
        re.fullmatch(r"[\u4e00-\u9fff](?: *[\u4e00-\u9fff]){1,2}", text) is not None and text[0] in _FAMILY
    )


def persons(value: Any) -> tuple[Named, ...]:
    """The people a cell names: 张三, 张三13800000000, 张三/李四, 张三（组长）138…、李四 139…"""
    text = plain(value)
    found: list[Named] = []
    numbers = list(_IN_TEXT.finditer(text))
    names_only = _PADDED.sub(lambda name: "".join(name[0].split()), _IN_TEXT.sub("\n", text))
    gone = _GONE.search(text)
    if gone is not None:
        raise CellProblem(_("这一格注着“%(word)s”。不在岗的人请删去，或填写结束日期。") % {"word": gone[0]})
    pieces = [_bare(piece) for piece in _SEPARATORS.split(names_only)]
    names = [piece for piece in pieces if piece and piece not in NOBODY]
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
