"""A volunteer with one of each record, and a joined unit, for tests of addresses and texts."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from linli.activities import formats
from linli.activities.formats import WantedFormat
from linli.activities.posts import Post
from linli.volunteering import bulk, certifying, hours, joining, proposing, registering, starring
from linli.volunteering.hours import Pick
from linli.volunteering.models import Certificate, CertificateObjection, Service, StarAward
from tests.support.world import World

SATURDAY = date(2026, 11, 21)


def volunteered(world: World) -> dict[str, str]:
    """The resident is a volunteer of the eastern community with hours, a certificate, a star; a unit is joined."""
    community, resident, east = world.actor("community"), world.actor("resident"), world.places["east"].pk
    wanted = registering.Wanted(east, name="钱小芳", consents=True)
    volunteer = registering.join(resident, wanted)
    bulk.record_services(
        bulk.ServiceRow(f"past:{number}", volunteer.person_id, east, SATURDAY, 600, "往年") for number in range(11)
    )
    entered = proposing.Entered(volunteer.person_id, east, SATURDAY, 60, "扫雪", "照片")
    service = proposing.enter(community, entered, key="one")
    hours.confirm(community, [Pick(service.pk, 1, 60)])
    certificate: Certificate = certifying.issue(community, certifying.ask(resident, volunteer.person_id).pk)
    again = certifying.ask(resident, volunteer.person_id, purpose="入学")
    certifying.refuse_asked(community, again.pk, reason="先补确认时长")
    notice, objection = on_notice(volunteer.person_id, east, world.users["captain"].person_id or 0)
    CertificateObjection.objects.create(
        certificate=notice, person_id=objection.person_id, text="重名", made_at=notice.asked_at, upheld=False,
        answer="核对过签到表，是本人", answered_at=notice.asked_at, answered_by_id=community.person_id,
    )  # fmt: skip
    star: StarAward = starring.apply(resident)
    unit = joining.join_unit(community, world.units["water"].pk, east, since=date(2026, 1, 1))
    concern = joining.raise_concern(community, east, title="井盖松动", kind="concern", key="one")
    joining.confirm_feedback(community, unit.pk, 2026, 1)
    assert Service.objects.get(pk=service.pk).state == Service.CONFIRMED
    wanted_format = WantedFormat("纳凉晚会", 90, (Post("观众", 20),))
    return {
        "format_id": str(formats.add(community, east, wanted_format).pk), "volunteer_id": str(volunteer.pk),
        "service_id": str(service.pk), "certificate_id": str(certificate.pk), "star_id": str(star.pk),
        "joined_id": str(unit.pk), "concern_id": str(concern.pk), "year": "2026", "quarter": "1", "part": "training",
        "volunteering/notices/<int:certificate_id>/ certificate_id": str(notice.pk), "objection_id": str(objection.pk),
        "volunteering/certificates/<int:certificate_id>/name/ certificate_id": str(notice.pk),
        "desk/volunteers/members/<slug:part>/ part": "member",
    }  # fmt: skip


def on_notice(person_id: int, place_id: int, objector_id: int) -> tuple[Certificate, CertificateObjection]:
    """A certificate of this person on public notice, as if the street's rules had asked for it, and an objection."""
    today, now = timezone.localdate(), timezone.now()
    row = Certificate.objects.create(
        person_id=person_id, place_id=place_id, state=Certificate.NOTICE, until=SATURDAY, asked_at=now, minutes=6660,
        services=12, contents=["往年，11次，110小时", "扫雪，1次，1小时"], name_shown_at=now, notice_from=today,
        notice_until=today + timedelta(days=7),
    )  # fmt: skip
    said = CertificateObjection.objects.create(certificate=row, person_id=objector_id, text="那天他不在", made_at=now)
    return row, said
