"""Examples for the OpenAPI document; a test holds each against its schema."""

from __future__ import annotations

import json
from typing import Any

from linli.api.problems import TITLES

NUMBER = "202611230104217"
TOKEN = "q7Xh2LkZ0m3vYt9RwPbA4g"  # noqa: S105
KEY = "0190163d-8694-739b-aea5-966c26f8ad90"
AT, LATER = "2026-11-23T12:21:43Z", "2026-11-26T09:30:00Z"
UNIT = {"id": 4, "name": "区环卫中心"}
GRID = {"id": 3021, "name": "东山社区第1网格"}
CATEGORY = {"id": 12, "name": "暴露垃圾"}
_VERSION = {"id": 5, "number": 2, "state": "published", "valid_from": "2026-01-01", "valid_to": None}
_CODES = {
    400: "malformed",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    415: "unsupported_format",
    422: "missing",
    429: "too_many",
}


def problem(status: int) -> dict[str, Any]:
    """A refusal with this status."""
    code = _CODES[status]
    body: dict[str, Any] = {
        "type": f"urn:linli:problem:{code}",
        "title": TITLES[status].zh,
        "status": status,
        "detail": TITLES[status].zh + "。",
        "code": code,
    }
    if status == 409:
        body |= {"state": "handling", "version": 5}
    return body | ({"field": "words"} if status == 422 else {})


PLACE = {
    "id": 3021, "parent": 45, "path": "1.2.45.3021", "kind": "grid", "kind_label": "网格", "site_kind": "",
    "name": GRID["name"], "full_name": "试验区试验街道东山社区第1网格", "code": "370299001001001",
    "code_scheme": "grid", "layer": "governance", "lon": 120.455, "lat": 36.375, "synthetic": True,
}  # fmt: skip

_SHARED: dict[str, Any] = {
    "number": NUMBER, "kind": "request", "subkind": "complaint", "title": "楼下垃圾堆了三天没人清理",
    "state": "dispatched", "state_label": "已派遣", "meaning": "open", "urgency": 1, "due": LATER,
    "next_due": "2026-11-24T01:21:43Z", "due_provisional": False, "received_at": AT, "place": GRID,
    "address": "阳光小区**", "category": CATEGORY, "unit": UNIT, "longitude": 120.4552, "latitude": 36.3752,
    "rework_count": 0, "version": 1,
}  # fmt: skip

ROW: dict[str, Any] = {**_SHARED, "expected": "sign"}
REQUEST: dict[str, Any] = {
    **_SHARED, "words": "楼下垃圾堆了三天没人清理，臭味很大。", "source": "api", "closed_at": None, "rating": None,
    "outcome": "", "handling_round": 1, "primary": "sign", "asks": [], "children": [],
    "contact": {"anonymous": False, "protected": False, "wants_news": True, "name": "王**", "phone": "138****5678",
                "may_reveal": True},
    "legs": [{
        "id": KEY, "role": "lead", "unit": UNIT, "state": "sent", "active": True, "sent_at": AT, "signed_at": None,
        "signed_by_limit": False, "contacted_at": None, "reported_at": None, "ended_at": None,
    }],
    "clocks": [{
        "kind": "handle", "leg": None, "state": "running", "started_at": AT, "due_at": LATER, "warn_at": None,
        "stopped_at": None, "provisional": False, "rule": {"unit": "working_day", "value": 3}, "pauses": [],
    }],
    "photos": [{
        "id": 7, "kind": "photo", "purpose": "report", "visibility": "public", "taken_at": AT,
        "distance_metres": 12.5, "flags": [], "url": "/media/7/1280/",
    }],
}  # fmt: skip

OUTCOME = {"number": NUMBER, "state": "handling", "state_label": "办理中", "version": 2}
_LABEL = {"zh": "签收", "en": "Sign for"}

FOLLOWED: dict[str, Any] = {
    "number": NUMBER, "kind": "complaint", "title": ROW["title"], "words": REQUEST["words"],
    "state": "dispatched", "sentence": "已转给区环卫中心，2026-11-26 17:30 前处理", "unit": UNIT["name"], "due": LATER,
    "due_provisional": False, "received_at": AT, "closed_at": None, "question": "", "rating": None,
    "merged_into": "", "photos": [f"/media/7/1280/?t={TOKEN}"],
    "timeline": [{"at": AT, "sentence": "您反映的问题已收到", "texts": [], "photos": []}],
    "may": {"withdraw": True, "rate": False}, "version": 1,
}  # fmt: skip

ERASURE: dict[str, Any] = {
    "id": 3, "state": "pending", "state_label": "等待办理", "reason": "asked_by_person", "asked_at": AT,
    "asked_by_oneself": True, "decided_at": None, "refusal": "", "refusal_label": "", "counts": {},
}  # fmt: skip

