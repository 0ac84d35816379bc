"""Many residents at once are the same as one by one."""

from __future__ import annotations

from typing import Any

import pytest

from linli.people import personal, residents_in_bulk
from linli.people.models import Person

pytestmark = pytest.mark.django_db


def test_residents_are_found_again_by_phone_and_name_or_made(query_counter: Any) -> None:
    known = personal.find_or_create_resident(name="张三", phone="13600000001")
    rows = [("张三", "136 0000 0001"), ("李四", "13600000001"), ("王五", "13600000002"), ("王五", "13600000002")]
    with query_counter(at_most=4):
        first = residents_in_bulk.residents(rows)
    assert first[0] == known
    assert len(set(first)) == 3 and first[2] == first[3]
    assert residents_in_bulk.residents(rows) == first
    assert personal.opened(Person.objects.get(pk=first[1]), "name") == "李四"
    assert personal.find_or_create_resident(name="王五", phone="13600000002") == first[2]
