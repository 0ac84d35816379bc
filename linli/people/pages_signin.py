"""Pages for signing in and out: password, second factor, phone."""

from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from linli.people import audit, conf, crypto, phone, second_factor, selectors, signin
from linli.people.addresses import is_loopback
from linli.people.errors import PeopleProblem, TooManyTries
from linli.people.forms import CodeForm, PasswordLogin, PhoneForm, PlainForm
from linli.people.gates import actor_on, safe_next, signed_in
from linli.people.models import Person, User
from linli.people.roles import ROLES
from linli.people.sessions import KIND

NEW_SECRET = "linli_new_second_factor"  # noqa: S105 - the name of a key
PHONE = "linli_phone"
CHOICE, CHOICE_SECONDS = "linli_phone_choice", 600
PHONE_CONTEXT = "people.session.phone"
SECRET_CONTEXT = "people.session.second_factor"  # noqa: S105 - the name of a purpose


def show_problem(form: PlainForm, problem: PeopleProblem) -> int:
    """Put the problem at its field (or on top) and return the status of the answer."""
    form.add_error(problem.field if problem.field in form.fields else None, problem.text)
    return problem.status if problem.status != 401 else 200


def _page(
    request: HttpRequest, template: str, status: int, problem: PeopleProblem | None = None, **context: object
) -> HttpResponse:
    response = render(request, f"people/{template}", context, status=status)
    if isinstance(problem, TooManyTries):
        response["Retry-After"] = str(problem.retry_after_seconds)
    return response


def _home(request: HttpRequest) -> str:
    return reverse("people:after_login")


HELPERS = (
    ("work.view", "/captain/"), ("inspection.own_shop", "/shop/"), ("shop.counter", "/desk/counter/"),
    ("activities.lead", "/activities/lead/"),
)  # fmt: skip
"""The page of those who are no staff and came for one thing, by what they may."""


@signed_in
def after_login(request: HttpRequest) -> HttpResponse:
    """Staff go to their desk, who helps with one thing to the page of theirs, residents to the public site."""
    actor = actor_on(request)
    if actor.is_staff:
        return redirect("/desk/")
    return redirect(next((address for permission, address in HELPERS if actor.may_somewhere(permission)), "/"))


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """First step of staff: user name and password."""
    form = PasswordLogin(request.POST or None)
    status, problem = 200, None
    if request.method == "POST" and form.is_valid():
        try:
            step = signin.check_password(request, form.cleaned_data["username"], form.cleaned_data["password"])
        except PeopleProblem as error:
            status, problem = show_problem(form, error), error
        else:
            target = safe_next(request, _home(request))
            if step.next == "done":
                response = redirect(target)
                signin.remember_device(request, response, step.user)
                return response
            request.session["linli_next"] = target
            return redirect("people:second_factor" if step.next == "second_factor" else "people:second_factor_enrol")
    return _page(request, "login.html", status, problem, form=form, next=safe_next(request, ""))


@never_cache
@require_http_methods(["GET", "POST"])
def check_second_factor(request: HttpRequest) -> HttpResponse:
    """Second step: the code of the app, or a recovery code."""
    user = signin.pending_user(request)
    if user is None:
        return redirect("people:login")
    form = CodeForm(request.POST or None)
    status, problem = 200, None
    if request.method == "POST" and form.is_valid():
        target = str(request.session.get("linli_next") or _home(request))
        try:
            signin.check_second_factor(request, user, form.cleaned_data["code"])
        except PeopleProblem as error:
            status, problem = show_problem(form, error), error
        else:
            response = redirect(target)
            signin.remember_device(request, response, user)
            return response
    shown = second_factor.unused_code(user) if conf.on_page_codes() and is_loopback(request) else ""
    return _page(request, "second_factor.html", status, problem, form=form, shown_code=shown)


def _enrolling_user(request: HttpRequest) -> User | None:
    """Who enrols: somebody after the first step, or somebody signed in whose role needs it or who has none yet."""
    user = signin.pending_user(request)
    # A session opened by phone proves less than a password, so it cannot be raised by enrolling.
    if user is None and actor_on(request).is_signed_in and request.session.get(KIND) == "staff":
        user = User.objects.filter(pk=actor_on(request).user_id or 0).first()
    return None if user is None or user.has_second_factor else user


