"""A volunteer with one of each record, and a joined unit, for tests of addresses and texts."""

from __future__ import annotations

from datetime import date

from linli.activities import formats
from linli.activities.formats import WantedFormat
from linli.activities.posts import Post
from linli.volunteering import bulk, certifying, hours, joining, proposing, registering, starring
from linli.volunteering.hours import Pick
from linli.volunteering.models import Certificate, Service, StarAward
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
    }  # fmt: skip
