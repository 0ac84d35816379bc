"""A street with published rules, members of the scheme and deeds, for tests of awards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from linli.awards import awarding, nominating, rule_services
from linli.awards.models import Appeal, Award, RuleSet
from linli.credits import ledger
from linli.people import personal
from linli.work import deeds
from tests.support.world import World

RULES: tuple[dict[str, Any], ...] = (
    {"category": "volunteering", "title": "志愿服务", "source": "hours", "unit": "hour", "points": 2, "day_cap": 8,
     "month_cap": 20, "second_above": 6},
    {"category": "environment", "title": "动手清理", "source": "fixed", "points": 3, "day_cap": 6},
    {"category": "mutual_help", "title": "微心愿", "source": "wish", "points": 10, "confirmer": "officer"},
    {"category": "public_spirit", "title": "身边好事", "source": "nominated", "points": 20, "second_above": 30},
    {"category": "elder_care", "title": "社区名单", "source": "listed", "points": 5, "second_above": 9},
)  # fmt: skip


def the_rules(world: World, *, place: str = "street", rules: tuple[dict[str, Any], ...] = RULES, days_back: int = 60,
              **head: Any) -> RuleSet:  # fmt: skip
    """Rules of a place, written by the street officer and published by the director."""
    writer, publisher = world.actor("street"), world.actor("director")
    row = rule_services.draft(writer, world.places[place].pk)
    rule_services.save_head(writer, row.pk, rule_services.Head(title="试验街道积分规则", **head))
    row.rules.all().delete()
    for rule in rules:
        rule_services.save_rule(writer, row.pk, rule_services.Wanted(**rule))
    return rule_services.publish(publisher, row.pk, timezone.localdate() - timedelta(days=days_back))


def a_member(name: str = "", phone: str = "") -> int:
    """A resident who takes part; the id of the person."""
    person_id = personal.find_or_create_resident(name=name, phone=phone)
    ledger.join(person_id, actor=None)
    return person_id


def done(
    world: World, person_id: int, key: str, *, kind: str = deeds.HOURS, quantity: int = 60, days_ago: int = 1,
    place: str = "east_grid1", **facts: Any,
) -> deeds.Done:  # fmt: skip
    """A deed in the eastern grid."""
    day: date = timezone.localdate() - timedelta(days=days_ago)
    return deeds.Done(key, kind, person_id, world.places[place].pk, day, ("test", 1), quantity, facts=facts)


def points_of(person_id: int) -> int:
    """What stands on somebody's account."""
    return ledger.balance(ledger.member_account(person_id)).points


def one_of_each(world: World) -> dict[str, str]:
    """A rule set, an award that waits, a nomination on notice and an appeal: ids for addresses, by parameter."""
    rule_set = the_rules(world)
    person = a_member("张三丰", "13805321111")
    awarding.hear(
        deeds.record([done(world, person, "each-w", quantity=240), done(world, person, "each-n", quantity=10)])
    )
    waiting, none = Award.objects.get(deed__key="each-w"), Award.objects.get(deed__key="each-n")
    nomination = nominating.nominate(
        world.actor("director"),
        nominating.Named(
            rule_set.rules.get(source="nominated").pk,
            "张三丰",
            "13805321111",
            timezone.localdate(),
            "送饭",
            came_from="staff",
        ),
        key="each",
    )
    nominating.put_on_notice(world.actor("street"), nomination.pk, "给老人送饭")
    appeal = Appeal.objects.create(
        award=none, person_id=person, text="不对", made_at=timezone.now(), due_on=timezone.localdate()
    )
    return {
        "set_id": str(rule_set.pk), "rule_id": str(rule_set.rules.all()[0].pk), "award_id": str(waiting.pk),
        "nomination_id": str(nomination.pk), "appeal_id": str(appeal.pk),
    }  # fmt: skip
