"""What the reporter reads afterwards: each line names the unit that had the matter then."""

from __future__ import annotations

from linli.requests.plain import filled
from linli.requests.selectors import follow_by_item
from tests.requests.walk import CLOSED, SIGNED, WAYS, Walker
from tests.support.world import World


def test_a_line_names_the_unit_of_its_time_and_not_the_one_of_today(world: World) -> None:
    walker = Walker(world)
    walker.begin(words="楼下垃圾没人清理")
    walker.run(WAYS["accepted"])
    walker.run([("dispatcher", "dispatch", {"lead": "unit:enforcement"})])
    view = follow_by_item(walker.item.pk)
    assert view is not None and view.unit_name == "区综合执法局"
    passed_on = [entry.unit_name for entry in view.timeline if entry.label.zh.startswith("已转给")]
    assert passed_on == ["区环卫中心", "区综合执法局"]


def test_the_usual_matter_asks_for_no_other_unit(world: World) -> None:
    walker = Walker(world)
    walker.begin(words="楼下垃圾没人清理")
    walker.run(SIGNED)
    view = follow_by_item(walker.item.pk)
    assert view is not None and {entry.unit_name for entry in view.timeline} == {"区环卫中心"}


def test_a_clause_without_its_value_is_left_out() -> None:
    assert filled("已转给{unit}，{due}前处理", unit="环卫所", due="") == "已转给环卫所"
    assert filled("{unit} asks you a question", unit="", due="") == ""


def test_opened_again_it_is_nobodys_until_somebody_has_it(world: World) -> None:
    walker = Walker(world)
    walker.begin(words="楼下垃圾没人清理")
    walker.run([*CLOSED, ("reporter", "reopen", {"reason": "又堆了"})])
    view = follow_by_item(walker.item.pk)
    assert view is not None and view.state == "accepted" and view.unit_name == ""
    assert view.plain.zh == "已受理，正在确定办理单位"
