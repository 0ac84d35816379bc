"""The tree: paths, moves, dated names and codes, kinds that fit, the list of changes."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from linli.places import selectors, services
from linli.places.errors import PlaceProblem
from linli.places.models import Place, PlaceChange, PlaceCode, PlaceName
from tests.places.conftest import SmallDistrict


def test_path_is_the_chain_of_ids(small: SmallDistrict) -> None:
    grid = small.grids[0]
    chain = [small.district.id, small.street.id, small.west.id, grid.id]
    assert str(grid.path) == ".".join(map(str, chain))


def test_subtree_lookups(small: SmallDistrict) -> None:
    below = Place.objects.filter(path__descendant_of=small.west.path)
    assert {place.pk for place in below} == {small.west.pk, small.grids[0].pk, small.grids[1].pk}
    above = Place.objects.filter(path__ancestor_of=small.grids[0].path).order_by("path__depth")
    assert [place.kind for place in above] == ["district", "street", "community", "grid"]
    both = Place.objects.filter(path__descendant_of_any=[small.west.path, small.east.path], kind="grid")
    assert both.count() == 4
    assert not Place.objects.filter(path__descendant_of_any=[]).exists()


def test_move_takes_everything_below_along(small: SmallDistrict) -> None:
    other = services.create_place(
        actor_label="test", kind="street", name="北山街道", parent_id=small.district.pk, code="990001002"
    )
    services.move_place(small.west.pk, other.pk, actor_label="test")
    grid = Place.objects.get(pk=small.grids[0].pk)
    assert str(grid.path) == f"{small.district.pk}.{other.pk}.{small.west.pk}.{grid.pk}"
    assert Place.objects.filter(path__descendant_of=small.street.path, kind="grid").count() == 2
    change = PlaceChange.objects.get(action="moved")
    assert (change.actor_label, change.data["new_path"]) == ("test", f"{other.path}.{small.west.pk}")


def test_a_place_cannot_move_below_itself(small: SmallDistrict) -> None:
    below = services.create_place(
        actor_label="test", kind="site", name="市场", site_kind="market", parent_id=small.grids[0].pk
    )
    stall = services.create_place(actor_label="test", kind="site", name="摊位", parent_id=below.pk)
    with pytest.raises(PlaceProblem) as refused:
        services.move_place(below.pk, stall.pk, actor_label="test")
    assert refused.value.code == "own_subtree"


@pytest.mark.parametrize(
    ("kind", "parent", "code"),
    [
        ("grid", "street", "grid_needs_community"),
        ("street", "community", "wrong_parent"),
        ("town", "street", "unknown_kind"),
    ],
)
def test_kinds_that_do_not_fit_are_refused(small: SmallDistrict, kind: str, parent: str, code: str) -> None:
    parent_id = {"street": small.street, "community": small.west}[parent].pk
    with pytest.raises(PlaceProblem) as refused:
        services.create_place(actor_label="test", kind=kind, name="某处", parent_id=parent_id)
    assert refused.value.code == code


def test_a_new_name_keeps_the_old_one_with_its_dates(small: SmallDistrict) -> None:
    services.rename_place(small.west.pk, "西湖新村社区", actor_label="clerk", on=date(2025, 5, 1))
    assert selectors.name_on(small.west.pk, date(2025, 4, 30)) == "西湖社区"
    assert selectors.name_on(small.west.pk, date(2025, 5, 1)) == "西湖新村社区"
    assert selectors.name_on(small.west.pk, date(2023, 1, 1)) is None
    place = Place.objects.get(pk=small.west.pk)
    assert (place.name, place.pinyin_initials) == ("西湖新村社区", "xhxcsq")
    assert PlaceName.objects.filter(place=place, valid_to__isnull=True, kind="official").count() == 1
    with pytest.raises(PlaceProblem):
        services.rename_place(small.west.pk, "又一名", actor_label="clerk", on=date(2025, 5, 1))


def test_a_new_code_keeps_the_old_one_with_its_dates(small: SmallDistrict) -> None:
    services.recode_place(small.west.pk, "statistics", "990001001601", actor_label="clerk", on=date(2025, 5, 1))
    codes = PlaceCode.objects.filter(place=small.west).order_by("id").values_list("code", "valid_from", "valid_to")
    assert list(codes) == [
        ("990001001001", date(2024, 1, 1), date(2025, 5, 1)),
        ("990001001601", date(2025, 5, 1), None),
    ]
    with pytest.raises(PlaceProblem) as refused:
        services.recode_place(small.west.pk, "statistics", small.east.code, actor_label="clerk")
    assert refused.value.code == "code_taken"


@pytest.mark.parametrize("name", ["", "  \n ", "长" * 121])
def test_bad_names_are_refused(small: SmallDistrict, name: str) -> None:
    with pytest.raises(PlaceProblem):
        services.rename_place(small.west.pk, name, actor_label="test")


def test_retired_places_leave_the_tree_but_not_the_register(small: SmallDistrict) -> None:
    with pytest.raises(PlaceProblem) as refused:
        services.retire_place(small.west.pk, actor_label="test")
    assert refused.value.code == "has_children"
    services.retire_place(small.grids[0].pk, actor_label="test")
    assert not Place.objects.get(pk=small.grids[0].pk).active
    again = services.create_place(
        actor_label="test", kind="grid", name="新网格", parent_id=small.west.pk,
        code=small.grids[0].code, code_scheme="grid",
    )  # fmt: skip
    assert again.code == small.grids[0].code


def test_the_list_of_changes_can_only_grow(small: SmallDistrict) -> None:
    change = PlaceChange.objects.filter(place_id=small.west.pk).get()
    assert (change.action, change.data["name"]) == ("created", "西湖社区")
    for statement in ("UPDATE places_placechange SET action = 'x'", "DELETE FROM places_placechange"):
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_a_refused_change_writes_nothing(small: SmallDistrict) -> None:
    before = (Place.objects.count(), PlaceChange.objects.count(), selectors.registry_versions())
    with pytest.raises(PlaceProblem):
        services.create_place(
            actor_label="test", kind="grid", name="重码", parent_id=small.west.pk,
            code=small.grids[0].code, code_scheme="grid",
        )  # fmt: skip
    assert (Place.objects.count(), PlaceChange.objects.count(), selectors.registry_versions()) == before
