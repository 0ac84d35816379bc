"""Each computed figure is tested by change (mission.md): k records removed lower it by k, a duplicate changes nothing,
a rejected record is excluded, what was never to count does not.
"""

from __future__ import annotations

import pytest

from linli.insight.figures import FIGURES
from linli.insight.measuring import Reading
from tests.insight.cases import CASES, Case
from tests.support.world import World


def value(case: Case) -> float:
    found = case.measure(Reading())
    assert found is not None
    return float(found.value)


def test_every_computed_figure_has_its_change_test() -> None:
    computed = {figure.id for figure in FIGURES if figure.measure is not None}
    tested = [name for case in CASES for name in case.figures]
    assert set(tested) == computed
    assert len(tested) == len(set(tested))


@pytest.mark.parametrize("make", CASES, ids=[case.__name__ for case in CASES])
def test_a_figure_follows_its_records(world: World, make: type[Case]) -> None:
    case = make(world)
    most, few = case.most, case.most - 3
    case.noise()
    assert value(case) == 0

    case.add(few)
    without = value(case)
    assert without == case.worth(0, few)
    case.add(few)
    assert value(case) == without, "a duplicate changes nothing"

    case.add(most)
    whole = value(case)
    assert whole - without == case.worth(few, most), "without three records it is lower by these three"
    case.noise()
    assert value(case) == whole

    case.refuse(2)
    assert value(case) == whole - case.worth(0, 2), "two rejected records are excluded"