@never_cache
@require_http_methods(["GET", "POST"])
def enrol_second_factor(request: HttpRequest) -> HttpResponse:
    """Show the QR code, prove a code, show the recovery codes once."""
    user = _enrolling_user(request)
    if user is None:
        return redirect("people:login")
    sealed = request.session.get(NEW_SECRET)
    secret = crypto.decrypt(bytes.fromhex(sealed), SECRET_CONTEXT) if sealed else second_factor.new_secret()
    if not sealed:
        request.session[NEW_SECRET] = crypto.encrypt(secret, SECRET_CONTEXT).hex()
    form = CodeForm(request.POST or None)
    status, problem = 200, None
    if request.method == "POST" and form.is_valid():
        try:
            codes = second_factor.enrol(user, secret, form.cleaned_data["code"])
        except PeopleProblem as error:
            status, problem = show_problem(form, error), error
        else:
            target = str(request.session.get("linli_next") or _home(request))
            signin.open_session(request, user, strong=True)
            response = _page(request, "recovery_codes.html", 200, codes=codes, next=target)
            signin.remember_device(request, response, user)
            return response
    uri = second_factor.provisioning_uri(user, secret)
    return _page(
        request,
        "second_factor_enrol.html",
        status,
        problem,
        form=form,
        secret=secret,
        qr=second_factor.qr_data_uri(uri),
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    actor = actor_on(request)
    if actor.is_signed_in:
        audit.record("sign_out", actor_id=actor.person_id, subject=f"user:{actor.user_id}")
    logout(request)
    return redirect("/")


@never_cache
@require_http_methods(["GET", "POST"])
def login_phone(request: HttpRequest) -> HttpResponse:
    """Residents: the phone to which a code is sent."""
    form = PhoneForm(request.POST or None)
    status, problem = 200, None
    if request.method == "POST" and form.is_valid():
        try:
            number = phone.clean_mobile(form.cleaned_data["phone"])
            shown = phone.send_code(request, number)
        except PeopleProblem as error:
            status, problem = show_problem(form, error), error
        else:
            request.session[PHONE] = crypto.encrypt(number, PHONE_CONTEXT).hex()
            request.session["linli_shown_code"] = shown if shown and is_loopback(request) else ""
            request.session["linli_next"] = safe_next(request, "")
            return redirect("people:login_phone_code")
    return _page(request, "login_phone.html", status, problem, form=form, next=safe_next(request, ""))


@never_cache
@require_http_methods(["GET", "POST"])
def login_phone_code(request: HttpRequest) -> HttpResponse:
    """Residents and helpers: the code that was sent, and as whom to come in where the phone is that of two."""
    sealed = request.session.get(PHONE)
    if not sealed:
        return redirect("people:login_phone")
    form = CodeForm(request.POST or None)
    status, problem = 200, None
    number = crypto.decrypt(bytes.fromhex(sealed), PHONE_CONTEXT)
    chosen = _chosen(request) if request.POST.get("as") else None
    if chosen is not None:
        return _come_in(request, chosen)
    if request.method == "POST" and form.is_valid():
        try:
            users = phone.check_code(request, number, form.cleaned_data["code"])
        except PeopleProblem as error:
            status, problem = show_problem(form, error), error
        else:
            return _come_in(request, users[0]) if len(users) == 1 else _whom_to_be(request, users)
    shown = request.session.get("linli_shown_code", "")
    return _page(request, "login_phone_code.html", status, problem, form=form, shown_code=shown, tail=number[-4:])


def _come_in(request: HttpRequest, user: User) -> HttpResponse:
    """Begin the session of somebody who proved their phone; captains and shop keepers go to the page of theirs."""
    resident = user.person is None or user.person.kind == Person.Kind.RESIDENT
    target = str(request.session.get("linli_next") or ("/" if resident else _home(request)))
    signin.open_session(request, user, strong=False, kind="resident")
    phone.note_sign_in(request, user)
    return redirect(target)


def _whom_to_be(request: HttpRequest, users: list[User]) -> HttpResponse:
    """Ask as whom to come in where a phone is a resident's and a captain's; the answer counts for ten minutes."""
    request.session[CHOICE] = {"users": [user.pk for user in users], "since": timezone.now().timestamp()}
    tongue = get_language() or "zh-hans"
    held: dict[int, list[str]] = {}
    for row in selectors.current_appointments().filter(person__user__in=users):
        where = row.place or row.organisation
        role = ROLES[row.role].label.text(tongue)
        held.setdefault(row.person_id, []).append(f"{role} · {where.name}" if where else role)
    choices = [(user.pk, "、".join(held.get(user.person_id or 0, [])) or _("居民")) for user in users]
    return _page(request, "login_as.html", 200, choices=choices)


def _chosen(request: HttpRequest) -> User | None:
    """Who was chosen of those whom the phone let in."""
    asked = request.session.get(CHOICE)
    wanted = request.POST.get("as", "")
    if not asked or not wanted.isdecimal() or timezone.now().timestamp() - asked["since"] > CHOICE_SECONDS:
        return None
    return User.objects.filter(pk=int(wanted), is_active=True).first() if int(wanted) in asked["users"] else None
