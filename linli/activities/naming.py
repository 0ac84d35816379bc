"""Whom a leader means who notes 王阿姨 or 小李 with a phone: the one of that phone who bears that surname."""

from __future__ import annotations

from linli.people import crypto, personal
from linli.people.masking import normalise_phone
from linli.people.models import Person

CALLED = (
    "阿姨", "大爷", "大妈", "大娘", "大姐", "大哥", "大叔", "大婶", "奶奶", "爷爷", "叔叔", "婶婶", "师傅", "老师",
    "女士", "先生", "小姐", "同志", "队长", "书记", "主任", "医生", "姐", "哥", "叔", "婶", "姨", "嫂", "总",
)  # fmt: skip
"""What stands after a surname where no name is said (王阿姨); the longer ones first."""
BEFORE = ("小", "老")


def surname_of(called: str) -> str:
    """The surname in a form of address (王阿姨, 小李, 欧阳老师); empty for what may be somebody's name."""
    if len(called) == 2 and called[0] in BEFORE:
        return called[1]
    word = next((word for word in CALLED if called.endswith(word)), "")
    surname = called.removesuffix(word)
    return surname if word and 1 <= len(surname) <= 2 else ""


def person_called(called: str, phone: str) -> int:
    """The resident of this name and phone, made when there is none.

    Where only a form of address was noted and one of that phone bears the surname it is that one, so that hours do not
    go to an entry beside the volunteer's own (≤ 2 statements).
    """
    surname = surname_of(called)
    if surname:
        rows = Person.objects.filter(
            phone_blind=crypto.blind(normalise_phone(phone), personal.PHONE), kind=Person.Kind.RESIDENT, erased_at=None
        ).order_by("pk")[:10]
        known = [row.pk for row in rows if personal.opened(row, "name").startswith(surname)]
        if len(known) == 1:
            return known[0]
    return personal.find_or_create_resident(name=called, phone=phone)
