"""All words of the phone's page, in the reader's language: the scripts have none of their own."""

from __future__ import annotations

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Sentences by key; {name} is filled in on the phone."""
    return _pages() | _results() | _form() | _queue() | _troubles()


def _pages() -> dict[str, str]:
    return {
        "today": _("今日巡查"),
        "map": _("地图"),
        "loading": _("正在打开今天的点位"),
        "go_to": _("去下一处：{name}"),
        "all_done": _("今天的点位都查完了"),
        "all_done_text": _("辛苦了。还有没传上去的，连上网会自己传。"),
        "no_sites": _("今天没有要查的点位"),
        "no_sites_text": _("看到问题，点下面的“报问题”。"),
        "none_due": _("没有待查的点位"),
        "none_done": _("还没有查完的点位"),
        "show_which": _("看哪些点位"),
        "show_due": _("待查 {n}"),
        "show_done": _("已查 {n}"),
        "show_all": _("全部 {n}"),
        "day_as_of": _("点位和要求是 {time} 存到手机里的"),
        "finished": _("已查完"),
        "part_done": _("已查 {done}/{total}"),
        "failed_count": _("{n} 项不合格"),
        "open_count": _("{n} 件未办结"),
        "waiting_count": _("{n} 条待传"),
        "unreachable": _("没查成"),
        "site_closed": _("已停用"),
        "site_unknown": _("这个点位不在今天的任务里"),
        "back_to_today": _("回到今日巡查"),
        "criteria": _("检查内容"),
        "no_criteria": _("这里没有规定的检查内容。"),
        "how_to_look": _("怎么看"),
        "all_pass": _("全部合格（{n} 项）"),
        "rest_pass": _("其余 {n} 项合格"),
        "passed_all": _("{name}：{n} 项合格"),
        "open_here": _("这里有 {n} 件没办结"),
        "other_problem": _("发现别的问题"),
        "unreached": _("今天查不了"),
        "reason_closed": _("今天没开门"),
        "reason_locked": _("进不去"),
        "reason_blocked": _("路不通"),
        "reason_other": _("别的原因"),
        "unreached_kept": _("{name}：记下了，今天没查成"),
        "unreached_today": _("今天没查成：{reason}"),
        "unreached_today_text": _("后来查成了就照常记，以记录为准。"),
        "unreached_before": _("上次没查成：{reason}"),
    }


def _results() -> dict[str, str]:
    return {
        "result_pass": _("合格"),
        "result_fail": _("不合格"),
        "result_not_applicable": _("不适用"),
        "result_unreachable": _("没查成"),
        "whole_site": _("整个点位"),
        "sent": _("已传"),
        "kept_on_phone": _("存在手机里"),
        "stage_refused": _("没有收下"),
        "stage_conflict": _("等您决定"),
        "stage_withdrawn": _("已放弃"),
        "record": _("一条记录"),
        "file_count": _("{n} 个文件"),
        "received_at": _("{time} 收到"),
        "recorded_at": _("{time} 记录"),
    }


def _form() -> dict[str, str]:
    return {
        "new_problem": _("发现问题"),
        "where": _("在哪里"),
        "which_criterion": _("哪一项不合格"),
        "more_criteria": _("其余 {n} 项"),
        "take_photo": _("拍照"),
        "take_after_photo": _("拍处理后的照片"),
        "photo": _("照片"),
        "remove_photo": _("去掉这张照片"),
        "photo_unreadable": _("这张照片打不开，请换一张"),
        "photos_enough": _("照片够了，最多 {max} 张"),
        "photo_wait": _("照片还在处理，请稍等一下再记。"),
        "category": _("问题类别"),
        "words": _("情况"),
        "optional": _("可不填"),
        "speak": _("按一下，说情况"),
        "speak_done": _("说完了"),
        "no_microphone": _("没有打开麦克风。可以写字，或拍照。"),
        "voice_kept": _("录音已存在手机里"),
        "voice_failed": _("录音没有存上，请再试一次"),
        "handling": _("怎么处理"),
        "handling_report": _("上报"),
        "handling_hand_over": _("现场交办"),
        "handling_fix_on_spot": _("当场解决"),
        "unit": _("交给哪个单位"),
        "unit_by_rule": _("按派单目录"),
        "joint": _("联合执法：同时交给"),
        "joint_text": _("勾上一起办的单位。在场的签名或写姓名，不在场的在电脑上签收。"),
        "advice": _("整改建议"),
        "receiver": _("签收人姓名"),
        "signature": _("签名"),
        "signature_optional": _("签不了，写姓名就行"),
        "sign_here": _("请签收人在这里用手指签名"),
        "sign_again": _("重签"),
        "grade": _("评为"),
        "how_often": _("有几处"),
        "deduct": _("{n} 处，扣 {points} 分"),
        "keep": _("记下"),
        "problem_kept": _("{name}：问题记下了"),
        "choose_criterion": _("请选哪一项不合格。"),
        "photo_or_words": _("请拍一张照片，或者写几个字。"),
        "after_missing": _("当场解决的，请拍一张处理后的照片。"),
        "receiver_missing": _("现场交办，请写签收人的姓名。"),
        "undo": _("撤销"),
        "undo_late": _("已经传出去了，不能撤销；重新记一次就行，以新的为准。"),
        "close": _("关闭"),
    }


def _queue() -> dict[str, str]:
    return {
        "queue": _("待传记录"),
        "badge_offline": _("没有网络"),
        "badge_sent": _("全部已传"),
        "badge_waiting": _("待传 {n}"),
        "badge_sending": _("正在传 {n}"),
        "badge_decide": _("{n} 条要看"),
        "all_sent": _("全部传上去了"),
        "all_sent_text": _("没有待传的记录。"),
        "queued": _("{n} 条存在手机里，共 {size}"),
        "queued_text": _("记下 8 秒后自己传；关掉页面也不会丢。"),
        "sending_now": _("正在传，请让页面开着。断了会接着传，不会重复。"),
        "offline_text": _("现在没有网络。连上网会自己传，不会丢。"),
        "again_at": _("没有传上去，{n} 秒后再试。记录都在手机里。"),
        "send_now": _("现在上传"),
        "to_decide": _("要您决定 {n} 条"),
        "to_decide_text": _("记录时和现在情况不一样了。记录都留着，怎么办由您定。"),
        "decided": _("按您的决定办了"),
        "refused": _("没有收下 {n} 条"),
        "waiting": _("待传 {n} 条"),
        "stored": _("已传 {n} 条"),
        "and_more": _("还有 {n} 条"),
        "send_again": _("再传一次"),
        "drop": _("放弃"),
        "drop_sure": _("放弃这条记录？照片也会删掉，不能恢复。"),
        "others_records": _("这部手机里有别人的 {n} 条记录没传"),
        "others_records_text": _("要由记录的人登录后才能传，不会丢。"),
        "feedback": _("意见与投诉"),
        "needs_network": _("决定要有网络才能办。连上网再点一次，记录还在。"),
    }


def _troubles() -> dict[str, str]:
    return {
        "signed_out": _("登录过期了"),
        "signed_out_text": _("记录都在手机里，可以继续记。登录后接着传。"),
        "sign_in_again": _("重新登录"),
        "sign_out_sure": _("还有 {n} 条没传。退出后它们留在这部手机里，您再登录时接着传。要退出吗？"),
        "other_person": _("现在登录的是另一个人"),
        "other_person_text": _("手机里的记录要由记录的人登录后才能传。"),
        "old_day": _("这是 {day} 的点位"),
        "old_day_text": _("连上网会换成今天的。"),
        "clock_fast": _("手机的时间快了 {n} 分钟"),
        "clock_slow": _("手机的时间慢了 {n} 分钟"),
        "clock_text": _("记录上手机的时间和收到的时间都会留着。请在手机设置里打开自动时间。"),
        "no_pack": _("手机里还没有今天的点位"),
        "no_pack_text": _("请在有网络的地方打开一次，以后没有网络也能用。"),
        "no_permission": _("您没有巡查任务的权限。请找创建办或社区的管理员。"),
        "try_again": _("再试一次"),
        "storage_full": _("手机存满了，这一条没有存上，内容还在这里。请先上传待传的记录，或清理手机，再点“记下”。"),
    }
