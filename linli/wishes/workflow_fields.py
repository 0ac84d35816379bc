"""Who acts on a wish, and the values that the steps of its workflow take, named once."""

from __future__ import annotations

from linli.kernel.labels import Label
from linli.kernel.workflow import Field, FieldKind
from linli.wishes.vocabulary import ASKED

WISHER = Label("心愿人", "the wisher")
ANYONE = Label("居民", "residents")
STAFF = Label("社区、街道工作人员", "staff of community and street")
OTHER_STAFF = Label("社区、街道工作人员（不是认领人）", "staff, not the claimer")
CLAIMER = Label("认领人", "the claimer")
TIMER = Label("系统到时", "timer")

_WALL = Label(
    "心愿墙上人人可见：不写姓名、电话、门牌，不写疾病、残疾、困难、独居",
    "Everybody reads it: no name, phone or door; nothing of illness, disability, poverty, living alone",
)
PUBLIC_TITLE = Field(
    "public_title", Label("公开的标题", "Public title"), public=True,
    hint=Label("十几个字，如“修一修漏水的龙头”", "A few words, such as “a dripping tap”"),
)  # fmt: skip
PUBLIC_WORDS = Field("public_words", Label("公开的话", "Public words"), public=True, hint=_WALL)
WHY = Field("reason", Label("原因", "Reason"), public=True, hint=Label("心愿人看得到", "The wisher reads it"))
WHY_INSIDE = Field("reason", Label("原因", "Reason"))
MAY_SAY_WHY = Field("reason", Label("原因", "Reason"), required=False)
OFFER = Field(
    "offer", Label("打算怎么帮", "How you want to help"), required=False,
    hint=Label("只有工作人员看得到", "Only staff read it"),
)  # fmt: skip
DONE_WORDS = Field(
    "words", Label("做了什么", "What was done"), required=False, public=True,
    hint=Label("心愿人看得到", "The wisher reads it"),
)  # fmt: skip
DONE_PHOTOS = Field(
    "photos", Label("照片", "Photos"), FieldKind.EVIDENCE, required=False,
    hint=Label("不拍人脸和家里，只给工作人员看", "No faces, no homes; only staff see them"),
)  # fmt: skip
ASKED_HOW = Field(
    "asked", Label("怎样问过心愿人", "How the wisher was asked"), FieldKind.CHOICE, required=False,
    choices=tuple(ASKED.items()), hint=Label("工作人员代为确认时要填", "Needed when staff confirm"),
)  # fmt: skip
THANKS = Field("thanks", Label("想说的话", "Some words"), required=False)
UNIT = Field("lead", Label("认领单位", "Unit that claims it"), FieldKind.ORGANISATION)
