"""Things of neighbours × whose they are × how they are looked at × who looks; and their personal fields there.

Held against room_objects.csv and room_fields.csv: both are read off the same pages, so that each is opened once.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from django.utils import timezone

from chaos.tally import is_full, tell
from linli.activities.models import Activity, Attendance, Signup
from linli.awards.models import Appeal as AwardAppeal
from linli.awards.models import Award, Nomination, Objection
from linli.shop.models import Donation
from linli.volunteering import papers
from linli.volunteering.models import (
    Appeal,
    Certificate,
    Commendation,
    Concern,
    Evaluation,
    HoursEntry,
    JoinedUnit,
    QuarterFeedback,
    Service,
    StarAward,
    Training,
    Volunteer,
)
from linli.work.models import Notification
from tests.matrix.looking import Looking, text_of
from tests.matrix.room_scene import GUARDIAN, GUARDIAN_PHONE, SECOND_NUMBER, Thing, build
from tests.matrix.table import UPDATING, Table, completed, settle
from tests.matrix.test_fields import as_text, logs
from tests.support.volunteers import SATURDAY
from tests.support.world import World

WHO = (
    "anonymous", "resident", "captain", "grid", "grid_west", "community", "community_west", "street", "street2",
    "leader", "counter", "handler", "head", "property", "duty", "dispatcher", "supervisor", "director", "callback",
    "admin", "security", "auditor",
)  # fmt: skip
"""One of each role, and of those with an area one in another area."""
IDLE = ("captain", "grid", "handler", "head", "property", "duty", "dispatcher", "supervisor", "callback", "admin",
        "security", "auditor")  # fmt: skip
"""Who holds nothing in these rooms; the quick set asks two of them only."""

ID_NUMBER = "370215199001011234"
TEXTS = (
    "skills_text", "service_content", "service_evidence", "hours_reason", "hours_appeal", "hours_answer", "training",
    "organiser", "commendation", "given_by", "evaluation", "certificate_purpose", "star_reason", "unit_resources",
    "concern", "concern_result", "feedback", "story", "nomination_reason", "objection", "objection_answer",
    "award_appeal", "award_answer", "award_reason", "signup_reason", "struck_reason", "corrected_reason", "insurance",
    "nomination_witness", "award_witness",
)  # fmt: skip
"""Free texts of the rooms: into each goes a phone of its own, and one ID number into all."""

FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "name": ("孙小明", ("孙**",)),
    "phone": ("13900001002", ("139****1002",)),
    "volunteer_number": (SECOND_NUMBER, ()),
    "guardian_name": (GUARDIAN, ("洪**",)),
    "guardian_phone": (GUARDIAN_PHONE, ("139****2002",)),
    "donor": ("柳如烟", ("柳**",)),
    "id_number": (ID_NUMBER, ("37***************4",)),
    **{f"phone_in_{name}": (f"13900003{n:03d}", (f"139****3{n:03d}",)) for n, name in enumerate(TEXTS)},
}
"""What is looked for, and how it looks masked."""


def words(name: str) -> str:
    """A text with a phone of its own and an ID number."""
    return f"电话{FIELDS[f'phone_in_{name}'][0]}证件{ID_NUMBER} grid1"


def plant(things: list[Thing], world: World) -> list[str]:
    """Write phones and an ID number into every free text about the second neighbour; more pages that show some."""
    own = {thing.kind: thing for thing in things if thing.neighbour.whose == "grid1"}
    one = own["volunteer"].neighbour
    person, place, now = one.person, world.places["east_grid1"], timezone.now()
    common = {"person_id": person, "place": place, "recorded_at": now}
    service, nomination = own["hours"].number, own["nomination"].number
    unit = JoinedUnit.objects.get(place=world.places["east"])
    Training.objects.create(title=words("training"), organiser=words("organiser"), happened_on=SATURDAY, **common)
    Commendation.objects.create(
        title=words("commendation"), given_by=words("given_by"), given_on=SATURDAY, document="1号", **common
    )
    Evaluation.objects.create(grade=5, text=words("evaluation"), given_on=SATURDAY, **common)
    for state, days in (("notice", 5), ("stopped", -1)):
        StarAward.objects.create(
            person_id=person, place=place, level=1, minutes=6000, threshold=100, notice_from=SATURDAY, state=state,
            notice_until=timezone.localdate() + timedelta(days=days), asked_at=now, reason=words("star_reason"),
        )  # fmt: skip
    Objection.objects.create(
        nomination_id=nomination, key="o", text=words("objection"), answer=words("objection_answer"), made_at=now,
        answered_at=now, upheld=False, person_id=world.users["captain"].person_id,
    )  # fmt: skip
    Concern.objects.create(
        key="c", place=world.places["east"], title=words("concern"), state=Concern.SOLVED, raised_on=SATURDAY,
        organisation=world.units["water"], claimed_on=SATURDAY, solved_on=SATURDAY,
        result=words("concern_result"), recorded_at=now,
    )  # fmt: skip
    QuarterFeedback.objects.create(
        unit=unit, year=2026, quarter=2, figures={}, remark=words("feedback"), confirmed_at=now
    )
    Donation.objects.create(
        key="d", place=world.places["street"], kind="goods", donor=FIELDS["donor"][0], what="米", slip_number="1",
        received_on=SATURDAY, created_at=now,
    )  # fmt: skip
    sign_up = Signup.objects.get(pk=own["sign_up"].number)
    for rows, columns in (
        (Volunteer.objects.filter(person_id=person), {"skills_text": "skills_text"}),
        (Service.objects.filter(person_id=person), {"content": "service_content", "evidence": "service_evidence"}),
        (HoursEntry.objects.filter(service_id=service), {"reason": "hours_reason"}),
        (Appeal.objects.filter(person_id=person), {"text": "hours_appeal", "answer": "hours_answer"}),
        (Certificate.objects.filter(person_id=person), {"purpose": "certificate_purpose"}),
        (JoinedUnit.objects.filter(pk=unit.pk), {"resources": "unit_resources"}),
        (Nomination.objects.filter(pk=nomination), {
            "story": "story", "reason": "nomination_reason", "witness": "nomination_witness"}),
        (AwardAppeal.objects.filter(person_id=person), {"text": "award_appeal", "answer": "award_answer"}),
        (Award.objects.filter(person_id=person), {"reason": "award_reason", "witness": "award_witness"}),
        (Signup.objects.filter(pk=sign_up.pk), {"reason": "signup_reason"}),
        (Attendance.objects.filter(signup=sign_up), {
            "struck_reason": "struck_reason", "corrected_reason": "corrected_reason"}),
        (Activity.objects.filter(pk=sign_up.activity_id), {"insurance": "insurance"}),
    ):  # fmt: skip
        assert rows.update(**{column: words(name) for column, name in columns.items()}), columns
    volunteer = own["volunteer"].number
    return [
        "/activities/", "/points/notices/", "/points/shop/donations/", "/desk/shop/donations/", "/volunteering/stars/",
        "/desk/volunteers/stars/", "/desk/volunteers/concerns/", "/desk/points/", f"/desk/volunteers/{volunteer}/",
        "/desk/volunteers/hours/", "/desk/activities/", "/desk/shop/", "/desk/counter/", "/desk/inbox/",
    ]  # fmt: skip


class Seen:
    """What stands on a page for somebody; each page is opened once by each."""

    def __init__(self, world: World) -> None:
        self.looking = Looking(world)
        self.known: dict[tuple[str, str], tuple[bool, str]] = {}

    def page(self, path: str, who: str) -> tuple[bool, str]:
        """Whether it opens, and all its text, of files as well."""
        if (path, who) not in self.known:
            answer = self.looking.get(path, who)
            assert answer.status_code < 500, (path, who)
            self.known[path, who] = answer.status_code == 200, _text(answer)
        return self.known[path, who]

    def sees(self, who: str, path: str, marks: tuple[str, ...]) -> bool:
        """Whether somebody finds it there."""
        opens, text = self.page(path, who)
        return opens and (not marks or any(mark in text for mark in marks))


def _text(answer: Any) -> str:
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code == 200 and "spreadsheet" in kind:
        return as_text(answer.content)
    if answer.status_code == 200 and kind == "application/pdf":
        document = pypdfium2.PdfDocument(io.BytesIO(answer.content))
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    return text_of(answer)


def how(text: str, name: str) -> str:
    """Whether the value stands there in clear, masked, or not at all."""
    value, masks = FIELDS[name]
    if value in text:
        return "clear"
    return "masked" if any(mask in text for mask in masks) else ""


def media(things: list[Thing], more: list[str]) -> Iterator[tuple[str, str]]:
    """(medium, path) for all pages about the second neighbour."""
    for thing in things:
        if thing.neighbour.whose == "grid1":
            for way, (path, _marks) in thing.ways.items():
                if way == "search":  # it repeats what was typed
                    continue
                yield f"{thing.kind} {way}", path
    for path in more:
        yield re.sub(r"\d+", "N", path), path


def asked() -> tuple[str, ...]:
    """Who looks: everybody, or in the quick set whoever has some of it, and two of the others."""
    if is_full() or UPDATING:
        return WHO
    return tuple(who for who in WHO if who not in IDLE or who in ("grid", "admin"))


@pytest.fixture
def papers_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate is drawn once, however many look at it."""
    drawn: dict[int, bytes] = {}
    draw = papers.certificate_pdf

    def once(row: Certificate) -> bytes:
        if row.pk not in drawn:
            drawn[row.pk] = draw(row)
        return drawn[row.pk]

    monkeypatch.setattr(papers, "certificate_pdf", once)


