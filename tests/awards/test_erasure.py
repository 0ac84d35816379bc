"""Who is erased: words about them go, the points they had still balance with a row that says nobody's name."""

from __future__ import annotations

from django.utils import timezone

from linli.awards import awarding, erasure, nominating
from linli.awards.models import Appeal, Award, Nomination, Objection
from linli.people import erasing
from linli.people.models import Person
from linli.work import deeds
from tests.support.awarded import a_member, done, one_of_each, points_of, the_rules
from tests.support.world import World


def test_stories_appeals_and_honours_go_and_points_stay(world: World) -> None:
    one_of_each(world)
    nomination, appeal = Nomination.objects.get(), Appeal.objects.get()
    person = Person.objects.get(pk=nomination.person_id)
    subject = erasing.subject_of(person)
    held = erasure.count(subject)
    assert (held.total, held.live) == (2, 2), "what is open has to end first"
    Nomination.objects.update(story="张三丰的电话138 0532 1111", honour_at=timezone.now())
    assert erasure.erase(subject, world.actor("director"), "asked_by_person") == 2
    nomination.refresh_from_db()
    appeal.refresh_from_db()
    assert (nomination.story, nomination.notice, nomination.honour_at) == ("", "", None)
    assert (nomination.state, appeal.state, appeal.text) == ("withdrawn", "withdrawn", "")
    assert erasure.count(subject).live == 0


def test_a_phone_in_what_others_wrote_goes_and_the_award_stays(world: World) -> None:
    row = the_rules(world)
    person, other = a_member("吴桂花", "13805329999"), a_member("郑大力", "13805328888")
    awarding.hear(deeds.record([done(world, person, "h", quantity=120)]))
    named = nominating.Named(
        row.rules.get(source="nominated").pk, "郑大力", "13805328888", timezone.localdate(), "见13805329999", 1, "staff"
    )
    nomination = nominating.nominate(world.actor("director"), named, key="k")
    Objection.objects.create(nomination=nomination, key="o", person_id=other, text="不对", made_at=timezone.now())
    subject = erasing.subject_of(Person.objects.get(pk=person))
    erasure.erase(subject, world.actor("director"), "asked_by_person")
    nomination.refresh_from_db()
    assert "13805329999" not in nomination.story and nomination.story.startswith("见")
    assert Objection.objects.get().text == "不对"
    assert Award.objects.get(person_id=person).points == points_of(person) == 4
