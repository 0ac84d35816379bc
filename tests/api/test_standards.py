"""Standards over REST: who sees what, and that weights and units are those of the tree."""

from __future__ import annotations

from typing import Any

from tests.support import small_standard
from tests.support.calling import Caller


def test_versions_are_listed_and_read_by_those_who_may(call: Caller, query_counter: Any) -> None:
    world = call.world
    published, draft = small_standard.enter(
        world.actor("director"), world.places["district"], world.units["housing"].pk
    )
    listed = call.get("/standards", "street")
    assert [row["id"] for row in listed.data[0]["versions"]] == [published.pk]
    both = call.get("/standards", "director")
    assert [row["id"] for row in both.data[0]["versions"]] == [draft.pk, published.pk]
    with query_counter(at_most=6):
        read = call.get(f"/standards/versions/{published.pk}", "grid")
    nodes = read.data["nodes"]
    assert [(node["title"], node["weight"]) for node in nodes] == [
        ("环境", "100"), ("路面整洁", "40"), ("楼道畅通", "40"), ("有方案", "20"),
    ]  # fmt: skip
    assert nodes[1]["units"] == [{"unit": {"id": world.units["housing"].pk, "name": "区住建局"}, "part": "lead"}]
    assert nodes[1]["parent"] == nodes[0]["id"] and nodes[0]["rule"] is None
    assert call.get(f"/standards/versions/{draft.pk}", "street").status == 404
    assert call.get("/standards/versions/999999", "street").status == 404
    for who, status in (("anonymous", 401), ("resident", 403), ("admin", 403)):
        assert call.get("/standards", who).status == status
        assert call.get(f"/standards/versions/{published.pk}", who).status == status
