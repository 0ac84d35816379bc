"""How many statements pages send: the desk the same at 1 and at 50 rows, the item page at 30 events."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.desk.conftest import sign_in
from tests.requests.walk import Walker
from tests.support.world import World

DESK_MAX = 8
ITEM_MAX = 10


def _statements(client: Client, path: str, query_counter: Any) -> int:
    client.get(path)
    with query_counter() as counted:
        assert client.get(path).status_code == 200
    return len(counted)


@pytest.mark.parametrize("name", ["dispatcher", "grid"])
def test_the_desk_sends_the_same_few_statements_at_one_and_at_fifty_rows(
    world: World, query_counter: Any, name: str
) -> None:
    Walker(world).begin(kind="report")
    client = sign_in(world, name)
    one = _statements(client, "/desk/?tab=all", query_counter)
    for _ in range(49):
        Walker(world).begin()
    page = client.get("/desk/?tab=all")
    assert len(page.context["lines"]) == 50
    fifty = _statements(client, "/desk/?tab=all", query_counter)
    assert one == fifty <= DESK_MAX


def test_the_item_page_at_thirty_events_sends_few_statements(walker: Walker, query_counter: Any) -> None:
    item = walker.begin(phone="13812345678", contact_name="李小明")
    for number in range(28):
        walker.take("dispatcher", "comment", advice=f"第{number}次跟进")
    client = sign_in(walker.world, "dispatcher")
    assert len(client.get(f"/desk/items/{item.number}/").context["page"].timeline) >= 30
    assert _statements(client, f"/desk/items/{item.number}/", query_counter) <= ITEM_MAX