@pytest.mark.long
def test_things_and_personal_fields_are_shown_to_whom_the_tables_name(
    world: World, papers_once: None, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: logging.disable(logging.NOTSET))
    things = build(world)
    more, seen = plant(things, world), Seen(world)
    objects: Table = {}
    fields: Table = {}
    logged = ""
    for who in asked():
        # One who sees all is enough for the logs: each page of a refused one would write a traceback.
        logging.disable(logging.NOTSET if who == "director" else logging.CRITICAL)
        with logs() as one_log:
            for thing in things:
                for way, (path, marks) in thing.ways.items():
                    found = "sees" if seen.sees(who, path, marks) else ""
                    objects.setdefault((thing.kind, thing.neighbour.whose, way), {})[who] = found
            for medium, path in media(things, more):
                for name in FIELDS:
                    fields.setdefault((name, medium), {})[who] = how(seen.page(path, who)[1], name)
            logged += one_log.getvalue()
    messages = "\n".join(str(row) for row in Notification.objects.values_list("kind", "data"))
    for name in FIELDS:
        for medium, text in (("message", messages), ("log", logged)):
            fields[name, medium] = dict.fromkeys(WHO, how(text, name))
    objects, fields = completed("room_objects.csv", objects, WHO), completed("room_fields.csv", fields, WHO)
    settle("room_objects.csv", ("thing", "whose", "way"), objects)
    settle("room_fields.csv", ("field", "medium"), {key: row for key, row in fields.items() if any(row.values())})
    tell("looks", len(asked()) * (len(objects) + len(fields)), wrong_answers=0)
    check_objects(objects)
    check_fields(fields)


