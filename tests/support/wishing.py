"""Wishes for tests: made in the eastern community and brought to a state by the steps that lead there."""

from __future__ import annotations

import itertools
from typing import Any

from django.utils import timezone

from linli.people.access import Actor, system_actor
from linli.people.loading import load_actor
from linli.people.models import Person, User
from linli.people.personal import sealed
from linli.wishes import services, setup
from linli.wishes.services import Made, Wanted
from linli.work.links import actor_with_link
from linli.work.models import Item
from linli.work.services import Outcome, advance
from tests.support.calling import Answer, Caller
from tests.support.world import World

NAME, PHONE, ADDRESS = "冯秀英", "13805326789", "2号楼3单元501室"
WORDS = "我一个人住，腿脚不好，厨房的龙头坏了没人修"
TITLE, PUBLIC = "修一修漏水的龙头", "厨房的龙头关不紧，想请会修的邻居上门看看。"
APPROVED = {"public_title": TITLE, "public_words": PUBLIC}
WAYS: dict[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "recorded": (),
    "on_wall": (("community", "approve", APPROVED),),
    "claimed": (("resident", "claim", {"offer": "我会修"}),),
    "matched": (("community", "agree_claim", {}),),
    "fulfilled": (("resident", "fulfil", {"words": "换了龙头"}),),
    "closed": (("wisher", "confirm", {}),),
}
"""By state: the steps that lead there from the state before, as (who, step, values)."""
_keys = itertools.count()


def wanted(world: World, **more: Any) -> Wanted:
    """A wish in the eastern community in which every field says something."""
    values: dict[str, Any] = {
        "sort": "wish_help", "words": WORDS, "place_id": world.places["east"].pk, "name": NAME, "phone": PHONE,
        "address": ADDRESS,
    }  # fmt: skip
    return Wanted(**{**values, **more})


def made(world: World, who: str = "anonymous", **more: Any) -> Made:
    """A wish that was just made."""
    return services.make(world.actor(who), wanted(world, **more), key=f"wish-{next(_keys)}", device="test")


def body(world: World, **more: Any) -> dict[str, Any]:
    """A wish as the interface takes it."""
    told = {"sort": "wish_help", "words": WORDS, "place": world.places["east"].pk, "name": NAME, "phone": PHONE,
            "address": ADDRESS}  # fmt: skip
    return {**told, **more}


def post(call: Caller, who: str = "anonymous", *, key_: str | None = None, **more: Any) -> Answer:
    """A wish made by the interface."""
    return call.post("/wishes", body(call.world, **more), who, key_=key_)


def actor(world: World, name: str, item_id: int) -> Actor:
    """Somebody of the world; `wisher` holds the link, `system` is the timer."""
    if name == "wisher":
        return actor_with_link(world.actor("anonymous"), item_id)
    return system_actor() if name == "system" else world.actor(name)


def step(world: World, item_id: int, who: str, code: str, **data: Any) -> Outcome:
    """One step."""
    return advance(actor(world, who, item_id), item_id, [(code, data)], key=f"step-{next(_keys)}")


def brought_to(world: World, state: str, **more: Any) -> Item:
    """A wish in this state of the usual way."""
    setup.setup()
    item_id = made(world, **more).item_id
    for name, steps in WAYS.items():
        for who, code, data in steps:
            step(world, item_id, who, code, **data)
        if name == state:
            break
    return Item.objects.get(pk=item_id)


def another_resident(world: World, phone: str = "13805324321", name: str = "于淼") -> str:
    """One more resident who can sign in; the name of the actor."""
    key, now = f"resident-{phone}", timezone.now()
    if key not in world.users:
        row = Person(kind="resident", created_at=now)
        for column, value in sealed(row.uid, name=name, phone=phone).items():
            setattr(row, column, value)
        row.save()
        world.users[key] = User.objects.create(username=key, person=row, created_at=now)
        found = load_actor(world.users[key].pk, strong=True)
        assert found is not None
        world.actors[key] = found
    return key


def addresses(world: World) -> dict[str, str]:
    """One that the resident claimed and one that they made: values for the parameters of addresses."""
    claimed, own = brought_to(world, "matched"), brought_to(world, "on_wall", who="resident")
    token = made(world).token
    return {
        "wishes/<slug:number>/ number": claimed.number, "wishes/<slug:number>/contact/ number": claimed.number,
        "wishes/<slug:number>/mine/ number": own.number, "desk/wishes/<slug:number>/wisher/ number": claimed.number,
        "wishes/w/<slug:token>/ token": token, "wishes/w/<slug:token>/sent/ token": token,
        "wish_number": claimed.number, "wish_token": token,
    }  # fmt: skip
