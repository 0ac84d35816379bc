"""A new edition of a table and the version before it: what is the same criterion, what is only likely, what is not."""

from __future__ import annotations

import pytest

from linli.standards.pairing import Entry, bare, heirs, likeness, pair, without_points

OLD = [
    Entry("一、环境（30分）", "路面", "路面平整，无坑洼积水", "1.1"),
    Entry("一、环境（30分）", "路面", "无乱堆乱放", "1.2"),
    Entry("一、环境（30分）", "路灯", "路灯完好", "1.3"),
    Entry("二、服务", "", "办事制度健全上墙", "2.1"),
    Entry("二、服务", "", "群众满意", "2.2"),
]


def titles(new: list[Entry], found: dict[int, int] | object) -> dict[str, str]:
    return {new[place].title: OLD[other].title for place, other in dict(found).items()}  # type: ignore[call-overload]


def test_a_criterion_put_between_shifts_the_codes_and_nothing_else() -> None:
    new = [OLD[0], Entry("一、环境（30分）", "路面", "垃圾日产日清", "1.2"), *OLD[1:]]
    new = [
        Entry(entry.item, entry.content, entry.title, f"9.{place}" if place > 1 else entry.code)
        for place, entry in enumerate(new)
    ]
    found = pair(OLD, new)
    assert titles(new, found.sure) == {entry.title: entry.title for entry in OLD}
    assert not found.likely, "the new 1.2 has nothing of the old 1.2 but its code"


def test_what_was_moved_renamed_or_numbered_anew_is_found() -> None:
    new = [
        Entry("第一部分 环境（35分）", "道路", "1、路面平整，无坑洼、积水", "A-1"),
        Entry("一、环境（35分）", "照明", "路灯全部完好", "1.3"),
        Entry("三、政务", "", "办事制度健全上墙", "3.1"),
        Entry("二、服务", "", "群众满意度高", "2.9"),
        Entry("一、环境（35分）", "路面", "墙面无小广告", "1.2"),
    ]
    found = pair(OLD, new)
    assert titles(new, found.sure) == {
        "1、路面平整，无坑洼、积水": "路面平整，无坑洼积水", "办事制度健全上墙": "办事制度健全上墙",
    }  # fmt: skip
    assert titles(new, found.likely) == {"路灯全部完好": "路灯完好", "群众满意度高": "群众满意"}


def test_short_words_that_stand_everywhere_do_not_move_by_themselves() -> None:
    old = [Entry("环境", "", "制度健全"), Entry("服务", "", "制度健全"), Entry("市场", "", "管理规范")]
    new = [Entry("环境", "", "制度健全"), Entry("治安", "", "管理规范"), Entry("市场", "", "公平秤准确")]
    found = pair(old, new)
    assert dict(found.sure) == {0: 0} and dict(found.likely) == {1: 2}, "asked, not assumed"
    renamed = pair(old, [Entry("环境", "", "制度健全"), Entry("经营秩序", "", "管理规范")])
    assert dict(renamed.sure) == {0: 0, 1: 2}, "the item is gone under its old name, and a new one has come"


def test_nothing_is_taken_twice() -> None:
    old = [Entry("环境", "路面", f"路面第{n}段平整干净") for n in range(3)]
    new = [Entry("环境", "路面", f"路面第{n}段平整整洁") for n in range(5)]
    found = pair(old, new)
    both = {**found.sure, **found.likely}
    assert len(both) == len(set(both.values())) == 3


def test_items_keep_their_lineage_by_name_or_by_what_is_below() -> None:
    before, after = ["a", "a", "a", "b"], ["x", "x", "y", "b"]
    assert heirs(before, after, {0: 0, 1: 1, 2: 2, 3: 3}, {"b": "b"}) == {"b": "b", "x": "a"}
    assert heirs(["a", "b"], ["x", "x"], {0: 0, 1: 1}, {}) == {}, "half is not most"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("一、环境卫生（30分）", "环境卫生"), ("（二）路面 【满分 5 分】", "路面"), ("1.2.3 路灯", "路灯"),
        ("第三章　服务", "服务"), ("2026年达标", "2026年达标"), ("（30分）", "30分"),
    ],
)  # fmt: skip
def test_what_stays_of_a_heading_when_it_is_numbered_anew(text: str, words: str) -> None:
    assert bare(text) == words


def test_points_behind_a_heading_are_taken_off() -> None:
    assert without_points("（一）路面（2.5 分）") == ("（一）路面", "2.5")
    assert without_points("扣 2 分") == ("扣 2 分", "") and without_points("（5分）") == ("（5分）", "")
    assert likeness("路灯完好", "路灯完好") == 1 and likeness("", "路灯") == 0
