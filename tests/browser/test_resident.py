"""Journeys of residents: report in four taps, follow, answer, rate, reopen; with and without scripts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page, expect

from linli.requests.models import RequestDetail
from linli.work.models import Item
from tests.browser.helpers import TapCounter, check_accessible, check_fits, check_targets
from tests.browser.world import PASSWORD, World

Opener = Callable[..., Page]


def count(world: World) -> int:
    with world.inside():
        return Item.objects.count()


def newest(world: World) -> Item:
    with world.inside():
        return Item.objects.select_related("place", "category").latest("id")


def test_a_problem_is_reported_in_four_taps(page: Page, world: World, photo: Path) -> None:
    page.goto("/")
    taps = TapCounter(page)
    began = time.monotonic()
    page.get_by_role("link", name="报问题").first.click()
    taps.choose_file(page.locator("label.photo-add"), photo)
    expect(page.locator("[data-place-name]")).to_contain_text("墨河社区第1网格")
    expect(page.locator("input[name=uploads]")).to_have_count(1)
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/sent/")
    taken = time.monotonic() - began
    assert taps.taps <= 4, taps.taps
    assert taken < 30
    made = newest(world)
    expect(page.locator("main")).to_contain_text(made.number)
    with world.inside():
        assert made.place is not None and made.place.name.endswith("第1网格")
        assert list(made.evidence.values_list("kind", "visibility")) == [("photo", "public")]


def test_the_confirmation_names_one_unit_and_one_date_and_a_link(page: Page, world: World) -> None:
    page.goto("/report/")
    page.fill("#words", "楼下垃圾桶满了，没人清运")
    expect(page.locator("#categories input:checked")).to_have_count(1)
    expect(page.locator("#categories .chip:has(:checked)")).to_contain_text("垃圾")
    expect(page.locator("[data-place-name]")).to_contain_text("第1网格")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/sent/")
    expect(page.locator("main")).to_contain_text("通济街道环卫所")
    expect(page.locator("main")).to_contain_text("前")
    expect(page.locator(".qr svg")).to_be_visible()
    link = page.input_value("#link")
    check_accessible(page)
    page.goto(link)
    expect(page.locator("main")).to_contain_text("已转给通济街道环卫所")


def test_two_taps_on_submit_make_one_request(page: Page, world: World) -> None:
    page.goto("/report/")
    page.fill("#words", "路灯杆旁边的垃圾没人收")
    expect(page.locator("[data-place-name]")).to_contain_text("第1网格")
    before = count(world)
    page.get_by_role("button", name="提交").dblclick()
    page.wait_for_url("**/sent/**")
    assert count(world) == before + 1


def test_what_was_typed_and_uploaded_survives_an_error(page: Page, photo: Path) -> None:
    page.goto("/report/")
    page.locator("#photos").set_input_files(str(photo))
    expect(page.locator("input[name=uploads]")).to_have_count(1)
    page.fill("#words", "垃圾桶坏了")
    page.locator("#phone-part > summary").click()
    page.fill("#phone", "12345")
    page.get_by_role("button", name="提交").click()
    summary = page.locator("#problems")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("电话号码不完整")
    assert page.input_value("#words") == "垃圾桶坏了"
    assert page.input_value("#phone") == "12345"
    expect(page.locator("input[name=uploads]")).to_have_count(1)
    check_accessible(page)
    page.fill("#phone", "13800138000")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/sent/")


def test_a_photo_that_cannot_be_read_is_left_out_and_without_a_line_the_form_stays(
    open_page: Opener, world: World, photo: Path, tmp_path: Path
) -> None:
    # The refusal of the photo (415) stands in the console.
    page = open_page(position=world.home_point, complaints_allowed=True)
    apple = tmp_path / "IMG_0002.heic"
    apple.write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(600))
    page.goto("/report/")
    page.locator("#photos").set_input_files([str(photo), str(apple)])
    expect(page.locator(".photo-item.is-failed")).to_contain_text("HEIC")
    expect(page.locator("input[name=uploads]:enabled")).to_have_count(1)
    expect(page.locator("[data-place-name]")).to_contain_text("第1网格")
    page.context.set_offline(True)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert").filter(has_text="现在没有网络")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="提交").click()
    expect(page.locator("[data-said]")).to_contain_text("再提交一次，就不带它")
    check_accessible(page)
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/sent/")
    made = newest(world)
    assert made.title == "随手报"
    with world.inside():
        assert made.evidence.count() == 1


def test_reporting_and_following_without_scripts(open_page: Opener, world: World, photo: Path) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="报问题").first.click()
    page.set_input_files("#photos", str(photo))
    page.fill("#words", "楼下垃圾桶满了")
    page.fill("#where", "墨河小区")
    page.get_by_role("button", name="提交").click()
    # Four buildings bear the name: the page asks which one, and keeps the photo.
    expect(page.locator("#problems")).to_contain_text("有几处")
    expect(page.locator("input[name=uploads]:checked")).to_have_count(1)
    page.get_by_label("墨河小区2号楼").check()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("h1")).to_contain_text("已收到")
    made = newest(world)
    with world.inside():
        assert made.place is not None and made.place.name.endswith("第2网格")
        assert made.evidence.count() == 1
        assert RequestDetail.objects.get(pk=made.pk).words == "楼下垃圾桶满了"
    page.get_by_role("link", name="看进展").click()
    expect(page.locator("main")).to_contain_text("已转给通济街道环卫所")
    page.locator("details", has_text="不用办了").locator("summary").click()
    page.get_by_role("button", name="撤回这件事").click()
    expect(page.locator("main")).to_contain_text("已按您的要求撤回")


def test_a_community_from_the_list_is_enough(open_page: Opener, world: World) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/report/")
    page.fill("#words", "楼下垃圾桶满了")
    page.locator("details", has_text="从列表里选社区").locator("summary").click()
    page.select_option("#community", label="东关社区")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("h1")).to_contain_text("已收到")
    assert newest(world).place.name == "东关社区"


def test_a_resident_answers_a_question_and_rates_with_two_taps(page: Page, world: World) -> None:
    made = world.report("楼下垃圾桶满了，两天没人清运", uploads=(world.upload(),))
    world.take("handler", made.item_id, "sign")
    world.take("handler", made.item_id, "ask_reporter", question="请问是几单元？")
    page.goto(made.tracking_path)
    expect(page.locator("main")).to_contain_text("请问是几单元？")
    check_accessible(page)
    page.fill("#answer-text", "三单元门口")
    page.get_by_role("button", name="发送回答").click()
    expect(page.get_by_role("status").first).to_contain_text("您的回答已送到")
    world.take("handler", made.item_id, "reply", outcome="solved", answer="已清运。", after=[world.upload(150)])
    world.take("unithead", made.item_id, "endorse_reply")
    world.take("dispatcher", made.item_id, "approve_reply")
    world.take("grid", made.item_id, "verify_pass")
    page.goto(made.tracking_path)
    expect(page.locator(".timeline img")).to_have_count(2)
    broken = page.evaluate("[...document.images].filter((i) => i.complete && i.naturalWidth === 0).map((i) => i.src)")
    assert broken == []
    check_accessible(page)
    taps = TapCounter(page)
    page.get_by_text("非常满意").click()
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("status").first).to_contain_text("谢谢您的评价")
    assert taps.taps == 2
    with world.inside():
        assert Item.objects.get(pk=made.item_id).rating == 5


def test_what_is_not_solved_needs_a_reason_and_is_handled_again(page: Page, world: World) -> None:
    made = world.report("路口垃圾成堆")
    world.close(made)
    page.goto(made.tracking_path)
    page.get_by_text("没有解决", exact=True).click()
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("#problems")).to_contain_text("请写明哪里没有解决")
    page.fill("#rate-text", "今天早上又满了")
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("main")).to_contain_text("已要求再次办理")
    with world.inside():
        item = Item.objects.get(pk=made.item_id)
        assert (item.state, item.handling_round) == ("handling", 2)


def test_a_closed_matter_is_reopened_with_a_reason(page: Page, world: World) -> None:
    made = world.report("路口垃圾成堆")
    world.close(made)
    page.goto(made.tracking_path)
    page.locator("summary", has_text="要求重办").click()
    page.fill("#reopen-text", "过了两天又堆满了")
    page.get_by_role("button", name="要求重办").click()
    expect(page.locator("main")).to_contain_text("您要求重新办理")


def test_a_matter_is_found_by_number_and_phone_tail(page: Page, world: World) -> None:
    made = world.report("楼下垃圾桶满了", phone="13812345678", wants_news=True, uploads=(world.upload(),))
    page.goto("/track/")
    page.fill("#number", made.number)
    page.fill("#tail", "0000")
    page.get_by_role("button", name="查询").click()
    wrong_tail = page.locator("#problems").inner_text()
    page.fill("#number", made.number[:-2] + ("17" if made.number[-2:] != "17" else "18"))
    page.fill("#tail", "5678")
    page.get_by_role("button", name="查询").click()
    assert page.locator("#problems").inner_text() == wrong_tail
    page.fill("#number", made.number)
    page.fill("#tail", "5678")
    page.get_by_role("button", name="查询").click()
    page.wait_for_url(f"**/track/{made.number}/")
    expect(page.locator("main")).to_contain_text("已转给通济街道环卫所")
    assert page.evaluate("[...document.images].every((image) => !image.complete || image.naturalWidth > 0)")


def test_reporting_by_keyboard_alone(page: Page, world: World) -> None:
    page.goto("/report/")
    expect(page.locator("[data-place-name]")).to_contain_text("第1网格")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    for _step in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "words":
            break
    page.keyboard.type("楼下垃圾桶满了")
    for _step in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('form.report-form button[type=submit]:not([name])')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/sent/")
    assert newest(world).title == "楼下垃圾桶满了"


def test_a_place_outside_of_the_district_is_told_at_once(open_page: Opener, world: World) -> None:
    page = open_page(position=world.outside_point)
    page.goto("/report/")
    expect(page.locator("[data-place-name]")).to_contain_text("不在本区范围内")
    check_fits(page)


def test_a_problem_is_spoken_instead_of_written(page: Page, world: World) -> None:
    page.goto("/report/")
    expect(page.locator("[data-place-name]")).to_contain_text("第1网格")
    button = page.locator("[data-voice-start]")
    button.click()
    expect(page.locator("[data-voice-time]")).to_have_text("0:01")
    button.click()
    expect(page.locator("[data-voice-status]")).to_have_text("录音已保存")
    expect(page.locator("[data-voice] audio")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/sent/")
    with world.inside():
        evidence = newest(world).evidence.get()
        assert evidence.kind == "audio"
        assert evidence.size > 1000
    page.get_by_role("link", name="看进展").click()
    played = page.locator("main audio").first
    expect(played).to_be_visible()
    assert page.request.get(played.get_attribute("src") or "").ok


def test_the_reporter_appeals_against_a_refusal(page: Page, world: World) -> None:
    made = world.report("邻居在阳台养鸡，早上很吵", kind="report")
    world.take("duty", made.item_id, "refuse", reason="请先与物业联系。")
    page.goto(made.tracking_path)
    expect(page.locator("main")).to_contain_text("请先与物业联系。")
    taps = TapCounter(page)
    page.locator("summary", has_text="申诉").click()
    page.fill("#appeal-text", "物业说不归他们管，已经一个月了")
    check_accessible(page)
    page.get_by_role("button", name="提交申诉").click()
    expect(page.locator("main")).to_contain_text("申诉")
    expect(page.locator("#appeal-text")).to_have_count(0)
    assert taps.taps <= 3
    with world.inside():
        assert Item.objects.get(pk=made.item_id).asked == "request.decide_appeal"


def test_a_resident_signs_in_by_a_code_and_finds_all_own_matters(page: Page, world: World) -> None:
    page.goto("/my/")
    page.get_by_role("link", name="用手机号登录").click()
    page.fill("#id_phone", "13900139000")
    page.get_by_role("button", name="获取验证码").click()
    page.wait_for_url("**/login/phone/code/")
    sent = Path(settings.LINLI_HOME, "sms.log").read_text(encoding="utf-8").splitlines()
    page.fill("#id_code", [line.split()[2] for line in sent if line.split()[1].endswith("13900139000")][-1])
    check_accessible(page)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/my/")
    expect(page.locator("main")).to_contain_text("您还没有上报过")
    page.goto("/report/")
    page.fill("#words", "小区健身器材坏了")
    expect(page.locator("[data-place-name]")).to_contain_text("第1网格")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/sent/")
    page.goto("/my/")
    page.get_by_role("link", name="小区健身器材坏了").click()
    page.wait_for_url(f"**/my/{newest(world).number}/")
    expect(page.locator("main")).to_contain_text("您反映的内容")
    check_targets(page)


def test_a_captain_lands_on_the_own_page_and_reports_from_there(open_page: Opener, world: World) -> None:
    page = open_page(position=world.home_point)
    page.goto("/login/?next=/desk/")
    page.fill("#id_username", "captain")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/captain/")
    check_accessible(page)
    check_targets(page)
    page.locator("a.big-action").click()
    page.locator("[data-write]").click()
    page.fill("#words", "三单元楼道灯不亮")
    page.locator("[data-send]").click()
    expect(page.locator(".captain-thanks")).to_contain_text("三单元楼道灯不亮")
    page.goto("/captain/mine/")
    expect(page.locator(".captain-came .row-title").first).to_contain_text("三单元楼道灯不亮")
