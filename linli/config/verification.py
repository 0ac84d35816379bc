"""`linli verify`: says whether history and ledger are still what was written, and up to when that can be known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def run(exported: Path | None, *, say: Callable[[str], None]) -> bool:
    """Verify all chains and seals, print the faults; True when there are none."""
    import django

    django.setup()
    from rich.progress import Progress

    from linli.work.verify import verify

    with Progress(transient=True) as bar:
        task = bar.add_task("核验 / verifying", total=None)
        report = verify(lambda done, total: bar.update(task, completed=done, total=total), exported=exported)
    for fault in report.faults:
        say(f"{fault.item} {fault.row} {fault.code}: {fault.message}")
    say(
        f"{report.items} 件 items · {report.events} 条记录 events · {report.texts} 段文字 texts "
        f"（已删除 erased {report.erased}）· {report.seals} 个封条 seals"
    )
    if report.blind_window is None:
        say("还没有封条：末尾被截断无法发现 / no seal yet: a cut tail would not be seen")
    else:
        say(
            f"最近封存于 sealed until {report.sealed_until:%Y-%m-%d %H:%M:%S} UTC；"
            f"其后 {report.unsealed_items} 件的末尾尚未封存 items changed since"
        )
    say("完好 / whole" if report.whole else f"{len(report.faults)} 处问题 / faults")
    return report.whole


def run_ledger(exported: Path | None, *, say: Callable[[str], None]) -> bool:
    """Verify the ledger of points, print the faults; True when there are none."""
    import django

    django.setup()
    from rich.progress import Progress

    from linli.credits.verifying import verify

    with Progress(transient=True) as bar:
        task = bar.add_task("核对积分账 / verifying the ledger", total=None)
        report = verify(lambda done, total: bar.update(task, completed=done, total=total), exported=exported)
    for fault in report.faults:
        say(f"{fault.item} {fault.row} {fault.code}: {fault.message}".strip())
    say(
        f"{report.transfers} 笔 transfers · {report.accounts} 个账户 accounts · {report.lots} 批 lots"
        f" · {report.holds} 个预留 holds · {report.seals} 个封条 seals"
    )
    if report.sealed_until is None:
        say("积分账还没有封条：末尾被截断无法发现 / no seal yet: a cut tail of the ledger would not be seen")
    else:
        say(
            f"最近封存于 sealed until {report.sealed_until:%Y-%m-%d %H:%M:%S} UTC；"
            f"其后 {report.unsealed} 笔尚未封存 transfers since"
        )
    say("账目完好 / the ledger is whole" if report.whole else f"{len(report.faults)} 处问题 / faults")
    return report.whole
