"""Photos of nominations: asked for where the rule needs one, seen by staff of the place, gone with the person."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linli.awards import erasure, selectors
from linli.awards.models import Nomination, RuleSet
from linli.people import erasing
from linli.work.models import Evidence
from tests.support.awarded import a_member, the_rules
from tests.support.people import signed_in_client
from tests.support.world import World
from tests.work.conftest import encoded, picture

RULE: dict[str, Any] = {
    "category": "public_spirit",
    "title": "身边好事",
    "source": "nominated",
    "points": 20,
    "evidence": "photo",
}


@pytest.fixture
def rules(world: World, settings: Any, tmp_path: Path) -> RuleSet:
    """A street whose rule for nominations needs a photo."""
    settings.MEDIA_ROOT = str(tmp_path)
    return the_rules(world, rules=(RULE,))


def photo(number: int = 1) -> BytesIO:
    file = BytesIO(encoded(picture(seed=number)))
    file.name = "a.jpg"
    return file


def form(rules: RuleSet, **more: Any) -> dict[str, Any]:
    return {
        "rule": str(rules.rules.get().pk), "name": "王秀英", "phone": "13805320001", "story": "天天给对门送饭",
        "happened_on": timezone.localdate().isoformat(), "key": "k", **more,
    }  # fmt: skip


def test_a_rule_that_needs_a_photo_gets_one_and_only_staff_see_it(world: World, rules: RuleSet) -> None:
    resident = signed_in_client(world.users["resident"], kind="resident")
    address = reverse("awards:nominate", args=[rules.place_id])
    assert "必须有" in resident.get(address).content.decode()
    without = resident.post(address, form(rules))
    assert without.status_code == 422 and "要一张照片" in without.content.decode()
    assert "天天给对门送饭" in without.content.decode() and not Nomination.objects.exists()
    broken = BytesIO(b"no photo")
    broken.name = "a.jpg"
    refused = resident.post(address, form(rules, photos_files=broken))
    assert refused.status_code in (415, 422) and not Nomination.objects.exists()
    for _sent_twice in range(2):
        assert resident.post(address, form(rules, photos_files=photo())).status_code == 302
    row, kept = Nomination.objects.get(), Evidence.objects.get()
    assert (kept.holder, kept.holder_id, kept.visibility) == ("nomination", row.pk, "internal")
    page = signed_in_client(world.users["street"]).get(reverse("awards:nomination", args=[row.pk])).content.decode()
    media = f"/media/{kept.pk}/320/"
    assert media in page
    for name in ("community_west", "handler"):
        assert signed_in_client(world.users[name]).get(media).status_code == 404, name
    assert resident.get(media).status_code == 404 and Client().get(media).status_code in (302, 404)
    shown = signed_in_client(world.users["street"]).get(media)
    assert shown.status_code == 200
    shown.close()


def test_the_desk_adds_photos_too_and_four_are_too_many(world: World, rules: RuleSet) -> None:
    client = signed_in_client(world.users["director"])
    address = reverse("awards:propose", args=[rules.place_id])
    made = client.post(address, form(rules, photos_files=[photo(1), photo(2)]))
    assert made.status_code == 302 and Evidence.objects.count() == 2
    tokens = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(4)]
    wrong = client.post(address, form(rules, key="other", photos=tokens))
    assert wrong.status_code == 422 and "最多3张" in wrong.content.decode()


def test_erasing_the_nominee_removes_the_photos(world: World, rules: RuleSet) -> None:
    person_id = a_member("王秀英", "13805320001")
    resident = signed_in_client(world.users["resident"], kind="resident")
    resident.post(reverse("awards:nominate", args=[rules.place_id]), form(rules, photos_files=photo()))
    row = Nomination.objects.get(person_id=person_id)
    assert len(selectors.photos_of(row.pk)) == 1
    erasure.erase(erasing.subject_of(row.person), world.actor("director"), "asked")
    assert selectors.photos_of(row.pk) == []
