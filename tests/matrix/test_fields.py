"""Personal fields × what they stand in × who looks: in clear, masked or not at all, held against fields.csv.

Media: pages, JSON, CSV and XLSX, search, messages in the inbox, papers' previews where there are any, and logs.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from openpyxl import load_workbook

from linli.work.models import Event, Item, Notification
from linli.work.telling import tell
from tests.matrix.looking import Looking, text_of
from tests.matrix.table import Table, settle
from tests.support.calling import Caller
from tests.support.world import STAFF, World

WHO = ("anonymous", "resident", *(name for name, *_ in STAFF))
PHONE, INFORMERS_PHONE, THIRD_PHONE = "13987654321", "13612349876", "13500112233"
ID_NUMBER = "370215199001011234"
# The first words become the title, so that lists have it too.
WORDS = f"{THIRD_PHONE}家楼下垃圾堆了三天没人清理，身份证{ID_NUMBER}"

FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "reporter_name": ("任我行", ("任**",)),
    "reporter_phone": (PHONE, ("139****4321",)),
    "phone_in_words": (THIRD_PHONE, ("135****2233",)),
    "id_number_in_words": (ID_NUMBER, ("37***************4",)),
    "house_number": ("3号楼2单元501", ("幸福小区**",)),
    "informer_name": ("向晓明", ("向**",)),
    "informer_phone": (INFORMERS_PHONE, ("136****9876",)),
    "text_of_dispute": ("两家为漏水争吵", ()),
}
"""What is looked for, and how it looks masked. No room keeps disputes yet: only logs could hold them."""

OF_INFORMER = frozenset({"informer_name", "informer_phone"})


def a_complaint(call: Caller) -> str:
    """A resident's request in the first eastern grid, dispatched to the sanitation centre."""
    made = call.report(
        "anonymous", words=WORDS, contact_name="任我行", phone=PHONE, address="幸福小区3号楼2单元501", wants_news=True
    )
    assert made.status == 201
    return str(made["number"])


def an_information(call: Caller) -> str:
    """A report on a unit, whose reporter is protected."""
    accused = call.world.units["sanitation"].pk
    made = call.report(
        "anonymous", kind="report", contact_name="向晓明", phone=INFORMERS_PHONE, accused_organisation=accused
    )
    assert made.status == 201
    return str(made["number"])


def as_text(content: bytes) -> str:
    """Every cell of a workbook."""
    book = load_workbook(io.BytesIO(content))
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


def looked_at(call: Caller, looking: Looking, who: str, number: str) -> Iterator[tuple[str, str]]:
    """(medium, all that it shows of a request to somebody)."""

    def rest(path: str) -> str:
        answer = call.get(path, who)
        return answer.content.decode() if answer.status == 200 else ""

    yield "page", text_of(looking.get(f"/desk/items/{number}/", who))
    yield "page_contact", text_of(looking.post(f"/desk/items/{number}/contact/", who))
    yield "page_search", text_of(looking.get(f"/desk/search/?q={number}", who))
    yield "page_my", text_of(looking.get(f"/my/{number}/", who))
    yield "json", rest(f"/requests/{number}")
    shown = call.post(f"/requests/{number}/contact", {}, who, key_="")
    yield "json_contact", shown.content.decode() if shown.status == 200 else ""
    yield "json_history", rest(f"/requests/{number}/history")


def overview(call: Caller, looking: Looking, who: str, place: int) -> Iterator[tuple[str, str]]:
    """(medium, all that it shows of many requests to somebody)."""
    listed, sheet = call.get("/requests?limit=200", who), looking.get(f"/desk/board/{place}/board.xlsx", who)
    yield "page_list", text_of(looking.get("/desk/?tab=all", who))
    yield "page_inbox", text_of(looking.get("/desk/inbox/", who))
    yield "json_list", listed.content.decode() if listed.status == 200 else ""
    yield "json_map", text_of(looking.get("/desk/map/items.json?tab=all", who))
    yield "csv", text_of(looking.get(f"/desk/board/{place}/categories.csv", who))
    yield "xlsx", as_text(sheet.content) if sheet.status_code == 200 else ""


