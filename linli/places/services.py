"""The only writers of the register of places.

Each call is one transaction: the change, a row in `PlaceChange`, and a new version of the register, so that
every in-process snapshot renews itself. Who may call is decided above (rooms `people`, `desk`, `api`); here
the caller is named by `actor_label` for the record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from linli.places import geometry as shapes
from linli.places.errors import PlaceProblem
from linli.places.kinds import KIND_LABELS, KINDS, LAYERS, PARENT_OF_GRID, all_labels, kind_text
from linli.places.models import (
    Boundary,
    GridMember,
    Place,
    PlaceChange,
    PlaceCode,
    PlaceName,
    RegistryVersion,
)
from linli.places.pinyin import initials, sort_key
from linli.places.snapshot import today

# Control, format (such as direction overrides), surrogate and unassigned characters have no place in a name.
UNSEEN = ("Cc", "Cf", "Cs", "Cn")


def bump_registry(name: str) -> int:
    """Raise the version of a register; call it in the transaction of the change, after the change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO places_registryversion AS r (name, version)"
            " VALUES (%s, floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
            " ON CONFLICT (name) DO UPDATE SET version = greatest(r.version + 1, excluded.version)"
            " RETURNING version",
            [name],
        )
        return int(cursor.fetchone()[0])


@contextmanager
def changing(registry: str = RegistryVersion.PLACES) -> Iterator[None]:
    """One transaction that changes a register: writers queue on its row, the version is raised at the end."""
    with transaction.atomic():
        RegistryVersion.objects.select_for_update().filter(name=registry).first()
        yield
        bump_registry(registry)


def record(place_id: int | None, actor_label: str, action: str, **data: Any) -> None:
    """Add a row to the dated list of changes."""
    PlaceChange.objects.create(place_id=place_id, actor_label=actor_label, action=action, data=data)


def _existing(place_id: int) -> Place:
    place = Place.objects.filter(pk=place_id).first()
    if place is None:
        raise PlaceProblem("no_such_place", _("没有这个地点。"))
    return place


def check_kind(kind: str, parent_kind: str | None, layer: str) -> None:
    """Refuse a kind, layer or parent that the tree does not allow."""
    if kind not in KINDS:
        known = all_labels(KIND_LABELS, get_language() or "")
        raise PlaceProblem(
            "unknown_kind", _("不认识的类别“%(kind)s”。可用：%(known)s。") % {"kind": kind, "known": known}
        )
    if layer not in LAYERS:
        raise PlaceProblem("unknown_layer", _("不认识的图层“%(layer)s”。") % {"layer": layer})
    if kind == "grid" and parent_kind != PARENT_OF_GRID:
        raise PlaceProblem("grid_needs_community", _("网格须直接属于一个社区（村），不能直接属于街道或区县。"))
    if parent_kind is None:
        return
    same_allowed = kind in ("site",) and parent_kind == kind
    if KINDS[kind].rank <= KINDS[parent_kind].rank and not same_allowed:
        raise PlaceProblem(
            "wrong_parent",
            _("“%(kind)s”不能放在“%(parent)s”之下。")
            % {
                "kind": kind_text(kind, get_language() or ""),
                "parent": kind_text(parent_kind, get_language() or ""),
            },
        )


def _check_code(scheme: str, code: str, except_id: int | None = None) -> None:
    holders = Place.objects.filter(code_scheme=scheme, code=code, active=True)
    taken = next((holder for holder in holders if holder.pk != except_id), None) if code else None
    if taken is not None:
        raise PlaceProblem("code_taken", _("代码 %(code)s 已被“%(name)s”使用。") % {"code": code, "name": taken.name})


def clean_name(name: str) -> str:
    """The name without outer blanks; refuses an empty or overlong one."""
    text = " ".join(name.split())
    if not text:
        raise PlaceProblem("no_name", _("名称不能为空。"))
    if any(unicodedata.category(sign) in UNSEEN for sign in text):
        raise PlaceProblem("unseen", _("名称中有控制字符或看不见的字符。请重新键入。"))
    if len(text) > 120:
        raise PlaceProblem("long_name", _("名称不能超过 120 字。"))
    return text


