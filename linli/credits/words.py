"""What a line of a statement says, in plain words and both languages; other rooms add words for their own sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from linli.kernel.labels import Label

KINDS: dict[str, Label] = {
    "award": Label("获得积分", "Points earned"),
    "claim": Label("领取积分", "Points claimed"),
    "redemption": Label("兑换", "Exchanged"),
    "expiry": Label("积分到期", "Points expired"),
    "renounced": Label("退出时放弃", "Given up on leaving"),
    "reversal": Label("更正", "Corrected"),
    "fund": Label("拨付额度", "Pool funded"),
    "tranche": Label("额度分配", "Budget dealt out"),
    "adjust": Label("调整", "Adjusted"),
    "opening": Label("期初结转", "Brought forward"),
    "supply": Label("入库", "Stock received"),
    "handed": Label("领取", "Handed out"),
}
REASONS: dict[str, Label] = {
    "redemption": Label("兑换商品或服务", "goods or services"),
    "expiry": Label("超过有效期", "past their last day"),
    "renounced": Label("本人退出积分", "the member left"),
    "handed": Label("", ""),
    "budget": Label("", ""),
    "demo": Label("示例数据", "demonstration"),
    "opening": Label("以前的积分本", "from the paper book"),
    "fund": Label("", ""),
}

Words = Callable[[Iterable[int], str], dict[int, str]]
_sources: dict[str, Words] = {}


def register(source_type: str, words: Words) -> None:
    """Have `words(source ids, language)` say what sources of this type were; at most one statement a call."""
    _sources[source_type] = words


def kind(code: str, language: str) -> str:
    """The kind of a transfer."""
    found = KINDS.get(code)
    return found.text(language) if found is not None else code


def reason(text: str, language: str) -> str:
    """A reason: the words of a known code, else the text as it was written."""
    found = REASONS.get(text)
    return found.text(language) if found is not None else text


def of_sources(sources: Iterable[tuple[str, int]], language: str) -> dict[tuple[str, int], str]:
    """What the sources were, where their room has said so."""
    by_type: dict[str, set[int]] = {}
    for name, number in sources:
        by_type.setdefault(name, set()).add(number)
    return {
        (name, number): text
        for name, ids in by_type.items()
        if name in _sources
        for number, text in _sources[name](sorted(ids), language).items()
    }
