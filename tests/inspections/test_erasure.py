"""Erasing a person reaches everything inspections keep of them; rows, results and counts stay."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from linli.campaigns.models import Campaign
from linli.inspections import erasure as own_part
from linli.inspections import promises
from linli.inspections.models import (
    Dissuasion,
    DissuasionNote,
    DissuasionTheme,
    MutualCheck,
    Observation,
    ObservationNote,
    PendingConflict,
    RoundSite,
    SiteReport,
    UrgingLetter,
    Visit,
)
from linli.inspections.services import resolve_conflict
from linli.inspections.visits import record_visit
from linli.people import erasing, personal
from linli.people.errors import PeopleProblem
from linli.people.models import Person
from linli.work import evidence_links, uploads
from linli.work.models import Evidence, Item, Upload
from linli.work.verify import verify
from tests.inspections.conftest import Patrol, at
from tests.work.conftest import encoded, picture
from tests.work.test_erasing_persons import everything

NAME, PHONE, SPOKEN = "赵铁柱", "13805327788", "138 0532-７788"
OTHER = "钱小芳"
NOT_PERSONAL = {
    "Round": {"title", "theme", "kind", "state"},
    "RoundSeries": {"title", "theme", "rule", "teams"},
    "RoundTeam": {"name"},
    "RoundSite": {"state"},
    "Responsibility": set(),
    "AgreementDuty": {"duty"},
    "MutualCheck": {"title"},
    "VisitPlan": {"title", "kind", "audience"},
    "Visit": {"kind", "outcome"},
    "UrgingLetter": {"form", "basis"},
    "PendingConflict": {"reason", "device", "state"},
    "Finding": {"handling"},
    "SiteReport": {"state"},
    "DissuasionTheme": {"name", "name_en"},
    "DissuasionRound": {"title"},
    "Observation": set(),
}
"""Registers, codes and titles: what an office calls its rounds, never where somebody is spoken of."""


def photo(owner: str = "d1") -> str:
    return str(uploads.receive(BytesIO(encoded(picture())), owner=owner).token)


def resident() -> Person:
    return Person.objects.get(pk=personal.find_or_create_resident(name=NAME, phone=PHONE))


def said(words: str = "") -> str:
    """As others write: the phone with spaces and full-width digits in it."""
    return f"找{SPOKEN}{words}"


@pytest.fixture
def spoken_of(patrol: Patrol) -> Iterator[Patrol]:
    """One record of each kind in which the resident's phone stands, and one of another person beside it."""
    world, day = patrol.world, timezone.localdate()
    grid, community = world.actor("grid"), world.actor("community")
    site = patrol.sites[1]
    patrol.send(patrol.tick(words=said(), photos=(photo(),)), patrol.tick(1, words=f"找{OTHER}"))
    patrol.send(patrol.tick(2, result="fail", words=said(), finding=patrol.problem(receiver_name=NAME)))
    patrol.send(patrol.tick(3, words=said(), observed_at=at(-24 * 9), photos=(photo(),)))
    agreement = promises.sign_agreement(
        grid, site.pk, ["clean"], signer=f"{NAME} {PHONE}", signed_on=day, key=uuid.uuid4()
    )
    promises.check_agreement(grid, agreement.pk, {"clean": False}, said(), key=uuid.uuid4())
    MutualCheck.objects.create(
        batch=uuid.uuid4(), title="互查", checker=patrol.sites[0], checked=site, due_on=day, words=said(), good=True,
        done_at=timezone.now(),
    )  # fmt: skip
    Visit.objects.create(
        place=world.places["east_grid1"], kind="home", outcome="met", words="家里漏水", address=said("家"),
        visited_at=timezone.now(), recorded_at=timezone.now(), recorded_by_id=grid.person_id,
    )  # fmt: skip
    UrgingLetter.objects.create(
        place=world.places["east"], organisation=world.units["property"], words=said(), reply=said(), reply_due=day,
        sent_at=timezone.now(), sent_by_id=community.person_id,
    )  # fmt: skip
    promises.give_responsibility(
        community, world.places["east_grid1"].pk, organisation_id=world.units["housing"].pk, duty=said(), since=day,
        key=uuid.uuid4(),
    )  # fmt: skip
    RoundSite.objects.filter(round=patrol.round, site=patrol.sites[3]).update(state="unreachable", reason=said())
    SiteReport.objects.create(
        client_key=uuid.uuid4(), round=patrol.round, site=patrol.sites[3], state="unreachable", reason=said(),
        observed_at=timezone.now(), recorded_at=timezone.now(),
    )  # fmt: skip
    theme = DissuasionTheme.objects.create(name="文明养犬测试")
    record = Dissuasion.objects.create(
        theme=theme, place=site, persons=2, happened_at=timezone.now(), day=day, recorded_at=timezone.now(),
        key=uuid.uuid4(),
    )  # fmt: skip
    DissuasionNote.objects.create(record=record, words=said())
    Campaign.objects.create(
        title="小巷整治", goal=f"联系人{NAME}，电话{SPOKEN}，见本色", place=world.places["district"],
        since=day, until=day, created_at=timezone.now(),
    )  # fmt: skip
    yield patrol


