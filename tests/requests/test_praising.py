"""A praise is tied to a member by staff, is a deed while it is closed as true, and is rewarded by rule."""

from __future__ import annotations

from typing import Any

import pytest

from linli.awards import awarding
from linli.awards.models import Award
from linli.credits import ledger
from linli.people import personal
from linli.people.access import ObjectHidden
from linli.requests import praising
from linli.requests.models import Praised
from linli.work.engine import StepRefused
from linli.work.models import Deed, Event, Item
from tests.desk.conftest import sign_in
from tests.requests.walk import Walker
from tests.support.awarded import a_member, points_of, the_rules
from tests.support.world import World

PHONE, NAME = "13805321111", "张三丰"
RULE: dict[str, Any] = {"category": "public_spirit", "title": "被表扬的好事", "source": "praised", "points": 4}


@pytest.fixture
def walker(world: World) -> Walker:
    """Drives one request."""
    return Walker(world)


def praise(walker: Walker, **more: Any) -> Item:
    """Somebody praises a neighbour."""
    return walker.begin(kind="praise", words="感谢邻居把老人扶回家", **more)


def name(walker: Walker, **more: Any) -> Praised:
    """The duty officer has asked, and says who it was."""
    wanted = {"phone": PHONE, "person_name": NAME, "found": "reporter", **more}
    return praising.name(walker.actor("duty"), walker.item_id, **wanted)


def heard() -> list[tuple[str, int, str]]:
    """The job told the rules of all deeds; awards by the deed's key."""
    awarding.hear(list(Deed.objects.values_list("id", flat=True)))
    rows = Award.objects.select_related("deed").order_by("pk")
    return [(row.deed.key, row.points, row.state) for row in rows if row.deed]


def test_a_praise_found_true_is_rewarded_by_rule_and_taken_back_when_it_is_opened_again(walker: Walker) -> None:
    the_rules(walker.world, rules=(RULE,))
    person = a_member(NAME, PHONE)
    item = praise(walker)
    client = sign_in(walker.world, "duty")
    sent = {"phone": PHONE, "name": NAME, "found": "reporter", "theme": "elder_care"}
    page = client.post(f"/desk/items/{item.number}/praised/", sent, follow=True).content.decode()
    assert "张**" in page and NAME not in page and PHONE not in page and "办结后自动记" in page
    assert not Deed.objects.exists(), "an open praise is no deed yet"
    walker.take("duty", "answer_directly", answer="谢谢，已转达")
    deed = Deed.objects.get()
    assert (deed.key, deed.person_id, deed.facts) == (f"praised:{item.pk}", person, {"theme": "elder_care"})
    assert heard() == [(f"praised:{item.pk}", 4, "granted")] and points_of(person) == 4

    walker.take("reporter", "reopen", reason="不是他，是另一位")
    assert heard() == [(f"praised:{item.pk}", 4, "reversed")] and points_of(person) == 0
    noted = Event.objects.get(item_id=item.pk, codes__has_key="praised_named")
    assert noted.codes["found"] == "reporter" and noted.actor_person_id == walker.actor("duty").person_id


def test_what_is_closed_called_back_and_closed_again_counts_once(walker: Walker) -> None:
    the_rules(walker.world, rules=(RULE,))
    person = a_member(NAME, PHONE)
    item = praise(walker)
    walker.take("duty", "answer_directly", answer="谢谢")
    row = name(walker)
    assert name(walker).pk == row.pk, "said twice it is the same"
    assert Deed.objects.get().key == f"praised:{item.pk}", "named after closing it is told at once"
    praising.strike(walker.actor("duty"), item.pk)
    praising.strike(walker.actor("duty"), item.pk)
    assert Deed.objects.get().withdrawn_at is not None
    name(walker, found="seen")
    assert heard() == [(f"praised:{item.pk}:v2", 4, "granted")] and points_of(person) == 4


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"phone": "13800"}, "bad_phone"), ({"person_name": " "}, "no_name"), ({"found": ""}, "no_proof"),
        ({"theme": "x"}, "bad_theme"), ({"person_name": "李四"}, "no_member"), ({"phone": "13805329999"}, "no_member"),
    ],
)  # fmt: skip
def test_who_is_named_has_to_take_part_and_to_be_the_right_person(
    walker: Walker, more: dict[str, Any], code: str
) -> None:
    a_member(NAME, PHONE)
    personal.find_or_create_resident(name=NAME, phone="13805329999")
    praise(walker)
    with pytest.raises(StepRefused) as refusal:
        name(walker, **more)
    assert refusal.value.code == code and not Praised.objects.exists()


def test_nobody_is_named_by_their_own_praise_nor_staff_for_duty_nor_in_what_is_no_praise(walker: Walker) -> None:
    a_member(NAME, PHONE)
    praise(walker, phone=PHONE, contact_name=NAME)
    with pytest.raises(StepRefused) as refusal:
        name(walker)
    assert refusal.value.code == "oneself"
    walker.begin()
    with pytest.raises(StepRefused) as refusal:
        name(walker)
    assert refusal.value.code == "not_praise"
    praise(walker)
    with pytest.raises(ObjectHidden):
        praising.name(walker.actor("grid"), walker.item_id, phone=PHONE, person_name=NAME, found="seen")
    grid = walker.world.users["grid"].person
    ledger.join(grid.pk, actor=None)
    columns = personal.sealed(grid.uid, phone="13805322222")
    type(grid).objects.filter(pk=grid.pk).update(phone_blind=columns["phone_blind"])
    with pytest.raises(StepRefused) as refusal:
        name(walker, phone="13805322222")
    assert refusal.value.code == "duty"


def test_a_refused_naming_keeps_what_was_typed_and_a_complaint_has_no_such_part(walker: Walker) -> None:
    item = praise(walker)
    client = sign_in(walker.world, "duty")
    page = client.post(f"/desk/items/{item.number}/praised/", {"phone": PHONE, "name": NAME, "found": "seen"})
    assert page.status_code == 422 and f'value="{PHONE}"' in page.content.decode()
    assert 'id="praised"' not in client.get(f"/desk/items/{walker.begin().number}/").content.decode()
