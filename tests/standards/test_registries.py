"""The two registries in which rooms meet: observations, and what already happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from linli.kernel.labels import Label
from linli.standards import facts, observed
from linli.standards.observed import Columns, Growth, TrailLine

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Seen:
    """A provider that can only answer with everything."""

    def __init__(self, first: int, count: int) -> None:
        self.numbers = list(range(first, first + count))

    def columns(self, version_id: int, place_path: str | None, since: date | None, until: date | None) -> Columns:
        return observed.columns_of(
            [7] * len(self.numbers),
            [1] * len(self.numbers),
            [20_000] * len(self.numbers),
            [1] * len(self.numbers),
            [0.333] * len(self.numbers),
            self.numbers,
            version_id,
        )

    def trail(self, observations: Sequence[int]) -> list[TrailLine]:
        return [TrailLine(number, f"no. {number}", AT) for number in observations if number in self.numbers]


class Growing(Seen):
    """A provider that can tell what is new: the cursor is the highest number."""

    def growth(self, version_id: int, cursor: Any) -> Growth:
        whole = self.columns(version_id, None, None, None)
        new = whole.where(whole.observation > (cursor or 0))
        return Growth(new, (cursor,) if cursor else (), max(self.numbers), cursor is None)


@pytest.fixture(autouse=True)
def own_registries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(observed, "_providers", {})
    monkeypatch.setattr(facts, "_sources", {})
    yield


def test_observations_of_all_rooms_stand_in_one_table() -> None:
    assert len(observed.columns(3)) == 0
    observed.register("rounds", Seen(1, 3))
    observed.register("checks", Seen(100, 2))
    found = observed.columns(3, "1.2", date(2026, 1, 1), date(2026, 12, 31))
    assert sorted(found.observation.tolist()) == [1, 2, 3, 100, 101]
    assert set(found.version_of.tolist()) == {3}
    assert found.result.dtype == np.int8 and found.value.dtype == np.float32
    assert found.exact_values().sum() == pytest.approx(5 * 0.333, abs=1e-12)
    assert [line.observation for line in observed.trail([101, 999, 1])] == [101, 1]


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="unequal"):
        observed.columns_of([1, 2], [1], [1], [1], [0], [1])


def test_growth_answers_with_what_is_new() -> None:
    room = Growing(1, 3)
    observed.register("rounds", room)
    first = observed.growth(3)
    assert first.anew and len(first.columns) == 3
    room.numbers += [4, 5]
    second = observed.growth(3, first.cursor)
    assert (second.anew, second.columns.observation.tolist(), second.withdrawn) == (False, [4, 5], (3,))


def test_growth_reads_all_anew_where_one_room_cannot_tell() -> None:
    observed.register("rounds", Growing(1, 3))
    first = observed.growth(3)
    observed.register("checks", Seen(100, 2))
    again = observed.growth(3, first.cursor)
    assert again.anew and len(again.columns) == 5
    assert observed.growth(3, again.cursor).anew


def _fact(source: str, number: int, day: int) -> facts.Fact:
    return facts.Fact(source, str(number), f"fact {number}", "", date(2026, 3, day), AT)


def test_facts_come_from_all_sources_newest_first() -> None:
    query: Any = facts.Query(None, None, (), None, "1", date(2026, 3, 1), date(2026, 3, 31), limit=3)  # type: ignore[arg-type]
    facts.register(
        facts.Source(
            "requests", Label("诉求", "Requests"), lambda asked: [_fact("requests", 1, 9), _fact("requests", 2, 3)]
        )
    )
    facts.register(
        facts.Source("rounds", Label("巡查", "Rounds"), lambda asked: [_fact("rounds", 5, 20), _fact("rounds", 6, 1)])
    )
    assert [fact.object_id for fact in facts.find(query)] == ["5", "1", "2"]
    assert [fact.object_id for fact in facts.find(query, ["rounds"])] == ["5", "6"]
    assert facts.source_of("rounds") and facts.source_of("nobody") is None