def create_place(
    *,
    actor_label: str,
    kind: str,
    name: str,
    parent_id: int | None = None,
    code: str = "",
    code_scheme: str = "",
    layer: str = "governance",
    site_kind: str = "",
    point: tuple[float, float] | None = None,
    geometry: BaseGeometry | None = None,
    source_crs: str = shapes.STORED_CRS,
    household_count: int | None = None,
    valid_from: date | None = None,
    aliases: Sequence[str] = (),
    synthetic: bool = False,
) -> Place:
    """Add a place below `parent_id` (none: a root), with its first name, code and boundary."""
    with changing():
        parent = _existing(parent_id) if parent_id is not None else None
        check_kind(kind, parent.kind if parent else None, layer)
        _check_code(code_scheme, code)
        text = clean_name(name)
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('places_place', 'id'))")
            key = int(cursor.fetchone()[0])
        place = Place(
            id=key,
            parent=parent,
            path=f"{parent.path}.{key}" if parent else str(key),
            kind=kind,
            site_kind=site_kind,
            name=text,
            pinyin=sort_key(text),
            pinyin_initials=initials(text),
            code=code,
            code_scheme=code_scheme,
            layer=layer,
            lon=point[0] if point else None,
            lat=point[1] if point else None,
            household_count=household_count,
            synthetic=synthetic,
        )
        place.save(force_insert=True)
        PlaceName.objects.create(place=place, name=text, kind=PlaceName.OFFICIAL, valid_from=valid_from)
        PlaceName.objects.bulk_create([PlaceName(place=place, name=clean_name(alias)) for alias in aliases])
        if code:
            PlaceCode.objects.create(place=place, scheme=code_scheme, code=code, valid_from=valid_from)
        if geometry is not None:
            _draw(place, geometry, valid_from, source_crs, synthetic)
        record(place.id, actor_label, "created", name=text, kind=kind, code=code, parent=parent_id)
        return place


def rename_place(place_id: int, name: str, *, actor_label: str, on: date | None = None) -> Place:
    """Give a place a new official name from `on` (default today); the old one keeps its dates."""
    day = on or today()
    with changing():
        place = _existing(place_id)
        text = clean_name(name)
        if text == place.name:
            return place
        former = PlaceName.objects.filter(place=place, kind=PlaceName.OFFICIAL, valid_to__isnull=True).first()
        if former is not None:
            if former.valid_from is not None and former.valid_from >= day:
                raise PlaceProblem("too_early", _("新名称的起始日须晚于现名称的起始日。"))
            former.valid_to = day
            former.save(update_fields=["valid_to"])
        PlaceName.objects.create(place=place, name=text, kind=PlaceName.OFFICIAL, valid_from=day)
        old, place.name = place.name, text
        place.pinyin, place.pinyin_initials = sort_key(text), initials(text)
        place.save(update_fields=["name", "pinyin", "pinyin_initials"])
        record(place.id, actor_label, "renamed", old=old, new=text, on=day.isoformat())
        return place


def recode_place(place_id: int, scheme: str, code: str, *, actor_label: str, on: date | None = None) -> Place:
    """Give a place a new code under a scheme from `on`; the old code is kept with its last day."""
    day = on or today()
    with changing():
        place = _existing(place_id)
        _check_code(scheme, code, except_id=place.id)
        PlaceCode.objects.filter(place=place, scheme=scheme, valid_to__isnull=True).update(valid_to=day)
        PlaceCode.objects.create(place=place, scheme=scheme, code=code, valid_from=day)
        old, place.code, place.code_scheme = place.code, code, scheme
        place.save(update_fields=["code", "code_scheme"])
        record(place.id, actor_label, "recoded", old=old, new=code, scheme=scheme, on=day.isoformat())
        return place


def add_alias(place_id: int, name: str, *, actor_label: str) -> bool:
    """Add a name people use, so that the place is found by it; whether it is new."""
    with changing():
        place = _existing(place_id)
        text = clean_name(name)
        if PlaceName.objects.filter(place=place, name=text, kind=PlaceName.ALIAS).exists():
            return False
        PlaceName.objects.create(place=place, name=text, kind=PlaceName.ALIAS)
        record(place.id, actor_label, "alias_added", name=text)
        return True


def remove_alias(place_id: int, name: str, *, actor_label: str) -> bool:
    """Take back a name that people were thought to use; whether the place bore it (else nothing happens)."""
    with changing():
        place = _existing(place_id)
        gone, _by_model = PlaceName.objects.filter(place=place, name=name, kind=PlaceName.ALIAS).delete()
        if gone:
            record(place.id, actor_label, "alias_removed", name=name)
        return gone > 0


