"""The catalogue is versioned: what was is kept, what is holds at once, and only editors change it."""

from __future__ import annotations

from linli.people.models import AuditRecord
from linli.work import catalogue as services
from linli.work.models import Category, DeadlineRule
from linli.work.terms import catalogue
from tests.desk.conftest import sign_in
from tests.requests.walk import Walker
from tests.support.world import World


def test_an_edit_keeps_the_old_wording_and_raises_the_revision(world: World) -> None:
    row = world.category("0102")
    sign_in(world, "admin").post(
        f"/desk/catalogue/categories/{row.pk}/",
        {
            "name": "暴露垃圾和异味",
            "urgency": "2",
            "function": "sanitation",
            "keywords": "垃圾 异味",
            "dispatch_by_rule": "1",
        },
    )
    new = Category.objects.get(pk=row.pk)
    old = Category.objects.exclude(valid_to=None).get(code="0102")
    assert (new.name, new.revision, new.urgency, new.is_seed) == ("暴露垃圾和异味", 2, 2, False)
    assert (old.name, old.revision) == (row.name, 1)
    assert old.valid_to == new.valid_from
    assert catalogue().categories[row.pk].name == "暴露垃圾和异味"
    assert AuditRecord.objects.filter(action="catalogue.changed").count() == 1


def test_the_list_of_a_category_still_finds_older_items(walker: Walker) -> None:
    item = walker.begin(category="0102")
    services.change_category(walker.world.actor("admin"), item.category_id, {"name": "垃圾"})
    page = sign_in(walker.world, "dispatcher").get(f"/desk/?tab=all&category={item.category_id}")
    assert [line.row.number for line in page.context["lines"]] == [item.number]


def test_a_limit_of_its_own_holds_for_the_next_request(walker: Walker) -> None:
    category = walker.world.category("0102")
    sent = {"category": category.pk, "clock": "handle", "unit": "working_hour", "value": "2"}
    sign_in(walker.world, "admin").post("/desk/catalogue/deadlines/", sent)
    assert DeadlineRule.objects.filter(category=category, clock="handle", active=True).count() == 1
    walker.begin(category="0102")
    clock = walker.item.clocks.get(kind="handle", leg=None)
    assert (clock.rule["value"], clock.rule["unit"]) == (2, "working_hour")


def test_who_answers_can_be_changed(walker: Walker) -> None:
    category, unit = walker.world.category("0102"), walker.world.units["enforcement"]
    sent = {"category": category.pk, "organisation": unit.pk, "role": "lead", "automatic": "1"}
    sign_in(walker.world, "admin").post("/desk/catalogue/dispatch/", sent)
    assert walker.begin(category="0102").responsible_organisation_id == unit.pk


def test_others_read_but_do_not_edit(world: World) -> None:
    row = world.category("0102")
    client = sign_in(world, "street")
    assert client.get("/desk/catalogue/").status_code == 200
    assert client.post(f"/desk/catalogue/categories/{row.pk}/", {"name": "x"}).status_code == 403
    assert (
        client.post("/desk/catalogue/deadlines/", {"clock": "handle", "unit": "working_day", "value": "1"}).status_code
        == 403
    )
    assert Category.objects.get(pk=row.pk).name == row.name


def test_a_refused_category_keeps_what_was_typed(walker) -> None:
    client = sign_in(walker.world, "admin")
    there = Category.objects.filter(valid_to=None).exclude(parent=None).first()
    assert there is not None
    sent = {"code": "垃圾", "name": "占道堆放", "keywords": "堆放 占道", "function": "sanitation"}
    sent["parent"] = str(there.parent_id)
    page = client.post("/desk/catalogue/categories/new/", sent)
    text = page.content.decode()
    assert page.status_code == 422 and 'role="alert"' in text
    assert 'value="占道堆放"' in text and 'value="堆放 占道"' in text
    assert '<option value="sanitation" selected>' in text and f'<option value="{there.parent_id}" selected>' in text


def test_a_limit_says_for_what_it_is_and_one_of_findings_leaves_that_of_requests(world: World) -> None:
    row = world.category("0102")
    client = sign_in(world, "admin")
    address = f"/desk/catalogue/categories/{row.pk}/"
    before = {rule["kind"]: rule["limit"] for rule in client.get(address).context["deadlines"]}
    assert list(before) == ["诉求"]
    sent = {"category": row.pk, "kind": "finding", "clock": "handle", "unit": "working_hour", "value": "1"}
    client.post("/desk/catalogue/deadlines/", sent)
    after = {rule["kind"]: rule["limit"] for rule in client.get(address).context["deadlines"]}
    assert after == before | {"巡查发现": "1 工作时"}
    assert DeadlineRule.objects.get(category=row, active=True, kind="finding").value == 1


def test_refused_rules_keep_what_was_typed(world: World) -> None:
    row, street = world.category("0102"), world.places["street"]
    client = sign_in(world, "admin")
    limit = {
        "clock": "sign",
        "unit": "working_day",
        "value": "0",
        "place": street.pk,
        "legal_basis": "《某条例》第三条",
    }
    rule = {"basis": "区办发〔2026〕3号", "role": "co", "place": street.pk}
    for address, sent in (("/desk/catalogue/deadlines/", limit), ("/desk/catalogue/dispatch/", rule)):
        for category in ("", str(row.pk)):
            page = client.post(address, sent | {"category": category})
            text = page.content.decode()
            assert page.status_code == 422 and 'role="alert"' in text and '<details class="fold" open>' in text
            assert f'<option value="{street.pk}" selected>' in text
            assert all(str(value) in text for name, value in sent.items() if name in ("legal_basis", "basis"))
