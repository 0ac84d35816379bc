"""Forms of the staff's pages: they parse and say what is missing; whether something may be done is said by services."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linli.shop import rules
from linli.shop.models import Counter, Donation, Good, Partner, Supply

Choices = Iterable[tuple[Any, Any]]
NONE = ("", "—")


def labelled(table: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """Choices of a table of labels."""
    return [(slug, label.text(language)) for slug, label in table.items()]


class PlainForm(forms.Form):
    """A form without colons after its labels; `key` makes sending it twice one act."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, choices: dict[str, Choices] | None = None, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.label_suffix = ""
        for name, offered in (choices or {}).items():
            self.fields[name].choices = list(offered)  # type: ignore[attr-defined]

    def number(self, name: str) -> int | None:
        """The number that was chosen; None for none."""
        value = self.cleaned_data.get(name)
        return int(value) if value not in (None, "") else None


def _day(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}))


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


class GoodForm(PlainForm):
    """A good or a service."""

    kind = forms.ChoiceField(label=_("类别"))
    place = forms.ChoiceField(label=_("哪个街道的超市"))
    name = forms.CharField(label=_("名称"), max_length=60)
    words = forms.CharField(
        label=_("说明"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip
    price = forms.IntegerField(label=_("所需积分"), min_value=1, max_value=1_000_000)
    unit = forms.CharField(label=_("单位"), max_length=8, help_text=_("例如：瓶、袋、次"))
    limit_quantity = forms.IntegerField(
        label=_("每人限兑"), required=False, min_value=1, max_value=1000, help_text=_("不限就留空")
    )  # fmt: skip
    limit_period = forms.ChoiceField(label=_("在多长时间内"))
    days_kept = forms.IntegerField(label=_("预约后保留几天"), min_value=1, max_value=60, initial=7)
    partner = forms.ChoiceField(label=_("合作商户"), required=False)
    photo = forms.FileField(
        label=_("照片"), required=False, widget=forms.ClearableFileInput(attrs={"accept": "image/*"})
    )  # fmt: skip

    @staticmethod
    def initial_of(row: Good) -> dict[str, Any]:
        """What stands in the form of a good."""
        return {
            "kind": row.kind, "place": row.place_id, "name": row.name, "words": row.words, "price": row.price,
            "unit": row.unit, "limit_quantity": row.limit_quantity, "limit_period": row.limit_period,
            "days_kept": row.days_kept, "partner": row.partner_id or "",
        }  # fmt: skip


class CounterForm(PlainForm):
    """A counter with two kinds of opening hours: weekdays, and perhaps others."""

    place = forms.ChoiceField(label=_("地点"))
    name = forms.CharField(label=_("名称"), max_length=60)
    address = forms.CharField(label=_("地址"), required=False, max_length=120)
    partner = forms.ChoiceField(label=_("设在合作商户"), required=False)
    days = forms.MultipleChoiceField(label=_("开放日"), required=False, widget=forms.CheckboxSelectMultiple)
    opens = _time(_("开门"))
    closes = _time(_("关门"))
    days2 = forms.MultipleChoiceField(label=_("其他开放日"), required=False, widget=forms.CheckboxSelectMultiple)
    opens2 = _time(_("其他日开门"))
    closes2 = _time(_("其他日关门"))
    active = forms.BooleanField(label=_("开放预约"), required=False, initial=True)

    @property
    def hours(self) -> list[tuple[int, str, str]]:
        """Opening hours as they are stored."""
        found = []
        for days, opens, closes in (("days", "opens", "closes"), ("days2", "opens2", "closes2")):
            begin, end = self.cleaned_data.get(opens), self.cleaned_data.get(closes)
            for day in self.cleaned_data.get(days) or ():
                found.append((int(day), begin.strftime("%H:%M") if begin else "", end.strftime("%H:%M") if end else ""))
        return found

    @staticmethod
    def initial_of(row: Counter) -> dict[str, Any]:
        """What stands in the form of a counter; hours of more than two kinds lose the others when saved."""
        spans: dict[tuple[str, str], list[int]] = {}
        for day, opens, closes in row.hours:
            spans.setdefault((opens, closes), []).append(day)
        found: dict[str, Any] = {
            "place": row.place_id, "name": row.name, "address": row.address, "partner": row.partner_id or "",
            "active": row.active,
        }  # fmt: skip
        for number, ((opens, closes), days) in zip(("", "2"), spans.items(), strict=False):
            found |= {f"days{number}": days, f"opens{number}": opens, f"closes{number}": closes}
        return found


class PartnerForm(PlainForm):
    """A merchant or a giver of services."""

    kind = forms.ChoiceField(label=_("类别"))
    place = forms.ChoiceField(label=_("哪个街道的超市"))
    name = forms.CharField(label=_("名称"), max_length=60)
    agreement_number = forms.CharField(label=_("协议编号"), required=False, max_length=40)
    since = _day(_("合作开始"))
    until = _day(_("合作结束"), required=False)

    @staticmethod
    def initial_of(row: Partner) -> dict[str, Any]:
        """What stands in the form of a partner."""
        return {
            "kind": row.kind, "place": row.place_id, "name": row.name, "agreement_number": row.agreement_number,
            "since": row.since.isoformat(), "until": row.until.isoformat() if row.until else "",
        }  # fmt: skip


class DonationForm(PlainForm):
    """A donation, from its slip."""

    place = forms.ChoiceField(label=_("捐给哪个超市"))
    kind = forms.ChoiceField(label=_("捐物还是捐款"), choices=[("goods", _("捐物")), ("funds", _("捐款"))])
    donor = forms.CharField(label=_("捐赠人"), max_length=60)
    organisation = forms.BooleanField(label=_("是单位"), required=False)
    named = forms.BooleanField(label=_("本人同意公示姓名"), required=False, help_text=_("不勾选，公示为“不具名”"))
    what = forms.CharField(label=_("捐了什么"), max_length=120, help_text=_("例如：洗衣液 20 瓶"))
    amount = forms.DecimalField(
        label=_("金额（元）"), required=False, min_value=Decimal("0.01"), max_digits=10, decimal_places=2,
        help_text=_("只有捐款才填"),
    )  # fmt: skip
    slip = forms.CharField(label=_("捐赠单号"), max_length=40)
    received_on = _day(_("收到日期"))

    @property
    def fen(self) -> int | None:
        """The amount in fen."""
        amount = self.cleaned_data.get("amount")
        return int(amount * 100) if amount is not None else None


class ReceiptForm(PlainForm):
    """Pieces that come to a counter, or places of a service."""

    good = forms.ChoiceField(label=_("商品或服务"))
    counter = forms.ChoiceField(label=_("兑换台"))
    kind = forms.ChoiceField(label=_("来源"))
    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=100_000)
    received_on = _day(_("日期"))
    slip = forms.CharField(label=_("票据号"), required=False, max_length=40, help_text=_("采购必填"))
    cost = forms.DecimalField(label=_("花了多少钱（元）"), required=False, min_value=0, max_digits=10, decimal_places=2)
    donation = forms.ChoiceField(label=_("捐赠单"), required=False, help_text=_("来源是捐赠的，选对应的单子"))
    moved_from = forms.ChoiceField(label=_("从哪里调出"), required=False, help_text=_("只有调拨才选"))
    slot_day = _day(_("服务日期"), required=False)
    slot_begins = _time(_("服务开始"))
    slot_ends = _time(_("服务结束"))

    def clean(self) -> dict[str, Any]:
        """A slot is whole or none: half of one is no service that is given every day."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        parts = ("slot_day", "slot_begins", "slot_ends")
        missing = [name for name in parts if data.get(name) is None and name not in self.errors]
        if len(missing) < len(parts):
            for name in missing:
                self.add_error(name, _("时段要填日期、开始和结束。"))
        return data

    @property
    def slot(self) -> tuple[datetime, datetime] | None:
        """The slot of a service, when its day was given."""
        day: date | None = self.cleaned_data.get("slot_day")
        begins: time | None = self.cleaned_data.get("slot_begins")
        ends: time | None = self.cleaned_data.get("slot_ends")
        if day is None or begins is None or ends is None:
            return None
        zone = timezone.get_current_timezone()
        return datetime.combine(day, begins, zone), datetime.combine(day, ends, zone)

    @property
    def fen(self) -> int | None:
        """The cost in fen."""
        cost = self.cleaned_data.get("cost")
        return int(cost * 100) if cost is not None else None


class SuspendForm(PlainForm):
    """Why a good is suspended."""

    reason = forms.CharField(label=_("原因，居民看得到"), max_length=120)


class SignedForm(PlainForm):
    """The signed settlement."""

    scan = forms.FileField(
        label=_("签字后的照片"), widget=forms.ClearableFileInput(attrs={"accept": "image/*"})
    )  # fmt: skip
    signed_on = _day(_("签字日期"))


def weekday_choices(language: str) -> list[tuple[str, str]]:
    """周一 … 周日."""
    names = rules.WEEKDAYS if language.startswith("zh") else rules.WEEKDAYS_ENGLISH
    return [(str(number), name) for number, name in enumerate(names)]


def supply_choices(rows: Sequence[Supply]) -> list[tuple[Any, str]]:
    """Where pieces may be moved from."""
    goods = [row for row in rows if row.good.kind == Good.GOODS]
    return [NONE, *((row.pk, f"{row.good.name} · {row.counter.name}") for row in goods)]


def donation_choices(rows: Iterable[Donation]) -> list[tuple[Any, str]]:
    """Donations of goods, by slip."""
    return [NONE, *((row.pk, f"{row.slip_number} · {row.what[:30]}") for row in rows if row.kind == Donation.GOODS)]
