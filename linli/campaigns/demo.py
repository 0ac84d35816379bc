"""The demo's campaigns: A2's themes and special actions inside the Qingdao programme, B3's three of Yanbei street.

Names and goals are published ones (mission.md A2, B3); places, days and teams are synthetic. Results come from
whatever records the demo has.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from linli.campaigns import services, tying
from linli.campaigns.models import Campaign, CampaignPlace
from linli.people.access import Actor, Grant
from linli.people.models import Appointment
from linli.people.roles import ROLES
from linli.places.models import Place
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.work import moments
from linli.work.models import Item

JIMO, TONGJI, YANBEI = "370215", "370215003", "211302010"
PROGRAMME = "文明青岛五大提升行动"
THEMES = (
    ("礼让斑马线", "车让人、人快走，路口不抢行", ()),
    ("电动自行车不进楼", "不上楼、不进电梯、不飞线充电", ("compound",)),
    ("垃圾不落地", "不乱扔、不乱倒，随手捡", ("lane", "square")),
    ("光盘行动", "按需点餐，剩菜打包", ("restaurant",)),
)
SPECIALS = (
    ("文明交通专项行动", "斑马线、非机动车、外卖骑手守规", ()),
    ("文明旅游专项行动", "景区不刻画、不损坏、不乱丢", ("park",)),
    ("文明餐饮专项行动", "半份半价、小份适价、公筷公勺", ("restaurant",)),
    ("文明养犬专项行动", "牵绳、清便、登记免疫", ("compound", "park")),
)
ROADS = ("重点路段和市场周边整治", "沿街不占道、不乱停、不乱堆，门前干净", ("shop", "restaurant", "market"))
"""Special rectification on named roads (G4): every other road of a street against the others."""
YANBEI_THREE = (
    ("公共空间整治行动", "广场、公园、主次干道整洁有序", ("square", "park"), ("door",)),
    ("背街小巷整治行动", "路面平整、没有乱堆乱放、灯亮", ("lane",), ("door", "yard")),
    ("居民小区整治行动", "门前、窗内、院里、楼道都清爽", ("compound",), ("door", "window", "yard", "stairwell")),
)
TIED = {
    "文明养犬专项行动": (("狗", "犬"), "反映的就是养犬问题，纳入行动一并处理。"),
    "电动自行车不进楼": (("电动车", "电动自行车", "充电"), "属于电动自行车整治的范围。"),
    "垃圾不落地": (("垃圾",), "和行动的目标一致，一并销号。"),
    "背街小巷整治行动": (("巷", "路"), "在整治的路段上，纳入清单。"),
}
"""Requests that were put under a campaign by hand: words that speak for it, and why."""
TIED_MOST = 4
LOADER = Actor(
    roles=frozenset({"demo"}),
    grants=(Grant(frozenset({"campaigns.edit"}), role="demo", everything=True),),
    channel="system",
)


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load the campaigns; how many. A second call changes nothing."""
    if Campaign.objects.filter(synthetic=True).exists():
        return 0
    places = place_snapshot(registry_versions())
    made = 0
    for code, enter in ((JIMO, _jimo), (YANBEI, _yanbei)):
        root = places.find_by_code(code)
        if root is not None:
            if progress is not None:
                progress(f"专项行动 / campaigns: {root.name}")
            made += enter(root, places)
            _tie(root)
    return made