def close(patrol: Patrol) -> None:
    """Everything that was found is done with, so that it may be erased."""
    Item.objects.filter(kind="finding").update(meaning="done", state="closed", closed_at=timezone.now())
    for row in PendingConflict.objects.filter(state="open"):
        resolve_conflict(patrol.world.actor("grid"), row.pk, "discard")


def counts() -> dict[str, int]:
    """How many rows there are of each table of the room."""
    return {model.__name__: model.objects.count() for model in apps.get_app_config("inspections").get_models()}  # type: ignore[attr-defined]


def ask_and_confirm(patrol: Patrol, person: Person, *also: str) -> dict[str, int]:
    wish = erasing.ask(patrol.world.actor("duty"), person.pk, "ordered")
    return dict(erasing.confirm(patrol.world.actor("director"), wish.pk, also).counts)


def test_nothing_that_names_the_phone_is_left_and_no_count_changes(
    spoken_of: Patrol, django_capture_on_commit_callbacks: Any
) -> None:
    person = resident()
    assert own_part.count(erasing.subject_of(person)).live == 1, "the conflict waits for a decision"
    before, results = counts(), sorted(Observation.objects.values_list("pk", "result", "day"))
    stored = everything()
    assert SPOKEN in stored and PHONE in stored
    with django_capture_on_commit_callbacks(execute=True):
        done = ask_and_confirm(spoken_of, person)
    left = everything()
    assert SPOKEN not in left and PHONE not in left
    assert counts() == before and sorted(Observation.objects.values_list("pk", "result", "day")) == results
    assert OTHER in left and "见本色" in left, "what speaks of others stays"
    assert (done["items"], done["inspections"], done["campaigns"]) == (1, 12, 1)
    assert erasing.held(erasing.subject_of(person)) == {part.name: erasing.Held() for part in erasing.parts()}
    assert not Evidence.objects.filter(holder="observation", removed_at=None).exists()
    assert not Upload.objects.filter(claimed_at=None).exists(), "the photo of the conflict is gone"
    assert RoundSite.objects.get(site=spoken_of.sites[3]).reason == "（已删除）"
    report = verify()
    assert report.whole, report.faults


def test_a_conflict_whose_words_are_gone_can_still_be_decided(spoken_of: Patrol) -> None:
    ask_and_confirm(spoken_of, resident())
    row = PendingConflict.objects.get()
    stored = resolve_conflict(spoken_of.world.actor("grid"), row.pk, "store")
    assert stored.outcome == "stored"
    assert not ObservationNote.objects.filter(observation_id=stored.observation_id).exists()


def test_what_somebody_recorded_goes_with_them_words_photos_and_sound(
    patrol: Patrol, django_capture_on_commit_callbacks: Any
) -> None:
    captain = Person.objects.get(pk=patrol.world.users["grid"].person_id)
    patrol.send(patrol.tick(words="灯箱碎了一角", photos=(photo(),)), patrol.tick(1, photos=(photo(),)))
    visit = record_visit(
        patrol.world.actor("grid"),
        patrol.sites[0].pk,
        kind="firm",
        outcome="met",
        words="见了掌柜两回",
        key=uuid.uuid4(),
    )
    held = evidence_links.Held("visit", visit.pk, (photo(),))
    evidence_links.hold([held], patrol.world.actor("grid"), timezone.now())
    subject = erasing.Subject(captain.pk, (captain.pk,), "", "")
    assert own_part.count(subject).total == 3
    with django_capture_on_commit_callbacks(execute=True):
        assert own_part.erase(subject, patrol.world.actor("director"), "ordered") == 3
    assert not Evidence.objects.filter(removed_at=None).exists() and Evidence.objects.count() == 3
    assert "灯箱碎了一角" not in everything() and "见了掌柜两回" not in everything()
    assert Observation.objects.count() == 2 and own_part.count(subject) == erasing.Held()


