"""Plausible, invented names for the demo, always the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_MIDDLES = "建国志明文海晓春秀玉德永家学长新正立景广继宗世春兆云丽红美雪慧淑桂凤子雨思若梦佳欣宇浩俊泽博嘉"
_LASTS = "华军平伟强勇峰涛辉斌鹏杰宁亮东林波超民芳英兰梅霞琴娟敏静莉艳燕玲萍倩颖洁琳岩松柏然轩彤妍航源山川成义诚"


def names(seed: int) -> Iterator[str]:
    """An endless row of names; one in eight has two characters."""
    chance = random.Random(seed)
    while True:
        surname = chance.choice(_SURNAMES)
        last = chance.choice(_LASTS)
        if chance.random() < 0.125:
            yield surname + last
            continue
        middle = chance.choice(_MIDDLES)
        if middle != last:
            yield surname + middle + last
