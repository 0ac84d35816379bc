"""The workflow of a wish (微心愿) as data: checked, on the wall, claimed, agreed, fulfilled, confirmed."""

from __future__ import annotations

from linli.kernel.labels import Label
from linli.kernel.workflow import BACK, SAME, START, Field, Meaning, Party, State, Transition, Workflow, row
from linli.wishes.vocabulary import KIND
from linli.wishes.workflow_fields import (
    ANYONE,
    ASKED_HOW,
    CLAIMER,
    DONE_PHOTOS,
    DONE_WORDS,
    MAY_SAY_WHY,
    OFFER,
    OTHER_STAFF,
    PUBLIC_TITLE,
    PUBLIC_WORDS,
    STAFF,
    THANKS,
    TIMER,
    UNIT,
    WHY,
    WHY_INSIDE,
    WISHER,
)
from linli.work.fields import GIVER, NOTE, RECEIVER

LIVE = frozenset({"recorded", "on_wall", "claimed", "matched", "fulfilled"})
ENDED = frozenset({"closed", "refused", "withdrawn", "expired"})
PUBLIC = frozenset({"on_wall", "claimed", "matched", "fulfilled", "closed"})
"""States in which the reviewed words may be read by everybody."""
MET = frozenset({"matched"})
"""States in which the claimer may see how to reach the wisher."""


def _states() -> tuple[State, ...]:
    s, m = State, Meaning
    return (
        s("recorded", Label("待核实", "To be checked"), m.OPEN,
          Label("社区正在核实，{due}前答复您", "The community is checking; you will hear by {due}"), ("approve", "refuse")),
        s("on_wall", Label("待认领", "On the wall"), m.WAITING,
          Label("已经上了心愿墙，等人认领", "It is on the wall and waits for somebody"), ("expire",)),
        s("claimed", Label("待同意认领", "Claimed, to be agreed"), m.OPEN,
          Label("有人愿意帮忙，社区正在对接", "Somebody wants to help; the community is making contact"),
          ("agree_claim", "decline_claim")),
        s("matched", Label("正在兑现", "Being fulfilled"), m.OPEN,
          Label("认领人会在{due}前联系您", "Who claimed it will be in touch by {due}"), ("fulfil",)),
        s("fulfilled", Label("待确认", "To be confirmed"), m.OPEN,
          Label("认领人说已经办好，请您确认", "It is said to be done: please confirm"), ("confirm",)),
        s("closed", Label("已实现", "Came true"), m.DONE, Label("心愿实现了", "The wish came true")),
        s("refused", Label("未采纳", "Not taken up"), m.DROPPED,
          Label("没有上心愿墙", "It was not put on the wall")),
        s("withdrawn", Label("已撤回", "Withdrawn"), m.DROPPED, Label("您撤回了这个心愿", "You withdrew it")),
        s("expired", Label("到期无人认领", "Nobody claimed it in time"), m.DROPPED,
          Label("到期没有人认领，已从心愿墙取下；可以再提一次", "Nobody claimed it in time; you may wish again")),
    )  # fmt: skip


def _reviewing() -> tuple[Transition, ...]:
    anyone, place = Party.ANYONE, Party.PLACE
    opened = "start:wish_check"
    return (
        row("make", "提心愿", "Make a wish", START, "recorded", "wish.make", anyone, ANYONE, effects=opened),
        row("register", "登记心愿", "Take down a wish", START, "recorded", "wish.register", anyone, STAFF, effects=opened),
        row("approve", "核实通过，上墙", "Put on the wall", "recorded", "on_wall", "wish.review", place, STAFF,
            (PUBLIC_TITLE, PUBLIC_WORDS), "wish_words_name_nobody wish_words_tell_no_hardship",
            "stop:wish_check stamp:accepted_at wish_words start:wall", "到期无人认领自动取下 / taken down by itself"),
        row("refuse", "不采纳", "Do not take it up", "recorded", "refused", "wish.review", place, STAFF, (WHY,),
            effects="finish:all stamp:closed_at", danger=True),
        row("take_down", "取下重写", "Take it down to reword", "on_wall", "recorded", "wish.review", place, STAFF,
            (WHY_INSIDE,), effects="stop:wall start:wish_check"),
        row("expire", "到期取下", "Taken down at the limit", "on_wall", "expired", "request.system_wish_limit", Party.SYSTEM, TIMER,
            effects="finish:all stamp:closed_at"),
    )  # fmt: skip


