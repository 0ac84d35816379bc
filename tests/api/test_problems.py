"""Refusals below /api/ are problem details, whoever makes them, and tokens and cookies are told apart."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from linli.people import sessions
from linli.people.models import ApiToken
from linli.people.sessions import SessionStore
from linli.work.models import Item, Upload
from tests.api.test_openapi import photo, upload
from tests.support.calling import RUBBISH, Caller, check_answer, key
from tests.support.world import INSIDE


def problem_of(response: Any, method: str = "get", path: str = "/api/nothing") -> dict[str, Any]:
    """The problem in a raw response."""
    data: dict[str, Any] = json.loads(response.content)
    check_answer(method, path, response.status_code, response["Content-Type"], data)
    return data


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/requests", "/api/v1/requests/x/y/z"])
def test_unknown_addresses(call: Caller, path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 404
    assert problem_of(response)["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [("delete", "/requests"), ("put", "/me"), ("post", "/roles"), ("patch", "/places/tree"), ("post", "/openapi.json")],
)
def test_methods_that_an_address_does_not_take(call: Caller, method: str, path: str) -> None:
    response = getattr(Client(), method)(f"/api/v1{path}", data="{}", content_type="application/json")
    assert response.status_code == 405
    assert problem_of(response)["code"] == "method_not_allowed"
    assert response["Allow"]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("{", 400, "malformed"),
        ('{"kind": NaN}', 400, "malformed"),
        ('{"kind": "help", "words": "\\ud800"}', 400, "malformed"),
        ("[]", 422, "model_attributes_type"),
        ("null", 422, "model_attributes_type"),
        ("", 422, "missing"),
        (json.dumps({"kind": "help", "words": "x" * 600_000}), 413, "too_large"),
    ],
)
def test_bodies_that_cannot_be_read(call: Caller, text: str, status: int, code: str) -> None:
    refused = call.post("/requests", text)
    assert (refused.status, refused["code"]) in {(status, code), (status, "model_type")}


def test_other_formats_are_refused(call: Caller) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        response = Client().post(
            "/api/v1/requests", data=b"kind=help", content_type=kind, headers={"Idempotency-Key": key()}
        )
        assert response.status_code == 415
        assert problem_of(response, "post", "/api/v1/requests")["code"] == "unsupported_format"


def test_characters_no_database_takes(call: Caller) -> None:
    assert (
        problem_of(Client().get("/api/v1/places/search?q=%00"), "get", "/api/v1/places/search")["code"]
        == "invalid_character"
    )
    assert problem_of(Client().get("/api/v1/requests/%00"), "get", "/api/v1/requests/0")["code"] == "invalid_character"
    assert call.report(words="垃圾\x00没人清理").status == 201
    assert "\x00" not in Item.objects.get().summary
    assert call.report(title="\x00", address="\x01", contact_name="\x02").status == 201


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "nonsense"])
def test_a_bad_token_is_refused_and_never_ignored(call: Caller, header: str) -> None:
    for path in ("/roles", "/me", "/requests"):
        response = Client().get(f"/api/v1{path}", headers={"Authorization": header})
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert problem_of(response, "get", f"/api/v1{path}")["code"] == "invalid_token"


def test_tokens_end(call: Caller) -> None:
    assert call.get("/me", "handler").status == 200
    ApiToken.objects.update(revoked_at=timezone.now())
    assert call.get("/me", "handler").status == 401
    ApiToken.objects.update(revoked_at=None, expires_at=timezone.now() - timedelta(seconds=1))
    assert call.get("/me", "handler").status == 401


def session_of(call: Caller, who: str) -> Client:
    """A browser in which somebody is signed in."""
    user, store = call.world.users[who], SessionStore()
    store[sessions.USER] = str(user.pk)
    store["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    store["_auth_user_hash"] = user.get_session_auth_hash()
    store[sessions.KIND], store[sessions.STRONG] = "staff", True
    store[sessions.BEGAN] = timezone.now().isoformat()
    store.create()
    browser = Client(enforce_csrf_checks=True)
    browser.cookies[settings.SESSION_COOKIE_NAME] = str(store.session_key)
    return browser


def test_a_session_may_read_and_needs_the_csrf_token_to_change(call: Caller) -> None:
    browser = session_of(call, "duty")
    assert browser.get("/api/v1/me").json()["username"] == "duty"
    lon, lat = INSIDE["east"]
    body = {"kind": "help", "words": RUBBISH, "longitude": lon, "latitude": lat, "transition": "report_on_behalf"}
    headers = {"Idempotency-Key": key()}
    refused = browser.post("/api/v1/requests", body, content_type="application/json", headers=headers)
    assert problem_of(refused, "post", "/api/v1/requests")["code"] == "csrf"
    assert not Item.objects.exists()
    browser.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    headers["X-CSRFToken"] = "a" * 32
    done = browser.post("/api/v1/requests", body, content_type="application/json", headers=headers)
    assert done.status_code == 201


def test_a_first_password_must_be_changed_first(call: Caller) -> None:
    user = call.world.users["duty"]
    type(user).objects.filter(pk=user.pk).update(must_change_password=True)
    response = session_of(call, "duty").get("/api/v1/me")
    assert problem_of(response, "get", "/api/v1/me")["code"] == "password_change_needed"


def test_photos_become_evidence(call: Caller) -> None:
    stored = upload(call, photo(), kind="photo", lon="120.4552", lat="36.3752")
    assert (stored.status, stored["kind"], stored["located"]) == (201, "photo", True)
    made = call.report(photos=[stored["token"]])
    assert made.status == 201
    followed = call.get(f"/follow/{made['tracking_token']}")
    assert len(followed["photos"]) == 1
    assert followed["photos"][0].endswith(made["tracking_token"])
    seen = call.get(f"/requests/{made['number']}", "handler")
    assert [row["purpose"] for row in seen["photos"]] == ["report"]
    again = call.report(photos=[stored["token"]])
    assert (again.status, again["field"]) == (422, "photos")


@pytest.mark.parametrize(("content", "status"), [(b"", 422), (b"MZ not a photo", 415), (photo()[:40], 422)])
def test_what_is_no_photo_is_refused(call: Caller, content: bytes, status: int) -> None:
    refused = upload(call, content)
    assert (refused.status, refused["field"]) == (status, "file")
    assert not Upload.objects.exists()


def test_an_upload_needs_a_file_and_known_fields(call: Caller) -> None:
    missing = call._answer("post", "/uploads", Client().post("/api/v1/uploads", {"kind": "photo"}))
    assert (missing.status, missing["field"]) == (422, "file")
    assert upload(call, photo(), surprise="1")["code"] == "extra_forbidden"
    assert upload(call, photo(), "auditor").status == 201
