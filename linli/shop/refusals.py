"""Why the shop refuses, in words that say what happened, what was kept and what to do."""

from __future__ import annotations

from linli.kernel.labels import Label
from linli.shop import rules
from linli.work.engine import StepRefused

BUSY = "busy"
"""The code of a refusal that says to try again: nothing was wrong with what was asked."""


def refused(code: str, zh: str, en: str, *, field: str = "", status: int = 409) -> StepRefused:
    """A refusal; `field` is the field of the form it belongs to."""
    return StepRefused(code, Label(zh, en), status=status, field=field)


def unknown_good() -> StepRefused:
    """The thing is not offered here (any more)."""
    return refused("unknown_good", "这件商品已经下架，请看看别的。", "This is not offered any more; look at others.")


def suspended(reason: str) -> StepRefused:
    """The staff have suspended it."""
    because_zh, because_en = (f"（{reason}）", f" ({reason})") if reason else ("", "")
    return refused(
        "suspended", f"暂停兑换{because_zh}，积分没有变动。", f"Suspended{because_en}; your points are untouched."
    )


def slot_over() -> StepRefused:
    """The slot has begun."""
    return refused("slot_over", "这个时段已经开始，请选别的时段。", "This slot has begun; choose another.")


def bad_quantity() -> StepRefused:
    """Not a number of pieces that can be reserved at once."""
    most = rules.QUANTITY_MAX
    return refused("bad_quantity", f"数量从1到{most}。", f"The quantity is 1 to {most}.", field="quantity", status=422)


def not_a_member() -> StepRefused:
    """The person does not take part in the scheme of points."""
    return refused(
        "not_a_member", "您还没有参加积分。参加是自愿的，在“我的积分”里可以加入。",
        "You do not take part in the points scheme. It is voluntary; join under “My points”.",
    )  # fmt: skip


def too_few_points(available: int, needed: int) -> StepRefused:
    """The person's points do not suffice."""
    return refused(
        "too_few_points", f"积分不够：需要{needed}分，您可用{available}分。",
        f"Not enough points: {needed} needed, you have {available}.",
    )  # fmt: skip


def sold_out(left: int, unit: str) -> StepRefused:
    """Others were faster, or it was gone before."""
    if left > 0:
        return refused(
            "sold_out", f"只剩{left}{unit}了，请减少数量。积分没有变动。",
            f"Only {left} left; take fewer. Your points are untouched.",
        )  # fmt: skip
    return refused(
        "sold_out", "刚刚被别人兑完了。积分没有变动，可以换个兑换台或商品。",
        "Others have just taken the last. Your points are untouched; try another counter or item.",
    )  # fmt: skip


def limit_reached(most: int, period: str, unit: str, taken: int) -> StepRefused:
    """More than one person may have in this period."""
    words = rules.PERIODS[period]
    return refused(
        "limit_reached", f"每人{words.zh}限兑{most}{unit}，您已兑{taken}{unit}。",
        f"At most {most} {words.en} for each person; you have had {taken}.",
    )  # fmt: skip


def ended(state: str) -> StepRefused:
    """The order has ended otherwise."""
    words = {
        "collected": Label("已经领取过了，不能重复领取。", "It was collected before and cannot be collected again."),
        "voided": Label("这次兑换已经取消，积分已退回。", "It was cancelled before; the points are returned."),
        "expired": Label("超过领取期限，已自动退回积分。", "It was not collected in time; the points are returned."),
    }[state]
    return StepRefused(f"order_{state}", words, status=409)


def price_changed(price: int) -> StepRefused:
    """The price is another than the person was shown."""
    return refused(
        "price_changed", f"价格刚刚改为{price}分，积分没有变动。看清楚再决定。",
        f"The price has just changed to {price} points. Nothing was taken: look again and decide.",
    )  # fmt: skip


def too_late() -> StepRefused:
    """The day to collect it has passed; the job that gives the points back has not come by yet."""
    return refused(
        "too_late",
        "超过领取期限，积分会自动退回。",
        "The time to collect it is over; the points go back by themselves.",
    )


def busy() -> StepRefused:
    """Too many at once; nothing was written."""
    return refused(
        BUSY, "这会儿兑换的人多，没有扣积分，请再点一次。",
        "Many are redeeming at the moment. No points were taken: press again.", status=503,
    )  # fmt: skip
