"""Files go out only to those who may see the item, with headers that let nothing run; uploads come in by one door."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from linli.people.access import Actor
from linli.work import uploads
from linli.work.models import Evidence, Upload
from tests.requests.walk import WAYS, Walker
from tests.support.world import World
from tests.work.conftest import encoded, picture
from tests.work.test_uploads import wav_bytes

SEES_INTERNAL = ("grid", "community", "street", "dispatcher", "duty", "director", "handler", "head")
SEES_NOTHING = (
    "grid2",
    "grid_west",
    "community_west",
    "enforcer",
    "property",
    "admin",
    "security",
    "auditor",
    "resident",
)


@pytest.fixture
def sent(world: World) -> dict[str, Any]:
    """A request with a public photo of the reporter, a recording, and an internal photo of the grid worker."""
    photo = uploads.receive(BytesIO(encoded(picture())), owner="d1")
    sound = uploads.receive(BytesIO(wav_bytes(1.0)), owner="d1")
    inside = uploads.receive(BytesIO(encoded(picture(seed=7))), owner="p1")
    walker = Walker(world)
    from linli.requests.reporting import Report
    from linli.requests.services import report
    from tests.support.world import INSIDE

    done = report(
        world.actor("anonymous"),
        Report("complaint", "楼下垃圾没人清理", longitude=INSIDE["east"][0], latitude=INSIDE["east"][1],
               uploads=(str(photo.token), str(sound.token))),
        key="k1", device="d",
    )  # fmt: skip
    walker.item_id = done.item_id
    walker.run(WAYS["signed"])
    walker.take("grid", "comment", advice="看过", photos=[str(inside.token)])
    rows = {row.sha256: row.pk for row in Evidence.objects.filter(item_id=done.item_id)}
    return {
        "photo": rows[photo.sha256], "sound": rows[sound.sha256], "inside": rows[inside.sha256],
        "link": done.tracking_token, "item": done.item_id,
    }  # fmt: skip


@pytest.fixture
def as_actor(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Requests arrive as this actor, as the middleware of people would have found them."""

    def enter(actor: Actor) -> Client:
        monkeypatch.setattr("linli.work.media.actor_of", lambda request: actor)
        return Client()

    return enter


def address(number: int, size: str = "full") -> str:
    return f"/media/{number}/{size}/"


@pytest.mark.parametrize("name", SEES_INTERNAL)
def test_staff_who_see_the_item_see_all_its_evidence(
    sent: dict[str, Any], world: World, as_actor: Any, name: str
) -> None:
    client = as_actor(world.actor(name))
    assert [client.get(address(sent[key])).status_code for key in ("photo", "sound", "inside")] == [200, 200, 200]


