"""Why the ledger refuses what was asked of it: a code for programs, a sentence for people."""

from __future__ import annotations

from django.utils.translation import get_language

from linli.kernel.labels import Label


class LedgerProblem(Exception):
    """A transfer, hold or reversal that cannot be made; nothing of it was written. `status` is for HTTP."""

    def __init__(self, code: str, label: Label, *, status: int = 422) -> None:
        super().__init__(label.en)
        self.code = code
        self.label = label
        self.status = status

    @property
    def message(self) -> str:
        """The sentence in the reader's language."""
        return self.label.text(get_language() or "zh-hans")


class InvalidPosting(LedgerProblem):
    """What was asked cannot be a transfer, whoever asks: a fault of the caller."""

    def __init__(self, what: str) -> None:
        super().__init__("invalid_posting", Label(f"这笔账不成立：{what}", f"No such transfer can be made: {what}"))


class KeyReused(LedgerProblem):
    """The key belongs to another transfer, hold or resolution."""

    def __init__(self, key: str) -> None:
        super().__init__(
            "key_reused",
            Label(
                "同一编号已用于另一笔账，没有重复记账。", "This key belongs to another transfer; nothing was written."
            ),
            status=409,
        )
        self.key = key


class Insufficient(LedgerProblem):
    """There is not enough on the account: its floor would be passed."""

    def __init__(self, account_id: int, available: int, asked: int) -> None:
        super().__init__(
            "insufficient",
            Label(f"余额不足：可用 {available}，需要 {asked}。", f"Not enough: {available} available, {asked} needed."),
            status=409,
        )
        self.account_id, self.available, self.asked = account_id, available, asked


class AccountClosed(LedgerProblem):
    """The member has left the scheme: nothing is credited any more but what comes back."""

    def __init__(self, account_id: int) -> None:
        super().__init__(
            "account_closed", Label("该成员已退出积分，不再入账。", "The member has left the scheme."), status=409
        )
        self.account_id = account_id


class AlreadyReversed(LedgerProblem):
    """The transfer was reversed before, by another request."""

    def __init__(self, transfer_id: int) -> None:
        super().__init__(
            "already_reversed", Label("这笔账已经冲正过。", "This transfer was reversed before."), status=409
        )
        self.transfer_id = transfer_id


class AlreadyExpired(LedgerProblem):
    """The points of the award have expired by themselves: there is nothing to take back."""

    def __init__(self, transfer_id: int) -> None:
        super().__init__(
            "already_expired",
            Label("这笔积分已到期失效，无需冲正。", "These points have expired; there is nothing to take back."),
            status=409,
        )
        self.transfer_id = transfer_id


class AlreadyResolved(LedgerProblem):
    """The hold was collected, voided or has lapsed before; `outcome` says which."""

    def __init__(self, hold_id: int, outcome: str) -> None:
        words = {
            "collected": Label("已经领取，不能重复办理。", "It was collected before."),
            "voided": Label("预留已取消。", "The hold was voided before."),
            "lapsed": Label("预留已逾期退回。", "The hold has lapsed."),
        }
        super().__init__("already_resolved", words[outcome], status=409)
        self.hold_id, self.outcome = hold_id, outcome


class Busy(LedgerProblem):
    """Others hold the same accounts for too long; nothing was written, the same request may be sent again."""

    def __init__(self) -> None:
        super().__init__("busy", Label("账户正忙，请稍后再试。", "The account is busy: try again shortly."), status=503)
