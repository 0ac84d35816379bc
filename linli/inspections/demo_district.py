"""The demo's look at compounds all over the district: a round of the office for creation work that has ended.

So every street has been seen, not only the stage's, and the assessment finds records for each of them.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from linli.inspections.batch import Batch, NewObservation
from linli.inspections.models import Round
from linli.inspections.rounds import NewRound, create_round, end_round
from linli.inspections.services import record_batch
from linli.people.access import Actor, Grant
from linli.people.models import Appointment
from linli.people.roles import ROLES
from linli.people.units import next_ids
from linli.places.models import Place, PlaceName, RegistryVersion
from linli.places.selectors import registry_versions
from linli.places.services import bump_registry
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.standards.models import Node, Version
from linli.work import moments
from linli.work.demo_photos import upload

JIMO, STAGE = "370215", "370215003"
SPACE = uuid.UUID("7c2f5a54-3c44-4e53-8f6a-5a1d0c9e2b43")
SEED, DAYS_AGO, FAILING, PICTURED = 20261124, 18, 0.12, 0.06
SITES, SINCE = 2, date(2024, 1, 1)


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load the round; how many observations. A second call changes nothing."""
    version = Version.objects.filter(state="published", standard__synthetic=True).order_by("id").first()
    district = Place.objects.filter(code=JIMO, kind="district", active=True).first()
    if version is None or district is None or Round.objects.filter(key=_key("round")).exists():
        return 0
    row = Appointment.objects.filter(role="office_director", place=district, delegated_from=None).order_by("id").first()
    if row is None:
        return 0
    grant = Grant(ROLES[row.role].permissions, place_path=str(district.path), role=row.role)
    director = Actor(
        person_id=row.person_id, roles=frozenset({row.role}), grants=(grant,), channel="staff",
        organisation_id=row.organisation_id, strong=True,
    )  # fmt: skip
    if progress is not None:
        progress(f"全区抽查 / a look at the whole district: {district.name}")
    with transaction.atomic():
        return _look(director, district, version)


def _look(director: Actor, district: Place, version: Version) -> int:
    chance, day = random.Random(SEED), timezone.localdate() - timedelta(days=DAYS_AGO)
    sites = _sites(district, chance)
    nodes = list(Node.objects.filter(version=version, level=Node.CRITERION, method=Node.FIELD).order_by("id"))
    nodes = [node for node in nodes if "compound" in node.site_kinds and node.evidence]
    new = NewRound(
        "全区小区抽查", district.pk, day, day + timedelta(days=2), version_id=version.pk, site_kinds=("compound",),
        place_ids=tuple(site.pk for site in sites), synthetic=True,
    )  # fmt: skip
    made = create_round(director, new, _key("round"))
    stored = 0
    for number in range(3):
        at = datetime.combine(day + timedelta(days=number), time(10), tzinfo=timezone.get_current_timezone())
        ticks = tuple(_tick(made, site, node, at, chance) for site in sites[number::3] for node in nodes)
        with moments.replaying(at):
            done = record_batch(director, Batch("demo", ticks), f"demo district {number}")
        stored += sum(one.outcome == "stored" for one in done.outcomes)
    end_round(director, made.pk)
    return stored


def _sites(district: Place, chance: random.Random) -> list[Place]:
    """Two compounds in each street but the stage's, in its first communities."""
    places = place_snapshot(registry_versions())
    homes: list[PlaceRow] = []
    for street in places.descendants(district.pk, "street"):
        if street.code != STAGE:
            homes += [row for row in places.descendants(street.id, "community") if row.lon is not None][:SITES]
    made = []
    for key, home in zip(next_ids("places_place", len(homes)), homes, strict=True):
        assert home.lon is not None and home.lat is not None
        made.append(Place(
            id=key, parent_id=home.id, path=f"{home.path}.{key}", kind="site", site_kind="compound",
            name=f"{home.name.removesuffix('社区').removesuffix('村')}小区", synthetic=True,
            lon=round(home.lon + chance.uniform(-0.0004, 0.0004), 7),
            lat=round(home.lat + chance.uniform(-0.0003, 0.0003), 7),
        ))  # fmt: skip
    Place.objects.bulk_create(made)
    PlaceName.objects.bulk_create(
        PlaceName(place=row, name=row.name, kind=PlaceName.OFFICIAL, valid_from=SINCE) for row in made
    )
    bump_registry(RegistryVersion.PLACES)
    return made


def _tick(row: Round, site: Place, node: Node, at: datetime, chance: random.Random) -> NewObservation:
    bad = chance.random() < FAILING
    photos: tuple[str, ...] = ()
    if not bad and chance.random() < PICTURED:
        photos = (upload(chance, owner="demo", mended=True, at=at, lon=site.lon or 0.0, lat=site.lat or 0.0),)
    return NewObservation(
        _key("tick", site.pk, node.pk), row.pk, site.pk, node.pk, "fail" if bad else "pass", at,
        words="抽查时发现，已当场告知" if bad else "", longitude=site.lon, latitude=site.lat, accuracy_m=10.0,
        photos=photos,
    )  # fmt: skip


def _key(*words: object) -> uuid.UUID:
    return uuid.uuid5(SPACE, ":".join(map(str, words)))
