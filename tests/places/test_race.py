"""Two people change the register at once: one wins, the other is told, and the tree stays a tree."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from django.db import connection

from linli.places import services
from linli.places.errors import PlaceProblem
from linli.places.models import Place
from linli.places.snapshot import place_snapshot

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def _both(*actions: Callable[[], object]) -> list[str]:
    """Run the actions at the same moment in connections of their own; `ok` or the code of the refusal for each."""
    results = [""] * len(actions)
    start = threading.Barrier(len(actions))

    def run(number: int, action: Callable[[], object]) -> None:
        try:
            start.wait(10)
            action()
            results[number] = "ok"
        except PlaceProblem as problem:
            results[number] = problem.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


def test_one_code_is_given_once() -> None:
    def create(name: str) -> Callable[[], object]:
        return lambda: services.create_place(
            actor_label=name, kind="district", name=name, code="990001", code_scheme="gb2260"
        )

    assert sorted(_both(*(create(f"{n}区") for n in range(4)))) == ["code_taken"] * 3 + ["ok"]
    assert Place.objects.count() == 1


def test_two_sites_cannot_be_moved_into_each_other() -> None:
    def site(name: str) -> int:
        return services.create_place(actor_label="t", kind="site", name=name).pk

    for turn in range(5):
        one, other = site(f"甲{turn}"), site(f"乙{turn}")
        results = _both(
            partial(services.move_place, one, other, actor_label="a"),
            partial(services.move_place, other, one, actor_label="b"),
        )
        assert sorted(results) == ["ok", "own_subtree"]
        paths = {place.pk: str(place.path) for place in Place.objects.filter(pk__in=[one, other])}
        child = one if results[0] == "ok" else other
        parent = other if child == one else one
        assert paths == {parent: str(parent), child: f"{parent}.{child}"}


def test_what_was_committed_is_never_missing_from_a_snapshot_read_later() -> None:
    place = services.create_place(actor_label="t", kind="district", name="名0", code="990002", code_scheme="gb2260")
    wrong: list[str] = []

    def write() -> None:
        for number in range(1, 25):
            services.rename_place(place.pk, f"名{number}", actor_label="w", on=date(2024, 1, number))

    def read() -> None:
        for _time in range(40):
            before = int(Place.objects.get(pk=place.pk).name[1:])
            seen = int(place_snapshot().name(place.pk)[1:])
            if seen < before:
                wrong.append(f"{seen} < {before}")

    assert _both(write, read, read) == ["ok"] * 3
    assert wrong == []
    assert place_snapshot().name(place.pk) == "名24"
