"""What little red flowers make known when the process starts: their words in statements, and what is erased."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.awards.models import Sticker
from linli.awards.pages_flower import COOKIE
from linli.awards.sticker_points import STICKER
from linli.awards.sticker_selectors import kept_on
from linli.credits import explaining, words
from linli.credits.explaining import Explanation, Offer
from linli.kernel.labels import Label
from linli.people import erasing
from linli.people.access import Actor
from linli.people.erasing import Held, Subject

FLOWER = Label("小红花", "little red flower")
FLOWERS = Label("小红花：扫贴纸领积分", "Little red flowers: points by sticker")
KEPT = Label("收下的小红花", "Little red flowers taken")


def _names(ids: Iterable[int], language: str) -> dict[int, str]:
    """What a line of a statement says; no statement: the theme stands on the line's own page."""
    return dict.fromkeys(ids, FLOWER.text(language))


def _explain(source_id: int, person_id: int, language: str) -> Explanation | None:
    """Theme, place and day of a sticker (1 statement)."""
    row = (
        Sticker.objects.filter(pk=source_id, person_id=person_id)
        .values("number", "sheet_id", theme=F("sheet__theme"), points=F("sheet__points"), place=F("sheet__place__name"))
        .first()
    )
    if row is None:
        return None
    told = {"place": row["place"], "theme": row["theme"], "n": row["points"]}
    return Explanation(
        _("小红花：%(theme)s") % told,
        (
            _("%(place)s的工作人员当场送给您一枚小红花，感谢您的文明举动：%(theme)s。") % told,
            _("这一版每枚 %(n)d 分，一枚只能收下一次。") % told,
            _("贴纸编号 %(number)s。") % {"number": f"{row['sheet_id']}-{row['number']:03d}"},
        ),
    )


def _offer(request: HttpRequest) -> Offer | None:
    """Flowers that this phone keeps (1 statement, none for a phone that keeps nothing)."""
    kept = kept_on(request.COOKIES.get(COOKIE, "")[:64])
    if not kept.count:
        return None
    text = ngettext(
        "这部手机里存着 %(n)d 朵小红花，共 %(points)d 分。", "这部手机里存着 %(n)d 朵小红花，共 %(points)d 分。",
        kept.count,
    )  # fmt: skip
    return Offer(text % {"n": kept.count, "points": kept.points}, _("放进账户"), reverse("awards:flowers"))


def _count(subject: Subject) -> Held:
    """Stickers whose phone is known beside the person who took them (1 statement)."""
    return Held(Sticker.objects.filter(person_id__in=subject.same).exclude(claim_digest=None).count())


def _erase(subject: Subject, actor: Actor, reason: str) -> int:
    """The mark of the phone goes; that a sticker was taken stays, under the emptied person."""
    rows = Sticker.objects.filter(person_id__in=subject.same).exclude(claim_digest=None)
    return rows.update(claim_digest=None, claimed_at=None)


def install() -> None:
    """Register with statements of account, with the pages of points, and with the erasure of persons."""
    words.register(STICKER, _names)
    explaining.register(STICKER, _explain)
    explaining.offer(_offer)
    explaining.link(FLOWERS, "awards:flowers")
    erasing.register("stickers", _count, _erase, label=KEPT)