def seen(text: str, field: str) -> str:
    """Whether the value stands there in clear, masked, or not at all."""
    value, masks = FIELDS[field]
    if value in text:
        return "clear"
    return "masked" if any(mask in text for mask in masks) else ""


@contextmanager
def logs() -> Iterator[io.StringIO]:
    """All that is logged, as the product writes it."""
    root = logging.getLogger()
    ours = next(
        handler for handler in root.handlers if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
    )
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(ours.formatter)
    root.addHandler(handler)
    try:
        yield text
    finally:
        root.removeHandler(handler)


def say_all() -> None:
    """As careless code would log it: by name, in texts, in what is nested, and with an exception."""
    log = structlog.get_logger("linli.matrix")
    log.warning(
        "said", phone=PHONE, contact_phone=INFORMERS_PHONE, id_number=ID_NUMBER, words=WORDS, reporter_name="任我行",
        informer="向晓明", dispute_text="两家为漏水争吵", address="幸福小区3号楼2单元501",
        nested={"phone": THIRD_PHONE},
    )  # fmt: skip
    try:
        raise ValueError(WORDS)
    except ValueError:
        log.exception("failed")
    logging.getLogger("somebody.else").warning("call %s about %s", PHONE, ID_NUMBER)


@pytest.mark.long
def test_personal_fields_are_shown_to_whom_the_table_names(world: World) -> None:
    call, looking = Caller(world), Looking(world)
    numbers = {a_complaint(call): set(FIELDS) - OF_INFORMER, an_information(call): set(OF_INFORMER)}
    place = world.places["east"].pk
    for number in numbers:
        item = Item.objects.get(number=number)
        tell(item.pk, 1, Event.objects.filter(item=item).count())
    table: Table = {}
    with logs() as logged:
        say_all()
        for who in WHO:
            for number, fields in numbers.items():
                for medium, text in looked_at(call, looking, who, number):
                    for field in fields:
                        table.setdefault((field, medium), {})[who] = seen(text, field)
            for medium, text in overview(call, looking, who, place):
                for field in FIELDS:
                    table.setdefault((field, medium), {})[who] = seen(text, field)
    messages = "\n".join(str(row) for row in Notification.objects.values_list("kind", "data"))
    assert messages, "somebody was told"
    for field in FIELDS:
        table[field, "log"] = dict.fromkeys(WHO, seen(logged.getvalue(), field))
        table[field, "message"] = dict.fromkeys(WHO, seen(messages, field))
    _hold(table)
    settle("fields.csv", ("field", "medium"), table)


def _hold(table: Table) -> None:
    """What holds whatever the file says."""
    for (field, medium), row in table.items():
        shown = {who for who, how in row.items() if how == "clear"}
        if medium in ("log", "message", "csv", "xlsx", "json_map", "page_inbox"):
            assert not shown, f"{field} stands in clear in {medium}"
        if field in OF_INFORMER:
            # Not even masked but for who may reveal it: half a phone is enough for whoever knows the people.
            may = {who for who, how in table[field, "page_contact"].items() if how == "clear"}
            assert medium == "log" or {who for who, how in row.items() if how} <= may, (field, medium)
        assert not shown & {"anonymous", "resident", "admin", "security", "auditor"}, (field, medium)
    assert "clear" in table["reporter_phone", "page_contact"].values(), "the control: somebody sees it"
    assert "clear" in table["informer_phone", "page_contact"].values(), "the control: somebody sees it"
    assert "masked" in table["phone_in_words", "page"].values(), "the control: others see it masked"
    assert set(table["reporter_phone", "log"].values()) == {"masked"}, "the control: it was logged"
