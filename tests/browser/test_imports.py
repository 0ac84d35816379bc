"""An office's spreadsheet from upload to undo, on a desktop and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import check_accessible, check_fits
from tests.exchange.conftest import workbook


@pytest.mark.long
@pytest.mark.parametrize("desktop", [True, False], ids=["desktop", "phone"])
def test_a_roster_from_upload_to_undo(open_page: Callable[..., Page], tmp_path: Path, desktop: bool) -> None:
    name = "周" + ("一" if desktop else "二")
    file = tmp_path / "花名册.xlsx"
    file.write_bytes(workbook([
        ["网格员花名册", None, None, None],
        ["社区", "姓名", "联系电话", "岗位"],
        ["墨河", f"{name}明", f"1390000001{int(desktop)}", "红袖标"],
        ["墨河社区", f"{name}华", "138.0000.000", "网格长"],
        ["合计", 2, None, None],
    ]))  # fmt: skip
    page = open_page(desktop=desktop, sign_in="director")
    page.goto("/desk/imports/")
    check_accessible(page)
    check_fits(page)
    page.get_by_label("人员和任职").check()
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_role("heading", name="花名册.xlsx")).to_be_visible()
    for _round in range(4):
        if not page.get_by_role("heading", name="请确认").is_visible():
            break
        check_accessible(page)
        check_fits(page)
        for question in page.locator("#doubts select").all():
            question.select_option(label="社区工作人员")
        page.get_by_role("button", name="确认并重新核对").click()
        page.wait_for_load_state()
    check_fits(page)
    page.get_by_role("button", name="导入 1 行").click()
    expect(page.get_by_role("heading", name="结果")).to_be_visible()
    check_accessible(page)
    check_fits(page)
    expect(page.get_by_text("电话号码不完整").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载退回的行").click()
    assert download.value.suggested_filename == "花名册-退回.xlsx"
    page.get_by_text("撤销整批").click()
    page.get_by_role("button", name="确定撤销").click()
    expect(page.get_by_text("已撤销").first).to_be_visible()