PATROLLER = {"id": 12, "name": "王网格"}
RECORD: dict[str, Any] = {
    "client_key": KEY, "round_id": 7, "site_id": 4021, "criterion_id": 318, "result": "pass", "observed_at": AT,
}  # fmt: skip
CONFLICT: dict[str, Any] = {
    "id": 5, "client_key": KEY, "code": "round_ended", "label": "这次巡查已经结束。", "site_name": "鹤山路农贸市场",
    "criterion_title": "地面干净，无垃圾、积水", "observed_at": AT, "choices": [{"code": "store", "label": "仍然记录"}],
}  # fmt: skip

ROUND: dict[str, Any] = {
    "id": 7, "title": "东山社区每周巡查", "kind": "weekly", "theme": "", "state": "running",
    "place": {"id": 45, "name": "东山社区"}, "since": "2026-11-23", "until": "2026-11-29", "total": 2, "done": 1,
    "planned_at": LATER, "synthetic": False,
}  # fmt: skip
ROUND_WHOLE: dict[str, Any] = {
    **ROUND, "minutes_per_visit": 10, "metres": 812.5,
    "progress": {"due": 0, "done": 1, "unreachable": 1, "closed": 0, "covered": 50.0},
    "findings": {"found": 1, "open": 0, "same_day": 100.0},
    "teams": [{"id": 3, "name": "第一组", "minutes_per_day": 240, "active": True, "total": 2, "done": 1}],
    "sites": [
        {
            "id": 4021, "name": "鹤山路1号商铺", "kind": "shop", "longitude": 120.4531, "latitude": 36.3762,
            "state": "unreachable", "reason": "今天没开门", "team": "第一组", "planned_on": "2026-11-24", "position": 1,
            "done_at": None, "failed": 0,
        },
        {
            "id": 4022, "name": "鹤山路3号商铺", "kind": "shop", "longitude": 120.4536, "latitude": 36.3763,
            "state": "done", "reason": "", "team": "第一组", "planned_on": "2026-11-24", "position": 2,
            "done_at": LATER, "failed": 1,
        },
    ],
}  # fmt: skip
OPERATIONS: dict[str, dict[str, Any]] = {
    "read_patrol_session": {"answer": {"person": PATROLLER, "csrf": TOKEN, "now": AT}},
    "read_patrol_day": {
        "answer": {
            "day": "2026-11-23", "made_at": AT, "csrf": TOKEN, "person": PATROLLER, "rounds": [], "sites": [],
            "criteria": [], "categories": [], "areas": [{"id": 310, "name": "墨河社区第1网格"}], "units": [],
            "ground": {"type": "FeatureCollection", "features": []},
            "conflicts": [CONFLICT],
            "rechecks": [
                {"url": "/desk/mutual/checks/56/", "name": "鹤山路1号商铺", "checker": "鹤山路3号商铺",
                 "due_on": "2026-11-23", "mended": True},
            ],
        },
    },
    "sync_patrol": {
        "body": {"batch": json.dumps({"device": "phone", "observations": [RECORD], "files": {}})},
        "answer": {
            "received_at": AT,
            "outcomes": [
                {"client_key": KEY, "outcome": "stored", "code": "", "label": "", "number": "", "conflict": None}
            ],
        },
    },
    "decide_patrol_conflict": {
        "parameters": {"conflict_id": 5}, "body": {"choice": "store"}, "answer": {"outcome": "stored", "number": ""},
    },
    "create_request": {
        "parameters": {"Idempotency-Key": KEY},
        "body": {
            "kind": "complaint", "words": "楼下垃圾堆了三天没人清理，臭味很大。", "longitude": 120.4552,
            "latitude": 36.3752, "crs": "EPSG:4326", "phone": "13812345678", "wants_news": True,
        },
        "answer": {
            "number": NUMBER, "state": "dispatched", "state_label": "已派遣", "version": 1, "unit": UNIT["name"],
            "due": LATER, "tracking_token": TOKEN, "tracking_url": f"https://linli.example.org/r/{TOKEN}/",
        },
    },
    "list_requests": {
        "parameters": {"tab": "today"},
        "answer": {
            "items": [ROW], "page": 1, "total": 1, "total_is_exact": True, "next": None,
            "tabs": {"all": 1, "mine": 1, "overdue": 0, "today": 1, "week": 1, "asked": 0, "waiting": 0},
        },
    },
    "read_request": {"parameters": {"number": NUMBER}, "answer": REQUEST},
    "reveal_contact": {"parameters": {"number": NUMBER}, "answer": {"name": "王小明", "phone": "13800005678"}},
    "read_history": {
        "parameters": {"number": NUMBER},
        "answer": {
            "number": NUMBER, "version": 1,
            "events": [{
                "sequence": 1, "at": AT, "transition": "report", "label": "上报", "plain": "您反映的问题已收到",
                "by": {"name": "", "role": "anonymous", "unit": ""}, "codes": {}, "texts": {}, "erased": False,
            }],
        },
    },
    "read_steps": {
        "parameters": {"number": NUMBER},
        "answer": {
            "number": NUMBER, "state": "dispatched", "version": 1,
            "steps": [{
                "transition": "sign", "label": "签收", "primary": True, "danger": False, "blocked": None,
                "deadline": "签收时钟停止", "basis": "",
                "data_schema": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
            }],
        },
    },
    "take_steps": {
        "parameters": {"number": NUMBER, "Idempotency-Key": KEY, "If-Match": '"1"'},
        "body": {"steps": [{"transition": "sign", "data": {}}]},
        "answer": OUTCOME,
    },
    "follow": {"parameters": {"token": TOKEN}, "answer": FOLLOWED},
    "track": {
        "body": {"number": NUMBER, "phone_tail": "5678"},
        "answer": {**FOLLOWED, "token": TOKEN, "token_expires_at": LATER},
    },
    "take_own_steps": {
        "parameters": {"token": TOKEN, "Idempotency-Key": KEY},
        "body": {"steps": [{"transition": "rate_satisfied", "data": {"rating": "5"}}]},
        "answer": {"number": NUMBER, "state": "closed", "state_label": "已办结", "version": 9},
    },
    "upload": {
        "body": {"file": "photo.jpg", "kind": "photo", "taken_at": AT},
        "answer": {
            "token": KEY, "kind": "photo", "pages": None, "caption": "", "width": 1600,
            "height": 1200, "seconds": None, "taken_at": AT, "located": True, "thumb": f"/uploads/{KEY}/",
        },
    },
    "list_categories": {
        "answer": [{
            "id": 12, "code": "0102", "parent": 11, "name": "暴露垃圾", "plain_name": "垃圾没人清理", "urgency": 1,
            "kinds": ["complaint", "help"], "function": "sanitation", "photo_reason": "拍下垃圾和周围", "seed": True,
            "needs_site_check": True,
        }],
    },
    "suggest_categories": {
        "parameters": {"words": "垃圾没人清理", "kind": "complaint"},
        "answer": [{"id": 12, "name": "暴露垃圾", "score": 16.0}],
    },
    "read_workflow": {
        "parameters": {"kind": "request"},
        "answer": {
            "kind": "request", "label": {"zh": "诉求", "en": "Request"}, "diagram": "stateDiagram-v2\n",
            "states": [{
                "code": "dispatched", "label": {"zh": "已派遣", "en": "Dispatched"}, "meaning": "open",
                "plain": {"zh": "已转给{unit}", "en": "Passed to {unit}"}, "awaits": ["sign"],
            }],
            "transitions": [{
                "code": "sign", "label": _LABEL, "sources": ["dispatched"], "target": "handling",
                "permission": "request.sign", "party": "leg", "who": {"zh": "主办单位", "en": "lead unit"},
                "fields": [], "guards": ["own_leg_leads"], "effects": ["sign_leg"], "deadline": None, "basis": "",
                "plain": None,
            }],
        },
    },
    "list_organisations": {
        "answer": [{
            "id": 4, "parent": None, "kind": "department", "name": "区环境卫生服务中心", "short_name": "区环卫中心",
            "place": {"id": 1, "name": "试验区"}, "functions": ["sanitation"], "can_order": False,
        }],
    },
    "list_standards": {
        "answer": [{
            "id": 3, "name": "示例城区环境与秩序测评体系", "note": "", "example": True,
            "place": {"id": 8, "name": "即墨区"},
            "versions": [_VERSION],
        }],
    },
    "read_standard_version": {
        "parameters": {"version_id": 5},
        "answer": {
            "standard": {"id": 3, "name": "示例城区环境与秩序测评体系"}, "version": _VERSION,
            "nodes": [{
                "id": 71, "parent": 70, "lineage": KEY, "level": "criterion", "code": "1.1.1", "title": "路面平整",
                "guidance": "", "weight": "1.4", "method": "field", "site_kinds": ["main_road", "lane"],
                "category": "0109",
                "rule": {"kind": "deduction", "points": "0.4", "basis": "each"},
                "evidence": [{"kind": "photo", "count": 3, "days": 90}], "units": [{"unit": UNIT, "part": "lead"}],
            }],
        },
    },
    "list_roles": {
        "answer": [{
            "slug": "unit_handler", "label": "单位经办人", "duty": "签收、联系、办理、反馈", "scope": "organisation",
            "staff": True, "second_factor": True, "permissions": [{"code": "request.sign", "label": "签收"}],
        }],
    },
    "read_me": {
        "answer": {
            "username": "handler", "name": "韩立", "channel": "staff", "language": "zh-hans", "second_factor": True,
            "grants": [{
                "role": "unit_handler", "label": "单位经办人", "place": None, "unit": 4, "everywhere": False,
                "delegated": False,
            }],
            "permissions": ["request.sign", "work.view"],
        },
    },
    "read_own_erasure": {"answer": {"total": 2, "live": 0, "wish": ERASURE}},
    "ask_own_erasure": {"body": {"take_back": False}, "answer": ERASURE},
    "list_erasures": {"answer": [ERASURE]},
    "list_doubts": {
        "parameters": {"erasure_id": 3},
        "answer": [
            {"ref": "agreement:7", "where": "门前五包签字人 · 点位2 · 2026-11-20", "words": "赵铁柱", "likely": True}
        ],
    },
    "ask_erasure": {
        "body": {"phone": "13812345678", "reason": "asked_by_person"}, "answer": {**ERASURE, "asked_by_oneself": False},
    },
    "decide_erasure": {
        "parameters": {"erasure_id": 3}, "body": {"decision": "confirm"},
        "answer": {**ERASURE, "state": "done", "state_label": "已删除", "decided_at": LATER, "counts": {"items": 2}},
    },
    "list_assessments": {
        "answer": [{
            "id": 1, "title": "2026年度文明创建自评", "place": {"id": 1, "name": "试验区"}, "standard": "示例标准",
            "version": 1, "since": "2026-07-01", "until": "2026-12-31", "state": "open", "synthetic": True,
        }],
    },
    "read_score": {
        "parameters": {"assessment_id": 1, "place": 45},
        "answer": {
            "place": {"id": 45, "name": "东山社区"}, "percent": 87.5, "possible": 4.0, "won": 3.5, "observations": 8,
            "nodes": [{
                "id": 7, "parent": 3, "level": "criterion", "code": "1.1.1", "title": "路面平整", "possible": 4.0,
                "won": 3.5, "passed": 7, "failed": 1, "not_applicable": 0,
            }],
        },
    },
    "read_forecast": {
        "parameters": {"assessment_id": 1},
        "answer": {
            "visits": 10000, "expected": 86.2, "low": 82.9, "high": 89.4,
            "losses": [{"id": 7, "code": "1.1.1", "title": "路面平整", "points": 1.2}],
        },
    },
    "list_indicator_tasks": {
        "parameters": {"assessment_id": 1},
        "answer": [{
            "number": NUMBER, "node": 7, "unit": UNIT, "part": "lead", "state": "assigned", "due": LATER, "needed": 2,
            "linked": 1, "uploaded": 0, "late": 0, "gap": 1,
        }],
    },
    "list_rounds": {"parameters": {"state": "running"}, "answer": [ROUND]},
    "read_round": {"parameters": {"round_id": 7}, "answer": ROUND_WHOLE},
    "create_round": {
        "parameters": {"Idempotency-Key": KEY},
        "body": {
            "title": "东山社区每周巡查", "place": 45, "since": "2026-11-23", "until": "2026-11-29",
            "repeat": "FREQ=WEEKLY", "version": 5, "site_kinds": ["lane", "shop"],
            "teams": [{"name": "第一组", "longitude": 120.452, "latitude": 36.376, "members": [12]}],
        },
        "answer": ROUND_WHOLE,
    },
    "plan_round": {"parameters": {"round_id": 7}, "answer": {"id": 7, "state": "running", "planning": True}},
    "drop_round_team": {
        "parameters": {"round_id": 7, "team_id": 3}, "answer": {"id": 7, "state": "running", "planning": False},
    },
    "end_round": {"parameters": {"round_id": 7}, "answer": {"id": 7, "state": "ended", "planning": False}},
    "places_kinds": {"answer": [{"slug": "grid", "label": "网格", "rank": 60, "area": True}]},
    "places_tree": {"parameters": {"parent": 45}, "answer": [PLACE]},
    "places_locate": {
        "parameters": {"lon": 120.4552, "lat": 36.3752, "crs": "EPSG:4326"},
        "answer": {"place": PLACE, "boundary_version": 1, "ancestors": [PLACE]},
    },
    "places_by_name": {"parameters": {"q": "阳光小区3号楼"}, "answer": [{"place": PLACE, "matched": "阳光小区"}]},
    "places_search": {"parameters": {"q": "东山"}, "answer": [{"place": PLACE, "found_by": "东山社区"}]},
    "places_place": {"parameters": {"place_id": 3021}, "answer": {**PLACE, "ancestors": [PLACE]}},
    "places_geojson": {
        "parameters": {"place_id": 45, "zoom": 14},
        "answer": {"type": "FeatureCollection", "features": []},
    },
}  # fmt: skip