def move_place(place_id: int, new_parent_id: int | None, *, actor_label: str) -> Place:
    """Hang a place, with everything below it, under another parent."""
    with changing():
        place = _existing(place_id)
        parent = _existing(new_parent_id) if new_parent_id is not None else None
        check_kind(place.kind, parent.kind if parent else None, place.layer)
        old_path = str(place.path)
        if parent is not None and f"{parent.path}.".startswith(f"{old_path}."):
            raise PlaceProblem("own_subtree", _("不能移到自己的下级。"))
        prefix = str(parent.path) if parent else ""
        place.parent = parent
        place.save(update_fields=["parent"])
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE places_place SET path = %s::ltree || subpath(path, nlevel(%s::ltree) - 1)"
                " WHERE path <@ %s::ltree",
                [prefix, old_path, old_path],
            )
        place.refresh_from_db()
        record(place.id, actor_label, "moved", old_path=old_path, new_path=str(place.path))
        return place


def set_boundary(
    place_id: int,
    geometry: BaseGeometry,
    *,
    actor_label: str,
    valid_from: date | None = None,
    source_crs: str = shapes.STORED_CRS,
    synthetic: bool = False,
) -> Boundary:
    """Draw a place anew from a day on (default today); the boundary before it keeps its days."""
    with changing():
        place = _existing(place_id)
        boundary = _draw(place, geometry, valid_from or today(), source_crs, synthetic)
        record(place.id, actor_label, "boundary_set", version=boundary.version, crs=boundary.source_crs)
        return boundary


def replace_boundary(place_id: int, geometry: BaseGeometry, *, actor_label: str, on: date, noted_crs: str) -> Boundary:
    """A newer drawing from an import (already in EPSG:4490, `noted_crs` says from what).

    One drawn on the same day is corrected; an earlier one keeps its days.
    """
    with changing():
        place = _existing(place_id)
        Boundary.objects.filter(place=place, valid_to__isnull=True, valid_from=on).delete()
        first = not Boundary.objects.filter(place=place).exists()
        boundary = _draw(place, geometry, None if first else on, shapes.STORED_CRS, False)
        boundary.source_crs = noted_crs
        boundary.save(update_fields=["source_crs"])
        record(place.id, actor_label, "boundary_set", version=boundary.version, crs=noted_crs)
        return boundary


def _draw(place: Place, geometry: BaseGeometry, begun: date | None, source_crs: str, synthetic: bool) -> Boundary:
    stored = shapes.to_stored(geometry, source_crs)
    if KINDS[place.kind].area and place.kind not in ("building", "site"):
        shapes.as_area(stored)
    current = Boundary.objects.filter(place=place, valid_to__isnull=True).first()
    last = Boundary.objects.filter(place=place).aggregate(last=Max("version"))["last"]
    version = (last or 0) + 1
    if current is not None:
        if begun is None or (current.valid_from is not None and current.valid_from >= begun):
            raise PlaceProblem("too_early", _("新边界的起始日须晚于现边界的起始日。"))
        current.valid_to = begun
        current.save(update_fields=["valid_to"])
    west, south, east, north = stored.bounds
    place.lon, place.lat = shapes.label_point(stored)
    place.save(update_fields=["lon", "lat"])
    return Boundary.objects.create(
        place=place,
        geometry=shapes.to_wkb(stored),
        min_lon=west,
        min_lat=south,
        max_lon=east,
        max_lat=north,
        source_crs=shapes.known_crs(source_crs),
        valid_from=begun,
        version=version,
        synthetic=synthetic,
    )


def set_members(grid_id: int, members: Iterable[int | str], *, actor_label: str) -> int:
    """Say which buildings or roads (ids, or names as written) make up a grid that has no polygon."""
    with changing():
        grid = _existing(grid_id)
        if grid.kind != "grid":
            raise PlaceProblem("not_a_grid", _("只有网格可以列出楼栋或道路。"))
        wanted = list(dict.fromkeys(members))
        GridMember.objects.filter(grid=grid).delete()
        GridMember.objects.bulk_create(
            GridMember(grid=grid, place_id=member)
            if isinstance(member, int)
            else GridMember(grid=grid, text=clean_name(member))
            for member in wanted
        )
        record(grid.id, actor_label, "members_set", count=len(wanted))
        return len(wanted)


def retire_place(place_id: int, *, actor_label: str, on: date | None = None) -> Place:
    """Take a place out of use from a day on; it and its past stay readable. Its children must go first."""
    day = on or today()
    with changing():
        place = _existing(place_id)
        if Place.objects.filter(parent=place, active=True).exists():
            raise PlaceProblem("has_children", _("下级仍在使用。请先移走或停用下级。"))
        Boundary.objects.filter(place=place, valid_to__isnull=True, valid_from__gte=day).delete()
        Boundary.objects.filter(place=place, valid_to__isnull=True).update(valid_to=day)
        place.active = False
        place.save(update_fields=["active"])
        record(place.id, actor_label, "retired", on=day.isoformat())
        return place
