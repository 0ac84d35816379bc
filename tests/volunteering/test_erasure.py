"""Erasing a person empties the registration and the texts; services and sums stay; certificates end."""

from __future__ import annotations

from linli.people import erasing
from linli.people.models import Person
from linli.volunteering import certifying, erasure, registering
from linli.volunteering.models import Appeal, Certificate, HoursEntry, Service, Volunteer
from tests.support.volunteers import volunteered
from tests.support.world import World

PHONE = "13900000042"


def test_what_is_erased_and_what_stays(world: World) -> None:
    ids = volunteered(world)
    resident = world.users["resident"].person
    assert resident is not None
    row = Volunteer.objects.get()
    registering.set_number(row, "37020000123456")
    service = Service.objects.get(pk=ids["service_id"])
    HoursEntry.objects.filter(service=service).update(reason=f"问过本人 {PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}")
    Service.objects.filter(pk=service.pk).update(content=f"扫雪，找钱小芳 {PHONE}")
    Appeal.objects.create(service=service, person=resident, text="早到了", wanted=90, made_at=row.consented_at)
    subject = erasing.Subject(resident.pk, (resident.pk,), PHONE, "钱小芳")
    held = erasure.count(subject)
    assert held.total >= 4 and held.live == 1
    before = Service.objects.count()

    assert erasure.erase(subject, world.actor("director"), erasing.ASKED) >= 4

    row.refresh_from_db()
    assert row.number_encrypted is None and row.number_blind is None and row.left_on is not None
    assert (row.skills, row.roles, row.guardian_id, row.adult_on) == ([], [], None, None)
    assert "早到了" not in Appeal.objects.get().text and Appeal.objects.get().state == "withdrawn"
    texts = " ".join([Service.objects.get(pk=service.pk).content, *HoursEntry.objects.values_list("reason", flat=True)])
    assert PHONE[7:] not in texts and "钱小芳" not in texts
    certificate = Certificate.objects.get(pk=ids["certificate_id"])
    assert certificate.state == "revoked" and certificate.contents == []
    assert certifying.served(resident.pk, None, certificate.until)[1] == before, "hours stay"


def test_a_name_alone_is_a_doubt(world: World) -> None:
    ids = volunteered(world)
    Service.objects.filter(pk=ids["service_id"]).update(content="和钱小芳一起扫雪")
    other = Person.objects.create(kind="resident", created_at=world.users["resident"].created_at)
    subject = erasing.Subject(other.pk, (other.pk,), "", "钱小芳")
    found = erasure.doubts(subject, world.actor("director"))
    assert [doubt.words for doubt in found if "扫雪" in doubt.words] and not erasure.doubts(
        subject, world.actor("duty")
    )
    erasure.erase_doubts([doubt.ref for doubt in found], world.actor("director"), erasing.ASKED)
    assert "钱小芳" not in Service.objects.get(pk=ids["service_id"]).content
