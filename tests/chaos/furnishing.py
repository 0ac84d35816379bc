"""Something in every table whose texts are shown, for scripts in stored texts; and values for the addresses."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from django.utils import timezone

from linli.assessment.models import Assessment, AuditPack
from linli.campaigns.models import Campaign
from linli.inspections.models import (
    Agreement,
    Dissuasion,
    MutualCheck,
    PendingConflict,
    Responsibility,
    UrgingLetter,
    VisitPlan,
)
from linli.people import accounts, delegation, duty, handover, personal
from linli.people.models import Appointment, Person
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work import printing, uploads
from linli.work.telling import tell as tell_people
from tests.inspections.conftest import patrolled
from tests.matrix.test_ground_fields import assessed, promised, walked
from tests.requests.walk import WAYS, Walker
from tests.support import rooms
from tests.support.world import INSIDE, World
from tests.work.conftest import encoded, picture


def furnish(world: World) -> dict[str, str]:
    """Something in every table whose texts are shown; the values that addresses are filled with."""
    longitude, latitude = INSIDE["east"]
    photo = uploads.receive(BytesIO(encoded(picture(96, 72))), owner="dtests")
    made = report(
        world.actor("resident"),
        Report("complaint", "楼下垃圾没人清理", longitude=longitude, latitude=latitude, address="3号楼",
               contact_name="赵铁柱", phone="13805327788", uploads=[str(photo.token)]),
        key="k-scripts", device="tests",
    )  # fmt: skip
    walker = Walker(world, made.item_id)
    walker.run(
        [
            *WAYS["signed"],
            ("handler", "ask_reporter", {"question": "几号楼？"}),
            ("reporter", "answer_question", {"answer": "3"}),
        ]
    )
    walker.take(
        "supervisor", "supervise", supervision="三日内答复", reply_due=(timezone.now() + timedelta(days=3)).isoformat()
    )
    for way in ("received", "dispatched", "replied", "handled", "closed"):
        other = Walker(world)
        other.begin(kind="report" if way == "received" else "complaint")
        other.run(WAYS[way])
        tell_people(other.item_id, 1, other.item.history_length)
    tell_people(made.item_id, 1, 3)
    paper = printing.print_paper(world.actor("community"), made.item_id, "slip", {}, key="k-paper")
    director, now = world.actor("director"), timezone.now()
    shift = duty.add_shift(
        director, world.units["office"].pk, world.users["duty"].person_id, now, now + timedelta(hours=8), note="夜班"
    )
    duty.write_log(director, world.units["office"].pk, "一切正常")
    gone = handover.hand_over(
        world.actor("security"), world.users["handler2"].person_id, world.users["enforcer"].person_id, leaving=False
    )
    base = Appointment.objects.get(person_id=world.users["director"].person_id)
    today = timezone.localdate()
    delegation.delegate(
        director,
        base.pk,
        world.users["duty2"].person_id,
        valid_from=today,
        valid_to=today + timedelta(days=3),
        reason="出差",
    )
    accounts.make_token(director, "脚本")
    return {
        "number": made.number, "token": made.tracking_token, "place_id": str(world.places["east_grid1"].pk),
        "organisation_id": str(world.units["office"].pk), "person_id": str(world.users["handler"].person_id),
        "category_id": str(world.category("01").pk), "document_id": str(paper.document.pk), "shift_id": str(shift.pk),
        "handover_id": str(gone.pk), "kind": "request", "slug": "slip", "evidence_id": "1", "size": "1280",
        "uuid": "0190163d-8694-739b-aea5-966c26f8ad90", "table": "flow", "form": "csv",
    }  # fmt: skip


def furnish_ground(world: World) -> dict[str, str]:
    """Rounds, promises, visits, letters, an assessment and a campaign, whose texts are shown as well."""
    patrol = patrolled(world)
    walked(patrol)
    promised(patrol)
    assessed(patrol)
    node = patrol.criteria["clean"]
    rows = {
        "responsibility_id": Responsibility, "agreement_id": Agreement, "check_id": MutualCheck, "plan_id": VisitPlan,
        "letter_id": UrgingLetter, "record_id": Dissuasion, "conflict_id": PendingConflict, "campaign_id": Campaign,
        "assessment_id": Assessment, "pack_id": AuditPack,
    }  # fmt: skip
    found = {name: model.objects.order_by("pk").values_list("pk", flat=True).first() for name, model in rows.items()}
    batch = MutualCheck.objects.values_list("batch", flat=True).first()
    own = {"round_id": patrol.round.pk, "site_id": patrol.sites[0].pk, "version_id": patrol.version.pk}
    own |= {"node_id": node.pk, "unit_id": world.units["east"].pk, "batch": batch}
    neighbours = rooms.everything(world)
    name_residents()
    return neighbours | {name: str(value) for name, value in (found | own).items() if value is not None}


def name_residents() -> None:
    """Residents whose names and addresses want to be run: they are sealed, so the poisoning of columns misses them."""
    for person in Person.objects.filter(kind=Person.Kind.RESIDENT):
        kept = {name: personal.opened(person, name) for name in ("phone", "id_number")}
        texts = {"name": f"<img src=x onerror=x()>{person.pk}", "address": f"<svg onload=x()>{person.pk}号"}
        Person.objects.filter(pk=person.pk).update(**personal.sealed(person.uid, **kept, **texts))
