"""One call of the writing services of praise on the small world."""

from __future__ import annotations

from linli.requests import praising
from tests.chaos.casing import Act, Case, within
from tests.requests.walk import Walker
from tests.support.awarded import a_member
from tests.support.world import World

_WHO = {"phone": "13805327788", "person_name": "赵铁柱", "found": "reporter"}


def _praised(world: World) -> int:
    """A praise that was answered, of somebody who takes part."""
    a_member(_WHO["person_name"], _WHO["phone"])
    walker = Walker(world)
    walker.begin(kind="praise", words="感谢邻居")
    walker.take("duty", "answer_directly", answer="谢谢")
    return walker.item_id


def _name(world: World) -> Act:
    item_id = _praised(world)
    return lambda: praising.name(world.actor("duty"), item_id, **_WHO)


def _strike(world: World) -> Act:
    item_id = _praised(world)
    praising.name(world.actor("duty"), item_id, **_WHO)
    return lambda: praising.strike(world.actor("duty"), item_id)


_CASES: dict[str, Case] = {"name": _name, "strike": _strike}
CASES = within("requests.praising", _CASES)
