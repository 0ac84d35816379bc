"""Examples of the operations on wishes. The tests hold them against the schemas, so they stay true."""

from __future__ import annotations

from typing import Any

from linli.api.examples import AT, KEY, LATER, TOKEN

NUMBER = "20261123000121"
PLACE = {"id": 45, "name": "东山社区"}
WISH: dict[str, Any] = {
    "number": NUMBER, "sort": "wish_help", "sort_label": "搭把手", "title": "修一修漏水的龙头",
    "words": "厨房的龙头关不紧，请会修的邻居上门看看。", "state": "on_wall", "state_label": "待认领",
    "meaning": "waiting", "place": PLACE, "due": LATER, "received_at": AT, "closed_at": None, "version": 2,
    "mine": "", "may": ["claim"], "synthetic": False,
}  # fmt: skip
CLAIMED = WISH | {
    "state": "matched", "state_label": "正在兑现", "meaning": "open", "version": 4, "mine": "claimed",
    "may": ["fulfil", "give_back"],
}  # fmt: skip
FOLLOWED = WISH | {
    "state": "fulfilled", "state_label": "待确认", "meaning": "open", "version": 5, "mine": "wished",
    "may": ["confirm", "not_fulfilled", "withdraw"], "sentence": "认领人说已经办好，请您确认",
    "claimer_words": "换了新龙头。", "reason": "",
}  # fmt: skip
OPERATIONS: dict[str, dict[str, Any]] = {
    "list_wishes": {
        "parameters": {"shown": "on_wall", "place": 45}, "answer": {"items": [WISH], "page": 1, "next": None},
    },
    "create_wish": {
        "parameters": {"Idempotency-Key": KEY},
        "body": {
            "sort": "wish_help", "words": "厨房的龙头关不紧，自己弄不了。", "place": 45, "name": "冯阿姨",
            "phone": "13805326789", "address": "2号楼3单元501室", "wants_news": True,
        },
        "answer": {
            "number": NUMBER, "tracking_token": TOKEN,
            "tracking_url": f"https://linli.example.org/wishes/w/{TOKEN}/",
        },
    },
    "list_own_wishes": {"answer": {"claimed": [CLAIMED], "wished": []}},
    "list_handled_wishes": {
        "parameters": {"tab": "on_wall"},
        "answer": {
            "items": [WISH | {"may": []}], "page": 1, "next": None, "total": 1,
            "tabs": {
                "recorded": 0, "on_wall": 1, "claimed": 0, "matched": 0, "fulfilled": 0, "closed": 3, "ended": 0,
            },
        },
    },
    "follow_wish": {"parameters": {"wish_token": TOKEN}, "answer": FOLLOWED},
    "take_wisher_steps": {
        "parameters": {"wish_token": TOKEN, "Idempotency-Key": KEY},
        "body": {"steps": [{"transition": "confirm", "data": {}}]},
        "answer": {"number": NUMBER, "state": "closed", "state_label": "已实现", "version": 6},
    },
    "read_wish": {"parameters": {"wish_number": NUMBER}, "answer": WISH},
    "take_wish_steps": {
        "parameters": {"wish_number": NUMBER, "Idempotency-Key": KEY, "If-Match": '"2"'},
        "body": {"steps": [{"transition": "claim", "data": {"offer": "我会修"}}]},
        "answer": {"number": NUMBER, "state": "claimed", "state_label": "待同意认领", "version": 3},
    },
    "reveal_wisher": {
        "parameters": {"wish_number": NUMBER},
        "answer": {"words": "", "name": "冯阿姨", "phone": "13805326789", "address": "2号楼3单元501室"},
    },
}  # fmt: skip