def test_a_name_alone_is_asked_about_and_only_what_is_confirmed_goes(patrol: Patrol) -> None:
    world, day = patrol.world, timezone.localdate()
    grid = world.actor("grid")
    mine = promises.sign_agreement(grid, patrol.sites[1].pk, ["clean"], signer=NAME, signed_on=day, key=uuid.uuid4())
    namesake = promises.sign_agreement(
        grid, patrol.sites[3].pk, ["clean"], signer=NAME, signed_on=day, key=uuid.uuid4()
    )
    patrol.send(patrol.tick(words=f"{NAME}说已通知"))
    patrol.send(patrol.tick(2, result="fail", finding=patrol.problem(handling="hand_over", receiver_name=NAME)))
    close(patrol)
    director, subject = world.actor("director"), erasing.subject_of(resident())
    found = erasing.doubts(subject, director)
    assert [entry.likely for entry in found] == [True, True, True, False]
    assert {entry.ref.split(":")[0] for entry in found} == {"agreement", "observation", "finding"}
    assert erasing.doubts(subject, world.actor("duty")) == [], "only who may erase is asked"
    finding = next(entry.ref for entry in found if entry.ref.startswith("finding"))
    done = ask_and_confirm(patrol, resident(), f"agreement:{mine.pk}", finding)
    assert done["inspections"] == 2
    mine.refresh_from_db()
    namesake.refresh_from_db()
    assert (mine.signer, namesake.signer) == ("", NAME)
    assert Item.objects.get(kind="finding").title == "（内容已删除）" and verify().whole
    assert ObservationNote.objects.filter(words=f"{NAME}说已通知").exists()


def test_what_was_not_offered_cannot_be_erased_by_naming_it(patrol: Patrol) -> None:
    row = promises.sign_agreement(
        patrol.world.actor("grid"), patrol.sites[1].pk, ["clean"], signer=OTHER, signed_on=date(2026, 1, 5),
        key=uuid.uuid4(),
    )  # fmt: skip
    with pytest.raises(PeopleProblem) as refused:
        ask_and_confirm(patrol, resident(), f"agreement:{row.pk}")
    assert refused.value.code == "unknown_record"
    row.refresh_from_db()
    assert row.signer == OTHER


def test_a_director_sees_the_doubts_with_numbers_masked_and_ticks_them(patrol: Patrol, client: Any) -> None:
    from tests.support.people import signed_in_client

    patrol.send(patrol.tick(words=f"{NAME}说邻居电话13900001111"))
    wish = erasing.ask(patrol.world.actor("duty"), resident().pk, "asked_by_person")
    page = signed_in_client(patrol.world.users["director"]).get("/desk/people/erasures/").content.decode()
    assert f"{NAME}说邻居电话139****1111" in page and "13900001111" not in page and 'name="also"' in page
    assert NAME not in signed_in_client(patrol.world.users["duty"]).get("/desk/people/erasures/").content.decode()
    ref = f"observation:{ObservationNote.objects.get().pk}"
    answer = signed_in_client(patrol.world.users["director"]).post(
        f"/desk/people/erasures/{wish.pk}/confirm/", {"also": [ref]}
    )
    assert answer.status_code == 302 and ObservationNote.objects.get().words == ""


def test_the_table_of_observations_has_no_place_for_words() -> None:
    kinds = (models.CharField, models.TextField, models.JSONField)
    assert [field.name for field in Observation._meta.get_fields() if isinstance(field, kinds)] == []


def test_every_text_of_the_room_is_reached_or_named_as_impersonal() -> None:
    """A new column of words has to be put here or there before this passes."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    reached = " ".join(own_part.OF[slug].source + own_part.OF[slug].text for slug in own_part.OF)
    for model in apps.get_app_config("inspections").get_models():
        texts = {field.name for field in model._meta.get_fields() if isinstance(field, kinds)}
        open_ones = texts - NOT_PERSONAL.get(model.__name__, set())
        for name in open_ones:
            assert model._meta.db_table in reached and f".{name}" in reached, f"{model.__name__}.{name}"


def test_reasons_of_reports_may_be_emptied_and_nothing_else_of_them(spoken_of: Patrol) -> None:
    from django.db import ProgrammingError, transaction

    with connection.cursor() as cursor:
        cursor.execute("UPDATE inspections_sitereport SET reason = '（已删除）'")
        assert cursor.rowcount == 1
        for statement in ("UPDATE inspections_sitereport SET state = 'due'", "DELETE FROM inspections_sitereport"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)
