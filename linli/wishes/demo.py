"""The demo's wishes: a handful in each state, in the stage's community, walked through the room's own steps.

Wishes, people and days are synthetic. Two of those who fulfilled one take part in the points of their street, so the
way from the wall to the award can be followed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from linli.people import personal
from linli.people.access import Actor, Grant, anonymous
from linli.people.models import Appointment
from linli.people.roles import ROLES
from linli.places.models import Place
from linli.wishes import services, setup
from linli.wishes.models import Wish
from linli.wishes.services import Wanted
from linli.work import moments
from linli.work.links import actor_with_link
from linli.work.services import advance

STAGE = "370215003017"
CLAIMERS = (("于德顺", "19900019002"), ("王秀兰", "19900019001"), ("姜丽", "19900019003"))
WAY = ("approve", "claim", "agree_claim", "fulfil", "confirm")
STEPS_OF: dict[str, int] = {"recorded": 0, "on_wall": 1, "claimed": 2, "matched": 3, "fulfilled": 4, "closed": 5}


@dataclass(frozen=True, slots=True)
class Told:
    """A wish of the demo: the wisher's own words, the public ones, how far it is, since when, who claimed it."""

    sort: str
    words: str
    title: str
    public: str
    state: str
    days: int
    who: int = 0


WISHES: tuple[Told, ...] = (
    Told("wish_help", "厨房水龙头关不紧，我眼睛不好，自己弄不了。", "修一修漏水的龙头",
         "厨房的龙头关不紧，请会修的邻居上门看看，配件可以一起去买。", "on_wall", 3),
    Told("wish_company", "老伴走了以后没人说话，想有人陪我去公园走走。", "周末一起去公园走走",
         "周末上午在公园走一圈，聊聊天，一个小时就好。", "on_wall", 6),
    Told("wish_goods", "孙子想要一本《十万个为什么》，家里一时买不起。", "一本《十万个为什么》",
         "一本《十万个为什么》，旧的也行。", "on_wall", 9),
    Told("wish_skill", "想学会用手机跟外地的女儿视频，教了几次都忘。", "教我用手机视频",
         "教一教用手机跟家人视频，一步一步写在纸上。", "on_wall", 1),
    Told("wish_help", "窗户把手断了，风大的时候关不严。", "换一个窗户把手",
         "客厅窗户的把手断了，请帮忙换一个。", "claimed", 5, 2),
    Told("wish_skill", "想把楼道的黑板报办起来，不会写美术字。", "一起办楼道黑板报",
         "每月一期，请会写美术字的邻居带一带。", "matched", 8, 1),
    Told("wish_goods", "买菜的小推车坏了一个轮子，推不动了。", "修一个小推车的轮子",
         "买菜的小推车坏了一个轮子，请帮忙配上。", "fulfilled", 12, 1),
    Told("wish_company", "想有人陪着去配一副老花镜。", "陪着去配老花镜",
         "陪着去眼镜店配一副老花镜，半天时间。", "closed", 16, 0),
    Told("wish_help", "阳台的灯不亮，爬不上去换。", "换阳台的灯泡",
         "阳台的灯不亮了，请帮忙换一个灯泡。", "closed", 21, 1),
    Told("wish_other", "想要一张全家人的合影，好多年没照了。", "拍一张全家福",
         "请会拍照的邻居帮忙拍一张全家福。", "closed", 25, 2),
    Told("wish_help", "冰箱搬到新家没人抬。", "", "", "recorded", 1),
    Told("wish_skill", "想请人教拉二胡，我自己有琴。", "", "", "recorded", 0),
    Told("wish_other", "想让社区给我安排一份工作。", "", "", "refused", 4),
)  # fmt: skip


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load them into the stage's community; how many. A second call changes nothing."""
    setup.setup()
    place = Place.objects.filter(code=STAGE, active=True).first()
    if place is None or Wish.objects.filter(synthetic=True).exists():
        return 0
    officer = _officer(str(place.path))
    if officer is None:
        return 0
    for number, told in enumerate(WISHES):
        _tell(number, told, place.pk, officer)
    if progress is not None:
        progress(f"微心愿 / wishes: {len(WISHES)}")
    return len(WISHES)


def _officer(path: str) -> Actor | None:
    """The officer of the community, or of its street."""
    rows = Appointment.objects.filter(
        role__in=("community_officer", "street_officer"), place__path__ancestor_of=path, delegated_from=None
    ).select_related("place")
    row = rows.order_by("-place__path__depth", "id").first()
    if row is None or row.place is None:
        return None
    role = ROLES[row.role]
    grant = Grant(role.permissions, place_path=str(row.place.path), role=role.slug)
    units = (row.organisation_id,) if row.organisation_id else ()
    return Actor(person_id=row.person_id, roles=frozenset({role.slug}), grants=(grant,), channel="staff",
                 organisation_id=row.organisation_id, organisation_ids=units, strong=True)  # fmt: skip


def _resident(name: str, phone: str) -> Actor:
    role = ROLES["resident"]
    person_id = personal.find_or_create_resident(name=name, phone=phone)
    grant = Grant(role.permissions, role=role.slug, own=True)
    return Actor(person_id=person_id, roles=frozenset({role.slug}), grants=(grant,), channel="resident")


def _tell(number: int, told: Told, place_id: int, officer: Actor) -> None:
    """One wish from its first day on; each step some hours after the one before."""
    at = timezone.now() - timedelta(days=told.days, hours=3, minutes=7 * number)
    wanted = Wanted(
        told.sort, told.words, place_id, ("王奶奶", "李大爷", "周女士", "赵师傅")[number % 4],
        f"1380053{4100 + number}", f"{number % 9 + 1}号楼{number % 4 + 1}单元", synthetic=True,
    )  # fmt: skip
    with moments.replaying(at):
        made = services.make(anonymous(), wanted, key=f"demo-wish-{number}", device="demo")
    if told.state == "refused":
        _take(made.item_id, officer, "refuse", {"reason": "求职请到街道便民服务中心登记。"}, at + timedelta(hours=2))
        return
    wait = timedelta(hours=max(told.days, 1) * 24 / (len(WAY) + 2))
    data: dict[str, dict[str, Any]] = {
        "approve": {"public_title": told.title, "public_words": told.public}, "fulfil": {"words": "办好了，挺高兴的。"},
        "confirm": {"thanks": "谢谢。"},
    }  # fmt: skip
    actors = {"claim": _resident(*CLAIMERS[told.who]), "confirm": actor_with_link(anonymous(), made.item_id)}
    actors["fulfil"] = actors["claim"]
    for place, code in enumerate(WAY[: STEPS_OF[told.state]], start=1):
        _take(made.item_id, actors.get(code, officer), code, data.get(code, {}), at + wait * place)


def _take(item_id: int, actor: Actor, code: str, data: dict[str, Any], at: datetime) -> None:
    with moments.replaying(min(at, timezone.now())):
        advance(actor, item_id, [(code, data)], key=f"demo-wish-{item_id}-{code}")