def check_objects(table: Table) -> None:
    """What holds whatever the table says."""
    for (kind, whose, way), row in table.items():
        shown = {who for who, sees in row.items() if sees}
        if way == "own":
            assert shown == ({"resident"} if whose == "own_of_resident" else set()), (kind, whose, shown)
        elif way != "public":
            assert not shown & {"anonymous", "resident"}, (kind, whose, way, shown)
            outside = {"street2"} if whose != "other_street" else {"street", "community", "community_west", "grid"}
            assert not shown & outside, (kind, whose, way, shown)
        if way == "list" and (kind, whose, "detail") in table:
            opens = {who for who, sees in table[kind, whose, "detail"].items() if sees}
            # Who hands over finds an order by its code only.
            assert opens - shown <= ({"counter"} if kind == "order" else set()), (kind, whose, opens - shown)
            assert shown <= opens, (kind, whose, shown - opens)
        assert not (shown and (kind, way) == ("sign_up", "public")), "who takes part is nobody else's business"
    ways = {(kind, way) for kind, _whose, way in table}
    for kind, way in ways - {("sign_up", "public")}:
        assert any(any(row.values()) for key, row in table.items() if (key[0], key[2]) == (kind, way)), (kind, way)


OPEN: dict[str, frozenset[str]] = {
    "name": frozenset({"sign_up detail", "sign_up export", "attendance detail", "certificate media"}),
    "volunteer_number": frozenset({"certificate media"}),
    "donor": frozenset({"/desk/shop/donations/"}),
}
"""What stands in clear, and where alone: the list that the leader calls, the certificate, the book of donations."""
NEVER_SHOWN = frozenset({
    "guardian_name", "guardian_phone", "phone_in_signup_reason", "phone_in_struck_reason", "phone_in_corrected_reason",
    "phone_in_hours_answer",
})  # fmt: skip
"""Kept and shown to nobody but the person, or only where it was struck out."""


def check_fields(table: Table) -> None:
    """What holds whatever the table says."""
    outside = {"anonymous", "resident", "admin", "security", "auditor", "grid_west", "community_west", "street2"}
    for (name, medium), row in table.items():
        shown = {who for who, seen in row.items() if seen == "clear"}
        assert not shown or medium in OPEN.get(name, frozenset()), f"{name} stands in clear in {medium}: {shown}"
        # The books of a street's shop are open to the communities of the street.
        assert not shown & outside or name == "donor", (name, medium, shown)
    missing = set(FIELDS) - {name for (name, _medium), row in table.items() if any(row.values())}
    assert missing == NEVER_SHOWN, "the control: everything else is seen somewhere"