def _jimo(root: PlaceRow, places: PlaceSnapshot) -> int:
    today = timezone.localdate()
    year = (today - timedelta(days=150), today + timedelta(days=150))
    goal = "交通、旅游、餐饮、养犬和环境，人人做一件文明小事。"
    wanted = services.Wanted(PROGRAMME, goal, "programme", root.id, *year, synthetic=True)
    programme = _made(wanted, "demo-programme")
    communities = [row for row in places.descendants(root.id, "community") if places.children(row.id)]
    # Where the demo's rounds go, so that there is something to compare.
    stage = places.find_by_code(TONGJI)
    walked = list(places.descendants(stage.id, "community")) if stage is not None else []
    communities = [row for row in walked if places.children(row.id)] or communities
    acted, compared = _halves(communities)
    for kind, entries in (("theme", THEMES), ("special", SPECIALS)):
        for number, (title, goal, kinds) in enumerate(entries):
            days = (today - timedelta(days=12 + 2 * number), today + timedelta(days=40))
            wanted = services.Wanted(
                title, goal, kind, root.id, *days, acted, compared, kinds, parent_id=programme.pk, synthetic=True
            )
            _made(wanted, f"demo-{kind}-{number}")
    return 1 + len(THEMES) + len(SPECIALS) + (_roads(stage, today) if stage is not None else 0)


def _roads(street: PlaceRow, today: date) -> int:
    """A campaign on every other road of a street, the others to compare with; none where there are fewer than four."""
    rows = Place.objects.filter(kind="road", path__descendant_of=street.path, boundaries__isnull=False)
    numbers = list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:12])
    if len(numbers) < 4:
        return 0
    title, goal, kinds = ROADS
    days = (today - timedelta(days=16), today + timedelta(days=30))
    acted, compared = tuple(numbers[::2]), tuple(numbers[1::2])
    wanted = services.Wanted(title, goal, "campaign", street.id, *days, acted, compared, kinds, synthetic=True)
    _made(wanted, "demo-roads")
    return 1


def _yanbei(root: PlaceRow, places: PlaceSnapshot) -> int:
    today = timezone.localdate()
    grids = list(places.descendants(root.id, "grid"))
    acted, compared = _halves(grids)
    for number, (title, goal, kinds, wheres) in enumerate(YANBEI_THREE):
        days = (today - timedelta(days=14), today + timedelta(days=30))
        wanted = services.Wanted(
            title, goal, "campaign", root.id, *days, acted, compared, kinds, wheres, synthetic=True
        )
        _made(wanted, f"demo-yanbei-{number}")
    return len(YANBEI_THREE)


def _made(wanted: services.Wanted, key: str) -> Campaign:
    """Entered three days before it began, so that it was there in time."""
    begun = timezone.make_aware(datetime.combine(wanted.since - timedelta(days=3), time(9)))
    with moments.replaying(begun):
        return services.create(LOADER, wanted, key=key)


def _tie(root: PlaceRow) -> None:
    """Somebody put requests under the campaigns that they are about, one by one."""
    officers = Appointment.objects.filter(role__in=("street_officer", "office_director"), delegated_from=None)
    officer = officers.filter(place__path__ancestor_of=str(root.path)).order_by("id").first()
    if officer is None:
        return
    role = ROLES[officer.role]
    grant = Grant(role.permissions, place_path=str(root.path), organisation_id=officer.organisation_id, role=role.slug)
    actor = Actor(
        person_id=officer.person_id, roles=frozenset({role.slug}), grants=(grant,), channel="staff", strong=True,
        organisation_id=officer.organisation_id,
    )  # fmt: skip
    for row in Campaign.objects.filter(synthetic=True, place_id=root.id, title__in=TIED).order_by("pk"):
        words, why = TIED[row.title]
        about = Q()
        for word in words:
            about |= Q(title__contains=word)
        acted = row.places.filter(part=CampaignPlace.ACTED).values_list("place__path", flat=True)
        rows = Item.objects.filter(about, kind="request", place_path__descendant_of_any=[str(path) for path in acted])
        for item in rows.filter(received_at__date__gte=row.since).order_by("-received_at", "pk")[:TIED_MOST]:
            tying.tie(actor, row.pk, item.pk, why, key=f"demo:{row.pk}:{item.pk}")


def _halves(rows: list[PlaceRow]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Every other place acts, the others are compared with; at most twenty of each."""
    return tuple(row.id for row in rows[0:40:2]), tuple(row.id for row in rows[1:40:2])
