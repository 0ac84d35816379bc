"""The one place that masks: what shows and what does not."""

from __future__ import annotations

import pytest

from linli.people import masking

TABLE = [
    ("name", "王小明", "王**"),
    ("name", "王明", "王*"),
    ("name", "欧阳小明", "欧阳**"),
    ("name", "欧阳", "欧*"),
    ("name", "Anna Schmidt", "A**"),
    ("name", " ", ""),
    ("phone", "13812345678", "138****5678"),
    ("phone", "+86 138-1234-5678", "138****5678"),
    ("phone", "138.1234.5678", "138****5678"),
    ("phone", "１３８１２３４５６７８", "138****5678"),
    ("phone", "0532-88512345", "053****45"),
    ("phone", "110", "***"),
    ("id_number", "370282199001011234", "37***************4"),
    ("id_number", "37028219900101123x", "37***************X"),
    ("id_number", "123", "***"),
    ("address", "通济街道阳光小区3号楼2单元501室", "通济街道阳光小区**"),
    ("address", "文化路１２号院5栋", "文化路**"),
    ("informer", "谁说的", "******"),
    ("dispute", "长长的纠纷经过", "******"),
    ("child", "某某", "******"),
    ("something new", "x", "******"),
    ("text", "请打13812345678或0532-88512345联系王女士", "请打138****5678或0532-****45联系王女士"),
    ("text", "身份证370282199001011234，卡6222021234567890123", "身份证37***************4，卡6222 **** ****"),
    ("text", "邮箱 someone@example.com。", "邮箱 s***@example.com。"),
    ("text", "3号楼201室漏水，已经20天", "3号楼201室漏水，已经20天"),
    ("text", "工单 20261123000123 金额 12345.67", "工单 20261123000123 金额 12345.67"),
]


@pytest.mark.parametrize(("kind", "clear", "masked"), TABLE)
def test_masks(kind, clear, masked):
    assert masking.shown(kind, clear, clear=False) == masked
    assert masking.shown(kind, clear, clear=True) == clear


def test_masking_twice_changes_nothing():
    for kind, clear, _masked in TABLE:
        if kind == "text":
            once = masking.mask_text(clear)
            assert masking.mask_text(once) == once


def test_logs_hold_no_secrets_and_no_personal_data():
    event = {
        "event": "call from 13812345678\nforged line",
        "password": "hunter2",
        "api_token": "lnl_abc",
        "reporter_phone": "13812345678",
        "data": {"id_number": "370282199001011234", "list": ["13812345678", 5]},
        "count": 3,
        "exception": "Traceback\n  13812345678",
        "request_id": "13812345678abc",
    }
    clean = masking.structlog_processor(None, "info", dict(event))
    assert clean["event"] == "call from 138****5678\\x0aforged line"
    assert clean["password"] == clean["api_token"] == "******"
    assert clean["reporter_phone"] == "138****5678"
    assert clean["data"] == {"id_number": "37***************4", "list": ["138****5678", 5]}
    assert clean["count"] == 3 and clean["request_id"] == "13812345678abc"
    assert clean["exception"] == "Traceback\n  138****5678"
