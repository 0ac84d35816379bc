"""Pages of one's own account: password, sessions, second factor, API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from linli.people import accounts, second_factor, throttle
from linli.people.errors import PeopleProblem, TooManyTries
from linli.people.forms import PasswordChange, TokenForm
from linli.people.gates import actor_on, signed_in
from linli.people.models import ApiToken, Session, User
from linli.people.pages_signin import show_problem
from linli.people.sessions import key_digest


def _user(request: HttpRequest) -> User:
    return User.objects.get(pk=actor_on(request).user_id or 0)


@never_cache
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """Everything about one's own account on one page."""
    actor = actor_on(request)
    user = _user(request)
    this = key_digest(request.session.session_key or "")
    rows = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-last_seen_at")
    context = {
        "user_row": user,
        "sessions": [(row, row.session_key == this) for row in rows],
        "tokens": ApiToken.objects.filter(user=user, revoked_at=None).order_by("-created_at"),
        "may_have_tokens": actor.may_somewhere("tokens.own"),
        "token_form": TokenForm(),
        "codes_left": user.recovery_codes.filter(used_at=None).count(),
        "has_password": user.has_usable_password(),
    }
    return render(request, "people/account.html", context)


@never_cache
@sensitive_post_parameters()
@signed_in
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; all other sessions end."""
    form = PasswordChange(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        user = _user(request)
        data = form.cleaned_data
        try:
            verdict = throttle.hit(throttle.PASSWORD_CHANGE, str(user.pk))
            if not verdict.allowed:
                raise TooManyTries(_("尝试次数过多，请稍后再试。"), verdict.retry_after_seconds)
            accounts.change_password(
                user, data["old_password"], data["new_password"], keep_session=request.session.session_key
            )
        except PeopleProblem as problem:
            status = show_problem(form, problem)
        else:
            # The old password's mark is still in this session, so Django must not judge it before it is renewed.
            request.user = user
            update_session_auth_hash(request, user)
            messages.success(request, _("密码已修改，其他设备上的登录已退出。"))
            return redirect("people:account")
    must = actor_on(request).must_change_password
    return render(request, "people/password.html", {"form": form, "must_change": must}, status=status)


@signed_in
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    actor = actor_on(request)
    assert actor.user_id is not None
    ended = accounts.end_other_sessions(actor.user_id, actor.person_id, keep_session=request.session.session_key)
    messages.success(request, _("已退出其他 %(count)s 处登录。") % {"count": ended})
    return redirect("people:account")


@never_cache
@signed_in
@require_POST
def make_recovery_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown once; asks for a current code, so that an open browser is not enough."""
    user = _user(request)
    try:
        passed = user.has_second_factor and second_factor.check(user, request.POST.get("code", ""))
    except PeopleProblem as problem:
        messages.error(request, problem.text)
        return redirect("people:account")
    if not passed:
        messages.error(request, _("验证码不对或已用过，请等下一个验证码。"))
        return redirect("people:account")
    codes = second_factor.make_recovery_codes(user)
    return render(request, "people/recovery_codes.html", {"codes": codes, "next": "/account/"})


@never_cache
@signed_in
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """A new API token, shown once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填写用途和有效天数。"))
        return redirect("people:account")
    try:
        token, raw = accounts.make_token(actor_on(request), form.cleaned_data["name"], days=form.cleaned_data["days"])
    except PeopleProblem as problem:
        messages.error(request, problem.text)
        return redirect("people:account")
    return render(request, "people/token_made.html", {"token": token, "raw": raw})


@signed_in
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Stop a token."""
    try:
        accounts.revoke_token(actor_on(request), token_id)
        messages.success(request, _("令牌已停用。"))
    except PeopleProblem as problem:
        messages.error(request, problem.text)
    return redirect("people:account")