def _claiming() -> tuple[Transition, ...]:
    place, leg = Party.PLACE, Party.LEG
    freed, agreed = "wish_free start:wall", "stop:wish_agree stamp:dispatched_at wish_agreed start:fulfil wish_window"
    window = "兑现期限开始，认领人在期限内可看联系方式 / the time to fulfil starts; the claimer may see the contact"
    return (
        row("claim", "认领", "Claim", "on_wall", "claimed", "wish.claim", Party.ANYONE, ANYONE, (OFFER,),
            "wish_is_of_another", "stop:wall wish_claim start:wish_agree"),
        row("agree_claim", "同意认领", "Agree to the claim", "claimed", "matched", "wish.match", place, OTHER_STAFF, (NOTE,),
            "wish_claimer_is_another", agreed, window),
        row("decline_claim", "不同意认领", "Decline the claim", "claimed", "on_wall", "wish.match", place, STAFF,
            (WHY_INSIDE,), effects=f"stop:wish_agree {freed}"),
        row("claim_for_unit", "单位认领", "Claim for a unit", "on_wall", "matched", "wish.match", place, STAFF,
            (UNIT, NOTE), effects=f"stop:wall wish_claim_unit {agreed}", deadline=window),
        row("give_back", "放弃认领", "Give it back", "claimed matched", "on_wall", "wish.fulfil", leg, CLAIMER,
            (MAY_SAY_WHY,), effects=freed),
        row("release", "收回认领", "Take the claim back", "matched", "on_wall", "wish.match", place, STAFF, (WHY_INSIDE,),
            effects=freed),
        row("lapse", "到期未兑现，重新上墙", "Not fulfilled in time", "matched", "on_wall", "request.system_wish_limit",
            Party.SYSTEM, TIMER, effects=freed),
    )  # fmt: skip


def _fulfilling() -> tuple[Transition, ...]:
    place, leg, wisher = Party.PLACE, Party.LEG, Party.REPORTER
    done = "stop:fulfil stamp:handled_at report_lead start:wish_ask"
    again = "count:rework_count unstamp:handled_at unstamp:closed_at wish_again start:fulfil wish_window"
    return (
        row("fulfil", "已兑现", "Fulfilled", "matched", "fulfilled", "wish.fulfil", leg, CLAIMER,
            (DONE_WORDS, DONE_PHOTOS), effects=done),
        row("record_fulfilled", "代记兑现", "Note that it was fulfilled", "matched", "fulfilled", "wish.match", place,
            OTHER_STAFF, (DONE_WORDS, DONE_PHOTOS), "wish_claimer_is_another", done),
        row("confirm", "确认实现", "Confirm", "fulfilled", "closed", "wish.confirm", wisher,
            Label("心愿人；问过心愿人的工作人员（不是认领人）", "the wisher; staff who asked them, not the claimer"),
            (ASKED_HOW, THANKS), "wish_claimer_is_another wish_recorder_is_another wish_wisher_was_asked",
            "finish:all end_legs stamp:closed_at"),
        row("not_fulfilled", "没有办成", "Not done", "fulfilled", "matched", "wish.confirm", wisher,
            Label("心愿人；工作人员（不是认领人）", "the wisher; staff, not the claimer"), (WHY_INSIDE,),
            "wish_claimer_is_another", f"stop:wish_ask {again}"),
        row("reopen", "重新兑现", "Open it again", "closed", "matched", "wish.confirm", wisher,
            Label("心愿人；工作人员（不是认领人）", "the wisher; staff, not the claimer"), (WHY_INSIDE,),
            "within_reopen_window wish_claimer_is_another", again, "30天内 / within 30 days"),
    )  # fmt: skip


def _anytime() -> tuple[Transition, ...]:
    return (
        row("withdraw", "撤回心愿", "Withdraw the wish", LIVE, "withdrawn", "wish.withdraw", Party.REPORTER, WISHER, (NOTE,),
            effects="finish:all end_legs stamp:closed_at", danger=True),
        row("recall", "撤回", "Recall", LIVE | ENDED, BACK, "request.recall", Party.ANYONE, Label("本人", "the same actor"),
            guards="own_last_step_recent", effects="undo",
            deadline="8秒内或他人未操作前 / within 8 s or until someone acted"),
        row("comment", "备注", "Comment", LIVE | ENDED, SAME, "request.comment", Party.PLACE,
            Label("能看到的工作人员", "staff who see it"), (Field("advice", Label("备注", "Comment")),)),
        row("hand_over_person", "交接", "Handed over", LIVE, SAME, "request.system_hand_over", Party.SYSTEM,
            Label("人员离任交接", "hand-over when someone leaves"), (GIVER, RECEIVER), effects="reassign_person"),
    )  # fmt: skip


WISH = Workflow(KIND, _states(), _reviewing() + _claiming() + _fulfilling() + _anytime())
