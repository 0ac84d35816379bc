"""The demo's people: fast, once, with every role to try, and nowhere but where the demo may run."""

from __future__ import annotations

import time

import pytest

from linli.exchange.models import ImportBatch
from linli.people import demo, demo_imports, second_factor
from linli.people.loading import load_actor, load_actor_from_token
from linli.people.models import Appointment, Organisation, Person, User
from linli.places import demo as places_demo
from linli.places.models import Place


@pytest.fixture
def loaded(db, monkeypatch):
    monkeypatch.setattr(demo, "_made", None)
    monkeypatch.setattr(demo, "_codes", {})
    places_demo.load()
    began = time.process_time()
    demo.load()
    return time.process_time() - began


def test_demo(loaded):
    assert loaded < 12, f"{loaded:.1f} s of processor time"
    assert Organisation.objects.filter(kind="community_committee").count() == 1016
    grids = Place.objects.filter(kind="grid", layer="governance", code__startswith="370215")
    workers = Appointment.objects.filter(role="grid_worker", place__in=grids)
    assert set(workers.values_list("place", flat=True)) == set(grids.values_list("id", flat=True))
    buildings = Place.objects.filter(kind="building", path__descendant_of=Place.objects.get(code=demo.TONGJI).path)
    assert Appointment.objects.filter(role="building_captain", place__in=buildings).count() == buildings.count() > 0
    before = Person.objects.count()
    assert demo.load() == 0
    assert Person.objects.count() == before
    rows = {row["username"]: row for row in demo.logins()}
    for login in demo.LOGINS:
        user = User.objects.get(username=login.username)
        assert user.check_password(rows[login.username]["password"])
        actor = load_actor(user.pk, strong=True)
        assert actor is not None
        assert {slug for slug, _place, _unit in login.appointments} <= actor.roles
        if rows[login.username]["totp_secret"]:
            assert second_factor.secret_of(user) == rows[login.username]["totp_secret"]
        if rows[login.username]["api_token"]:
            found = load_actor_from_token(rows[login.username]["api_token"])
            assert found is not None and found.user_id == user.pk


def test_demo_is_refused_elsewhere(db, settings):
    settings.LINLI_DEMO_ALLOWED = False
    with pytest.raises(demo.DemoNotAllowed):
        demo.load()
    with pytest.raises(demo.DemoNotAllowed):
        demo.logins()


def test_the_import_page_shows_a_finished_and_a_doubtful_file(loaded, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    began = time.process_time()
    assert demo_imports.load() == 2
    took = time.process_time() - began
    assert took < 3, f"{took:.1f} s of processor time, beside other tests; alone it is half of it"
    done, asks = ImportBatch.objects.order_by("id")
    assert done.state == "done" and done.report["counts"]["new"] == 3 and done.report["counts"]["rejected"] == 1
    assert Organisation.objects.filter(name__endswith="（示例）", synthetic=True).count() == 3
    assert asks.state == "ready" and asks.report["counts"]["doubtful"] >= 1
    assert any(doubt["text"] == "阳光城" for doubt in asks.report["doubts"]), asks.report["doubts"]
    assert demo_imports.load() == 0
