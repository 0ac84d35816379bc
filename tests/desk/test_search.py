"""The page of search results: marked words, masked numbers, phones only for those who may see them, few statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.requests.walk import Walker
from tests.support.calling import Caller
from tests.support.world import World

Browse = Callable[[str], Client]
STATEMENTS_MAX = 10


def page(client: Client, words: str) -> str:
    answer = client.get("/desk/search/", {"q": words})
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_was_searched_is_marked_in_title_and_passage(browse: Browse, walker: Walker) -> None:
    walker.begin(words="广场舞声音太大。每天晚上噪音到十点，请管一管")
    html = page(browse("dispatcher"), "噪音 广场舞")
    assert "<mark>广场舞</mark>" in html
    assert "<mark>噪音</mark>到十点" in html
    assert "<mark>" not in page(browse("dispatcher"), "垃圾")


def test_markup_in_a_text_stays_text(browse: Browse, walker: Walker) -> None:
    walker.begin(words="<script>alert(1)</script>噪音扰民")
    html = page(browse("dispatcher"), "噪音")
    assert "<script>alert" not in html and "<mark>噪音</mark>" in html


def test_numbers_in_texts_are_masked_and_not_searched(browse: Browse, walker: Walker) -> None:
    walker.begin(words="垃圾没人清理。联系人电话13912345678找我")
    assert "13912345678" not in page(browse("dispatcher"), "联系人")
    assert "没有找到" in page(browse("dispatcher"), "13912345678")


@pytest.mark.parametrize(("kind", "finds"), [("complaint", {"dispatcher", "community"}), ("report", set())])
def test_a_phone_finds_the_reporters_items_for_those_who_may_see_it(
    browse: Browse, walker: Walker, kind: str, finds: set[str]
) -> None:
    item = walker.begin(kind=kind, words="垃圾没人清理", phone="13805327788", contact_name="李小明")
    may = {name for name in ("dispatcher", "community", "community_west", "admin")
           if item.number in page(browse(name), "138 0532 7788")}  # fmt: skip
    assert may == finds
    assert (item.number in page(browse("dispatcher"), "１３８ ０５３２ ７７８８")) == ("dispatcher" in finds)


@pytest.mark.parametrize("name", ["dispatcher", "community", "handler"])
def test_the_page_sends_few_statements(world: World, browse: Browse, query_counter: Any, name: str) -> None:
    for number in range(12):
        Walker(world).begin(words=f"第{number}处垃圾桶满溢")
    client = browse(name)
    for words in ("满溢", "噪音", "13805327788"):
        page(client, words)
        with query_counter(at_most=STATEMENTS_MAX):
            page(client, words)


def test_the_interface_searches_as_well(world: World, walker: Walker) -> None:
    item = walker.begin(words="夜间施工噪音扰民")
    call = Caller(world)
    found = call.get("/requests?figure=any&q=噪音", "dispatcher")
    assert [row["number"] for row in found["items"]] == [item.number]
    assert call.get("/requests?figure=any&q=噪音", "community_west")["items"] == []
