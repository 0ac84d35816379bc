"""The page that a little red flower opens on the phone: take it into the account, or keep it on this phone.

Opening the page changes nothing (chat programs open links by themselves); taking is one tap. Nobody is blamed: a
sticker that was taken already may have been scanned by the family.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from linli.awards import sticker_redeeming as redeeming
from linli.awards.sticker_redeeming import Seen
from linli.awards.sticker_rules import CODE_LENGTH, clean_code
from linli.awards.sticker_selectors import kept_on
from linli.credits import ledger
from linli.people import throttle
from linli.people.access import Actor
from linli.people.addresses import throttle_address
from linli.people.gates import actor_on
from linli.places.home import frame
from linli.places.snapshot import PlaceSnapshot, place_snapshot

COOKIE = "linli_flowers"
COOKIE_SECONDS = 400 * 24 * 3600
SCANS = throttle.Limit("flower:address", 300, timedelta(minutes=15))
MISSES = throttle.Limit("flower:unknown", 20, timedelta(minutes=15))
"""Codes cannot be guessed; who tries is stopped all the same. Scanning what exists counts for nothing here, so that a
team behind one address is not held up."""


def _secret(request: HttpRequest) -> str:
    return request.COOKIES.get(COOKIE, "")[:64]


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    return response


def _too_many(request: HttpRequest, verdict: throttle.Verdict) -> HttpResponse:
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(verdict.retry_after_seconds)
    return _private(response)


def sign_in_url(path: str) -> str:
    """Sign-in by phone that comes back to a page."""
    return f"{reverse('people:login_phone')}?{urlencode({'next': path})}"


@sensitive_variables("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def flower(request: HttpRequest, code: str) -> HttpResponse:
    """`/flower/<code>/`: what this sticker is (≤ 7 statements); POST takes it."""
    verdict = throttle.hit(SCANS, throttle_address(request))
    if not verdict.allowed:
        return _too_many(request, verdict)
    actor, secret = actor_on(request), _secret(request)
    seen = redeeming.look(code, actor.person_id, secret)
    if seen.state == "unknown":
        verdict = throttle.hit(MISSES, throttle_address(request))
        return _too_many(request, verdict) if not verdict.allowed else _page(request, seen, status=404)
    if request.method != "POST":
        return _page(request, seen)
    return _take(request, actor, code, secret)


def _take(request: HttpRequest, actor: Actor, code: str, secret: str) -> HttpResponse:
    here = reverse("awards:flower", args=[clean_code(code)])
    if actor.is_staff:
        return _page(request, redeeming.look(code, actor.person_id, secret), status=403)
    if actor.person_id is None:
        secret = secret or redeeming.new_secret()
        seen = redeeming.keep(code, secret)
    else:
        secret = secret or redeeming.new_secret()
        try:
            seen = redeeming.redeem(actor, code, secret, joining=bool(request.POST.get("joining")))
        except ledger.LedgerProblem as problem:
            return _page(request, redeeming.look(code, actor.person_id, secret), problem=problem)
    if not seen.took and seen.state not in ("own", "kept", "ready", "capped"):
        return _page(request, seen, status=409)
    capped = seen.state == "capped"
    response = _page(request, seen, status=409) if capped else HttpResponseRedirect(here)
    if actor.person_id is None or capped:
        response.set_cookie(
            COOKIE, secret, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=bool(settings.LINLI_HTTPS)
        )
    return _private(response)


def _page(
    request: HttpRequest, seen: Seen, *, status: int = 200, problem: ledger.LedgerProblem | None = None
) -> HttpResponse:
    actor, places = actor_on(request), place_snapshot()
    signed_in = actor.person_id is not None
    member = signed_in and bool(ledger.members_among([actor.person_id or 0]))
    title, text = _words(seen)
    context: dict[str, Any] = {
        **frame(request, places), "seen": seen, "title": title, "text": text, "place": _place(seen, places),
        "signed_in": signed_in, "staff": actor.is_staff, "member": member, "sign_in": sign_in_url(request.path),
        "takeable": seen.state == "ready" or (seen.state == "kept" and signed_in), "problem": _problem(problem),
        "code_length": CODE_LENGTH,
    }  # fmt: skip
    return _private(render(request, "awards/flower.html", context, status=problem.status if problem else status))


def _place(seen: Seen, places: PlaceSnapshot) -> str:
    return places.full_name(seen.place_id, "street") if seen.place_id is not None else ""


def _problem(problem: ledger.LedgerProblem | None) -> str:
    if problem is None:
        return ""
    if isinstance(problem, ledger.Insufficient):
        return _("街道的积分额度暂时用完了，小红花还在，请过几天再扫一次。")
    if isinstance(problem, ledger.AccountClosed):
        return _("您已退出美德积分。想收下这朵小红花，请先重新加入。")
    return problem.message


def _words(seen: Seen) -> tuple[str, str]:
    """Title and sentence for each state; none of them blames."""
    points = ngettext("%(n)d 积分", "%(n)d 积分", seen.points) % {"n": seen.points}
    until = {"day": seen.valid_until, "claim": seen.claims_until, "from": seen.valid_from, "points": points}
    words = {
        "ready": (_("送您一朵小红花"), _("谢谢您的文明举动。")),
        "own": (_("小红花收到了"), _("%(points)s已经在您的账户里。") % until),
        "kept": (_("小红花收好了"), _("先存在这部手机里。%(claim)s 前用手机号登录，就能放进积分账户。") % until),
        "capped": (_("小红花收好了"), _capped(seen)),
        "lapsed": (_("这朵小红花过期了"),
                   _("它在这部手机里存到了 %(claim)s。谢谢您的文明举动，欢迎下次再领。") % until),
        "taken": (_("这朵小红花已经有人收下了"),
                  _("也许家人先扫了，也许同一枚扫了两次，都没关系，您的积分一分不少。一枚贴纸只能收下一次。")),
        "void": (_("这朵小红花停用了"), _("发放的单位已经停用这一枚，与您无关。可以请发放的人换一枚。")),
        "drawer": (_("这朵小红花还没有送出"), _("请向发放的工作人员要一枚已经登记的。")),
        "early": (_("这朵小红花还没开始"), _("从 %(from)s 起可以收下，请把贴纸留好。") % until),
        "over": (_("这朵小红花过了日子"), _("它的有效期到 %(day)s。谢谢您的文明举动，欢迎下次再领。") % until),
        "unknown": (_("没有认出这朵小红花"), _("请再扫一次，或核对贴纸上的 16 位码。")),
    }  # fmt: skip
    return words[seen.state]


def _left(count: int) -> str:
    """What is still kept because the limit of the day was reached."""
    return ngettext(
        "今天到上限了，还有 %(n)d 朵存在手机里，明天再放。", "今天到上限了，还有 %(n)d 朵存在手机里，明天再放。", count
    ) % {"n": count}


def _capped(seen: Seen) -> str:
    """Why it was only kept, and until when it can be put in."""
    words = {"n": seen.limit, "claim": seen.claims_until}
    if seen.limit is None:
        return _("积分到上限了，这一朵先存在这部手机里。%(claim)s 前，过几天都能放进账户。") % words
    return _("一天最多记 %(n)d 分，今天到了。这一朵先存在这部手机里，%(claim)s 前哪天都能放进账户。") % words


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """`/flower/`: type a code; put the flowers that this phone keeps into the account (≤ 5 statements)."""
    actor, secret, problem, status = actor_on(request), _secret(request), "", 200
    typed = clean_code(request.GET.get("code", ""))[:40]
    if typed:
        if len(typed) == CODE_LENGTH and typed.isascii() and typed.isalnum():
            return HttpResponseRedirect(reverse("awards:flower", args=[typed]))
        problem, status = _("贴纸上的码有 16 位字母和数字，请核对。"), 422
    if request.method == "POST":
        if actor.person_id is None:
            return HttpResponseRedirect(sign_in_url(reverse("awards:flowers")))
        try:
            count, points = redeeming.gather(actor, secret, joining=bool(request.POST.get("joining")))
        except ledger.LedgerProblem as refusal:
            problem, status = _problem(refusal), refusal.status
        else:
            if count:
                messages.success(
                    request, _("%(n)d 朵小红花放进账户，共 %(points)d 分。") % {"n": count, "points": points}
                )
            member = bool(ledger.members_among([actor.person_id]))
            if (left := kept_on(secret)).count and member:
                messages.info(request, _left(left.count))
            return _private(HttpResponseRedirect(reverse("credits:own") if count else reverse("awards:flowers")))
    signed_in = actor.person_id is not None
    context = {
        **frame(request), "kept": kept_on(secret), "signed_in": signed_in, "staff": actor.is_staff,
        "member": signed_in and bool(ledger.members_among([actor.person_id or 0])), "problem": problem,
        "typed": request.GET.get("code", "")[:40], "sign_in": sign_in_url(reverse("awards:flowers")),
    }  # fmt: skip
    return _private(render(request, "awards/flowers.html", context, status=status))
