"""Forms of the room: they parse and say what is missing; whether something may be done is said by services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from linli.people.accounts import PASSWORD_LONGEST
from linli.people.erasing import REASONS
from linli.people.kinds import FUNCTIONS, ORGANISATION_KINDS
from linli.people.roles import APPOINTABLE, ROLES


def _no_colon(form: forms.BaseForm) -> None:
    form.label_suffix = ""


class PlainForm(forms.Form):
    """A form without colons after its labels."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        _no_colon(self)


def picker(what: str) -> forms.TextInput:
    """A field that shows what fits while one types (people:find); without scripts its words are resolved when sent."""
    return forms.TextInput(
        attrs={
            "autocomplete": "off", "spellcheck": "false", "hx-get": reverse_lazy("people:find", args=[what]),
            "hx-trigger": "input changed delay:250ms", "hx-target": "next .found", "hx-sync": "this:replace",
        }
    )  # fmt: skip


class PasswordLogin(PlainForm):
    """First step of staff."""

    username = forms.CharField(
        label=_("用户名"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("密码"),
        max_length=PASSWORD_LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(PlainForm):
    """A one-time code."""

    code = forms.CharField(
        label=_("验证码"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PhoneForm(PlainForm):
    """A resident's phone."""

    phone = forms.CharField(
        label=_("手机号"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )


class PasswordChange(PlainForm):
    """The owner's new password."""

    old_password = forms.CharField(
        label=_("当前密码"),
        max_length=PASSWORD_LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        label=_("新密码"),
        max_length=PASSWORD_LONGEST,
        strip=False,
        help_text=_("至少 10 个字符，不能是常见密码。建议用几个不相干的词。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class TokenForm(PlainForm):
    """A new API token."""

    name = forms.CharField(label=_("用途"), max_length=60)
    days = forms.IntegerField(label=_("有效天数"), min_value=1, max_value=365, initial=90)


def _labelled(items: dict[str, Any], english: bool) -> list[tuple[str, str]]:
    return [(slug, (label.en if english else label.zh)) for slug, label in items.items()]


class OrganisationForm(PlainForm):
    """An organisation; `place` and `parent` are resolved by the page."""

    name = forms.CharField(label=_("名称"), max_length=120)
    short_name = forms.CharField(label=_("简称"), max_length=40, required=False)
    kind = forms.ChoiceField(label=_("类别"))
    place = forms.CharField(
        label=_("负责的区域"), max_length=120, required=False, help_text=_("输入名称、拼音或代码，再从下面选。"),
        widget=picker("place"),
    )  # fmt: skip
    functions = forms.MultipleChoiceField(
        label=_("职能"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("派单目录按职能找到单位。"),
    )
    can_order = forms.BooleanField(label=_("有执法权（文书可以责令，其他单位只能提醒）"), required=False)
    contact = forms.CharField(label=_("对外电话"), max_length=60, required=False)
    active = forms.BooleanField(label=_("在用"), required=False, initial=True)

    def __init__(self, *args: Any, english: bool = False, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.fields["kind"].choices = _labelled(ORGANISATION_KINDS, english)  # type: ignore[attr-defined]
        self.fields["functions"].choices = _labelled(FUNCTIONS, english)  # type: ignore[attr-defined]


class StaffForm(PlainForm):
    """A member of staff, with an account when a user name is given."""

    name = forms.CharField(label=_("工作姓名"), max_length=60)
    phone = forms.CharField(
        label=_("电话"), max_length=20, required=False, help_text=_("加密保存，只有有权的人看得到。")
    )
    username = forms.CharField(
        label=_("用户名"), max_length=41, required=False, help_text=_("留空则不建账号。小写字母、数字、点、横线。")
    )


class AppointmentForm(PlainForm):
    """A role for a person, in a place or an organisation, from a day to a day."""

    role = forms.ChoiceField(label=_("角色"))
    place = forms.CharField(
        label=_("地点"), max_length=120, required=False, help_text=_("输入名称、拼音或代码，再从下面选。"),
        widget=picker("place"),
    )  # fmt: skip
    organisation = forms.CharField(
        label=_("单位"), max_length=120, required=False, help_text=_("输入名称、简称或拼音，再从下面选。"),
        widget=picker("organisation"),
    )  # fmt: skip
    valid_from = forms.DateField(label=_("从"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    valid_to = forms.DateField(
        label=_("到（不含）"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, english: bool = False, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        choices = _labelled({slug: ROLES[slug].label for slug in APPOINTABLE}, english)
        self.fields["role"].choices = choices  # type: ignore[attr-defined]


class DelegationForm(PlainForm):
    """Which of my appointments, to whom, from when to when."""

    appointment = forms.ChoiceField(label=_("我的任职"))
    person = forms.CharField(
        label=_("委托给"), max_length=60, help_text=_("输入姓名、拼音或用户名，再从下面选。"), widget=picker("person")
    )
    valid_from = forms.DateField(label=_("从"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    valid_to = forms.DateField(label=_("到（不含）"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)

    def __init__(self, *args: Any, appointments: list[tuple[str, str]], **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.fields["appointment"].choices = appointments  # type: ignore[attr-defined]


class ShiftForm(PlainForm):
    """One shift."""

    person = forms.CharField(
        label=_("值班人"), max_length=60, help_text=_("输入姓名、拼音或用户名，再从下面选。"), widget=picker("person")
    )
    starts_at = forms.DateTimeField(
        label=_("开始"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    ends_at = forms.DateTimeField(
        label=_("结束"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    note = forms.CharField(label=_("备注"), max_length=200, required=False)


class LogForm(PlainForm):
    """A line of the duty log."""

    text = forms.CharField(label=_("内容"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class HandoverForm(PlainForm):
    """Who takes over, and whether the giver leaves office."""

    receiver = forms.CharField(
        label=_("接收人"), max_length=60, help_text=_("输入姓名、拼音或用户名，再从下面选。"), widget=picker("person")
    )
    leaving = forms.BooleanField(label=_("同时离任：任职全部结束，账号停用"), required=False)
    note = forms.CharField(label=_("说明"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class ErasureForm(PlainForm):
    """Whose data somebody asks to have erased, and why."""

    phone = forms.CharField(
        label=_("手机号"),
        max_length=30,
        help_text=_("上报或登录时用的号码。请先确认是本人要求。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    reason = forms.ChoiceField(label=_("原因"))

    def __init__(self, *args: Any, english: bool, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        language = "en" if english else "zh"
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            (code, label.text(language)) for code, label in REASONS.items()
        ]
