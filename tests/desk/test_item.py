"""The item page: forms from the workflow, refusals that keep what was typed, the contact behind a lock."""

from __future__ import annotations

from linli.people.models import AuditRecord
from tests.desk.conftest import sign_in
from tests.requests.walk import Walker


def test_a_step_is_taken_by_its_form_and_offers_to_be_taken_back(walker: Walker) -> None:
    item = walker.begin()
    client = sign_in(walker.world, "handler")
    page = client.post(f"/desk/items/{item.number}/steps/sign/", {"key": "k", "version": item.version}, follow=True)
    assert walker.item.state == "handling"
    assert page.context["toast"]["recall"] == [item.number]
    assert page.context["page"].primary.code == "reply"


def test_a_refused_form_keeps_what_was_typed(walker: Walker) -> None:
    item = walker.begin()
    walker.take("handler", "sign")
    client = sign_in(walker.world, "handler")
    page = client.post(f"/desk/items/{item.number}/steps/reply/", {"key": "k", "answer": "已经清运干净"})
    assert page.status_code == 422
    fields = {field.name: field for field in page.context["form"].fields}
    assert fields["answer"].value == "已经清运干净"
    assert fields["outcome"].error


def test_whoever_is_second_sees_the_new_state_and_keeps_the_text(walker: Walker) -> None:
    item = walker.begin(kind="consultation")
    version = item.version
    walker.take("duty2", "accept")
    client = sign_in(walker.world, "duty")
    sent = {"key": "k", "version": version, "answer": "可以到社区办理"}
    page = client.post(f"/desk/items/{item.number}/steps/answer_directly/", sent)
    assert page.status_code == 409
    assert "可以到社区办理" in page.content.decode()
    assert "已受理" in page.content.decode()


def test_signs_that_only_look_like_digits_are_refused_like_any_other_word(walker: Walker) -> None:
    item = walker.begin(kind="consultation")
    walker.take("duty", "accept")
    client = sign_in(walker.world, "dispatcher")
    sent = {"key": "n", "version": "²", "lead": "²"}
    page = client.post(f"/desk/items/{item.number}/steps/dispatch/", sent)
    assert page.status_code == 422


def test_the_contact_is_masked_until_it_is_asked_for_and_the_look_is_recorded(walker: Walker) -> None:
    item = walker.begin(phone="13812345678", contact_name="李小明")
    client = sign_in(walker.world, "dispatcher")
    text = client.get(f"/desk/items/{item.number}/").content.decode()
    assert "13812345678" not in text
    assert "138****5678" in text
    shown = client.post(f"/desk/items/{item.number}/contact/").content.decode()
    assert "13812345678" in shown
    assert AuditRecord.objects.filter(action="contact.seen", subject=f"item:{item.pk}").count() == 1


def test_an_informer_is_not_shown_to_those_who_handle(walker: Walker) -> None:
    item = walker.begin(kind="report", phone="13812345678", contact_name="李小明")
    walker.take("duty", "accept")
    client = sign_in(walker.world, "dispatcher")
    text = client.get(f"/desk/items/{item.number}/").content.decode()
    assert "138****5678" not in text
    assert client.post(f"/desk/items/{item.number}/contact/").status_code == 404


def test_why_the_deadline_is_what_it_is_can_be_read(walker: Walker) -> None:
    item = walker.begin()
    page = sign_in(walker.world, "dispatcher").get(f"/desk/items/{item.number}/")
    clocks = {clock.name: clock for clock in page.context["page"].clocks}
    explanation = clocks["市民时钟"].explanation
    assert explanation.rule == "7 工作日"
    assert explanation.lines[-1].label == "到期"
    assert explanation.lines[-1].first == clocks["市民时钟"].due


def test_rework_tells_the_unit_why(walker: Walker) -> None:
    item = walker.begin()
    walker.run([
        ("handler", "sign", {}), ("handler", "reply", {"outcome": "solved", "answer": "好了"}),
        ("head", "endorse_reply", {}), ("dispatcher", "approve_reply", {}),
    ])  # fmt: skip
    grid = sign_in(walker.world, "grid")
    assert grid.get(f"/desk/verify/{item.number}/").status_code == 200
    sent = {"key": "v", "reason": "现场还没有处理好"}
    grid.post(f"/desk/items/{item.number}/steps/verify_fail/", sent)
    page = sign_in(walker.world, "handler").get(f"/desk/items/{item.number}/")
    assert page.context["page"].returned[0][1] == "现场还没有处理好"


def test_a_verifier_tells_how_far_from_the_spot_they_stood(walker: Walker) -> None:
    item = walker.begin()
    walker.run([
        ("handler", "sign", {}), ("handler", "reply", {"outcome": "solved", "answer": "好了"}),
        ("head", "endorse_reply", {}), ("dispatcher", "approve_reply", {}),
    ])  # fmt: skip
    grid = sign_in(walker.world, "grid")
    page = grid.get(f"/desk/items/{item.number}/?step=verify_pass")
    assert "metres" not in {field.name for field in page.context["form"].fields}, "it is read, not asked"
    fresh = walker.item
    assert fresh.longitude is not None and fresh.latitude is not None
    sent = {"key": "v", "here_lon": str(fresh.longitude), "here_lat": str(fresh.latitude + 0.001), "metres": "1"}
    grid.post(f"/desk/items/{item.number}/steps/verify_pass/", sent)
    shown = grid.get(f"/desk/items/{item.number}/").context["page"].timeline
    facts = next(dict(entry.facts) for entry in shown if entry.code == "verify_pass")
    assert facts == {"核查时离现场（米）": "111"}


def test_a_chosen_step_opens_its_form(walker: Walker) -> None:
    item = walker.begin()
    walker.take("handler", "sign")
    page = sign_in(walker.world, "handler").get(f"/desk/items/{item.number}/?step=ask_extension")
    names = [field.name for field in page.context["form"].fields]
    assert names == ["reason", "until"]


def test_phones_in_titles_and_texts_are_masked_everywhere(walker: Walker) -> None:
    item = walker.begin(words="请打13812345678找我，楼下垃圾没人清理")
    client = sign_in(walker.world, "dispatcher")
    for path in ("/desk/?tab=all", f"/desk/items/{item.number}/", "/desk/search/?q=垃圾", "/desk/map/?tab=all"):
        text = client.get(path).content.decode()
        assert "13812345678" not in text, path
        assert "138****5678" in text, path


def test_why_others_have_not_reported_is_asked_only_while_others_owe_a_report(walker: Walker) -> None:
    item = walker.begin()
    walker.take("handler", "sign")
    client, address = sign_in(walker.world, "handler"), f"/desk/items/{item.number}/"

    def asked() -> bool:
        return "override" in {field.name for field in client.get(address).context["page"].primary.fields}

    assert not asked()
    walker.take("handler", "ask_co_handler", unit=walker.world.units["enforcement"].pk)
    assert asked()