@pytest.mark.parametrize("name", [*SEES_NOTHING, "anonymous"])
def test_everybody_else_learns_nothing(sent: dict[str, Any], world: World, as_actor: Any, name: str) -> None:
    client = as_actor(world.actor(name))
    answers = [client.get(address(number)) for number in (sent["photo"], sent["inside"], 10**9)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_the_follow_link_opens_what_is_public_of_its_own_item(sent: dict[str, Any], world: World) -> None:
    other = Walker(world)
    photo = uploads.receive(BytesIO(encoded(picture(seed=3))), owner="d1")
    other.begin(uploads=(str(photo.token),))
    foreign = Evidence.objects.get(item_id=other.item_id).pk
    client = Client()
    link = {"t": sent["link"]}
    assert client.get(address(sent["photo"], "320"), link).status_code == 200
    assert client.get(address(sent["sound"]), link).status_code == 200
    assert client.get(address(sent["inside"]), link).status_code == 404
    assert client.get(address(foreign), link).status_code == 404
    assert client.get(address(sent["photo"]), {"t": "x" * 22}).status_code == 404


@pytest.mark.parametrize("key", ["photo", "sound"])
def test_answers_can_run_nothing_and_are_kept_by_the_browser_only(
    sent: dict[str, Any], world: World, as_actor: Any, key: str
) -> None:
    answer = as_actor(world.actor("grid")).get(address(sent[key]))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Disposition"].startswith('inline; filename="linli-')
    assert answer["Cache-Control"].startswith("private") and "Cookie" in answer["Vary"]
    assert answer["Content-Type"] == {"photo": "image/jpeg", "sound": "audio/wav"}[key]


def test_sizes_and_conditional_requests(sent: dict[str, Any], world: World, as_actor: Any) -> None:
    client = as_actor(world.actor("grid"))
    small = client.get(address(sent["photo"], "320"))
    assert small["Content-Type"] == "image/webp" and small.content[8:12] == b"WEBP"
    again = client.get(address(sent["photo"], "320"), headers={"If-None-Match": small["ETag"]})
    assert again.status_code == 304 and not again.content
    assert client.get(address(sent["photo"], "640")).status_code == 404
    assert client.get(address(sent["sound"], "320")).status_code == 404
    assert client.post(address(sent["photo"])).status_code == 405


@pytest.mark.parametrize(("asked", "status", "length", "told"), [
    ("bytes=0-99", 206, 100, "bytes 0-99/16044"), ("bytes=16000-", 206, 44, "bytes 16000-16043/16044"),
    ("bytes=-10", 206, 10, "bytes 16034-16043/16044"), ("bytes=0-999999", 206, 16044, "bytes 0-16043/16044"),
    ("bytes=20000-", 416, 0, "bytes */16044"), ("bytes=9-3", 416, 0, "bytes */16044"),
])  # fmt: skip
def test_recordings_can_be_read_in_parts(
    sent: dict[str, Any], world: World, as_actor: Any, asked: str, status: int, length: int, told: str
) -> None:
    answer = as_actor(world.actor("grid")).get(address(sent["sound"]), headers={"Range": asked})
    assert (answer.status_code, len(answer.content), answer["Content-Range"]) == (status, length, told)


def test_removed_evidence_is_gone(sent: dict[str, Any], world: World, as_actor: Any) -> None:
    from django.utils import timezone

    Evidence.objects.filter(pk=sent["photo"]).update(removed_at=timezone.now())
    assert as_actor(world.actor("grid")).get(address(sent["photo"])).status_code == 404


# --- The upload door ----------------------------------------------------------------------------------------------


def post(client: Client, data: bytes, *, name: str = "../../etc/passwd.svg", **fields: str) -> Any:
    file = SimpleUploadedFile(name, data, content_type="image/svg+xml")
    return client.post("/uploads", {"file": file, **fields})


def test_anybody_may_send_a_photo_and_only_they_see_it(db: Any, media: Any) -> None:
    client = Client()
    answer = post(client, encoded(picture()), lon="120.45", lat="36.37", taken_at="2026-03-01T10:00:00+08:00")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["kind"], body["width"], body["height"], body["located"]) == ("photo", 640, 480, True)
    row = Upload.objects.get(token=body["token"])
    assert row.owner.startswith("d") and row.media_type == "image/jpeg"
    assert client.get(body["thumb"]).status_code == 200 and Client().get(body["thumb"]).status_code == 404
    assert not list(media.rglob("*passwd*"))
    cookie = client.cookies["linli_sender"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    post(client, encoded(picture(seed=2)))
    assert len(set(Upload.objects.values_list("owner", flat=True))) == 1


def test_a_forged_cookie_is_another_browser(db: Any, media: Any) -> None:
    client = Client()
    post(client, encoded(picture()))
    stranger = Client()
    stranger.cookies["linli_sender"] = client.cookies["linli_sender"].value + "x"
    token = Upload.objects.get().token
    assert stranger.get(f"/uploads/{token}/").status_code == 404


@pytest.mark.parametrize(("data", "status", "code"), [
    (b"<svg/>", 415, "unknown_type"), (b"\xff\xd8\xff broken", 422, "photo_damaged"),
])  # fmt: skip
def test_refusals_are_problems_in_words(db: Any, media: Any, data: bytes, status: int, code: str) -> None:
    answer = post(Client(), data)
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"].endswith(code) and len(answer.json()["detail"]) > 8
    assert not Upload.objects.exists()


def test_no_file_and_too_long_a_body_are_refused(db: Any, media: Any) -> None:
    assert Client().post("/uploads", {}).json()["title"] == "no_file"
    long = Client().post(
        "/uploads", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(30 * 2**20)
    )
    assert long.status_code == 413


def test_a_recording_sent_as_a_photo_is_refused(db: Any, media: Any) -> None:
    assert post(Client(), wav_bytes(), kind="photo").status_code == 415
    assert post(Client(), wav_bytes(), kind="audio").json()["seconds"] == 1.0


def test_browsers_need_the_csrf_token(db: Any, media: Any) -> None:
    assert post(Client(enforce_csrf_checks=True), encoded(picture())).status_code == 403


def test_too_many_uploads_are_told_when_to_come_back(db: Any, media: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from linli.people.throttle import Limit

    monkeypatch.setattr("linli.work.uploading.ADDRESS_LIMIT", Limit("upload:test", 2, timedelta(hours=1)))
    answers = [post(Client(), encoded(picture(64, 48))).status_code for _ in range(3)]
    assert answers == [201, 201, 429]
    assert int(post(Client(), b"x")["Retry-After"]) > 0
