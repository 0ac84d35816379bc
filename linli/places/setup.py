"""The first set-up of a real district: names and codes from the packaged list or the user's file, the calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from linli.places.calendar_services import seed_calendar
from linli.places.divisions import ABOVE, District, aliases_of, packaged_district
from linli.places.errors import PlaceProblem
from linli.places.models import Place
from linli.places.services import changing, create_place, record
from linli.places.sheet import Sheet, SheetRow
from linli.places.snapshot import today
from linli.places.wholefile import import_places

ACTOR = "linli init"


class Wanted(Protocol):
    """What `linli init` was told: the six-digit code, the name, and a file of places if there is one."""

    @property
    def code(self) -> str:
        """GB/T 2260 code of the district."""

    @property
    def name(self) -> str:
        """Its name; needed only when the packaged list does not know it."""

    @property
    def places(self) -> Path | None:
        """A GeoJSON, CSV or XLSX file to read instead of the packaged list."""


def setup(wanted: Wanted) -> None:
    """Prepare *my* district; safe to run again. Raises PlaceProblem with what to do.

    From the packaged list come names and codes down to the community and the district's coarse outline; streets
    and communities get no polygons, for nothing is invented in a real installation. Grids come by import.
    """
    year = today().year
    seed_calendar(year - 1, year + 2, actor_label=ACTOR)
    top = Place.objects.filter(code=wanted.code, code_scheme="gb2260").first() if wanted.code else None
    if top is None and wanted.code:
        district = packaged_district(wanted.code)
        if district is not None:
            enter_names(district, streets=wanted.places is None, actor_label=ACTOR)
        else:
            name = wanted.name or wanted.code
            create_place(actor_label=ACTOR, kind="district", name=name, code=wanted.code, code_scheme="gb2260")
        top = Place.objects.get(code=wanted.code, code_scheme="gb2260")
    if wanted.places is not None:
        report = import_places(wanted.places, actor_label=ACTOR, under=top.pk if top else None)
        if not report.done:
            raise PlaceProblem("import_refused", report.text())


def enter_names(district: District, *, streets: bool, actor_label: str) -> int:
    """Enter a packaged district with province and city above it; returns the number of places."""
    sheet = Sheet()
    above: int | None = None
    for kind, (code, name) in zip(("province", "city"), ABOVE.get(district.code, ()), strict=False):
        above = sheet.add(SheetRow(kind, name, above, code=code, code_scheme="gb2260"))
    top = sheet.add(
        SheetRow(
            "district", district.name, above, code=district.code, code_scheme="gb2260",
            geometry=district.outline,
        )
    )  # fmt: skip
    for street in district.streets if streets else ():
        index = sheet.add(SheetRow("street", street.name, top, code=street.code, code_scheme="gb10114"))
        for community in district.communities[street.code]:
            sheet.add(
                SheetRow(
                    "community", community.name, index, code=community.code, code_scheme="statistics",
                    aliases=aliases_of(community),
                )
            )  # fmt: skip
    with changing():
        sheet.write()
        record(None, actor_label, "district_set_up", code=district.code, places=len(sheet.rows))
    return len(sheet.rows)
