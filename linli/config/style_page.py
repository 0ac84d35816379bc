"""The living style page `/style/`: every component with short and long texts, in both languages. Demo only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("怎样称呼您"), required=False, help_text=_("只有办理的人能看到"))
    phone = forms.CharField(label=_("电话"), widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}))
    unit = forms.ChoiceField(label=_("派给"), choices=[("1", "通济街道环卫所"), ("2", "即墨区综合行政执法局")])
    words = forms.CharField(label=_("什么问题"), widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(
        label=_("这是"),
        widget=forms.RadioSelect,
        choices=[("report", _("上报")), ("complaint", _("投诉")), ("suggestion", _("建议"))],
    )
    anonymous = forms.BooleanField(label=_("匿名：不保存称呼和电话"), required=False)


def samples() -> dict[str, Any]:
    """Deadlines in every tone, a short and a long row, a form with a mistake."""
    now = timezone.now()
    long = "墨河公园北门西侧人行道地砖破损十余处，雨后积水，老人和孩子经过时容易滑倒，已经有两个月没有人来修"
    rows = [
        ("JM2611230041", "垃圾桶满了", now - timedelta(days=2, hours=5), "waiting", _("待派遣"), "燕北社区第3网格"),
        ("JM2611230038", long, now + timedelta(hours=3), "open", _("办理中"), "通济街道宝龙社区第12网格"),
        ("JM2611220107", "Street lamp out at No. 6 Building, Sunshine Court", now + timedelta(days=4), "open",
         _("待核查"), "Huanxiu"),
    ]  # fmt: skip
    form = SampleForm({"name": "王女士", "phone": "139", "unit": "2", "words": long, "kind": "report"})
    form.add_error("phone", _("电话号码不完整。请填 11 位手机号，或区号加座机号。"))
    return {"now": now, "ago": now - timedelta(minutes=12), "rows": rows, "long": long, "form": form}


@require_safe
def style_page(request: HttpRequest) -> HttpResponse:
    """`/style/`, with the frame of the public (`?frame=public`) or of the staff pages."""
    if not (settings.DEBUG or settings.LINLI_DEMO_ALLOWED):
        raise Http404
    frame = "base_public.html" if request.GET.get("frame") == "public" else "base_desk.html"
    return render(request, "style.html", {**samples(), "frame": frame, "page": 2})
