"""Real residents' messages as searchable texts, recombined so that words are as frequent as they are in life.

The messages lie outside the project (LINLI_BENCH_DATA, by default ../shared/data); without them there is no figure.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

DATA = Path(os.environ.get("LINLI_BENCH_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
DISTINCT = 20_000
"""So many different texts are made; each stands under many items, with its own number, place and day."""
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]?")

COMMON = ("小区", "业主", "问题", "政府", "物业", "施工", "学校", "扰民", "噪音", "公交", "停车", "居民")
RARE = ("蟑螂", "宠物", "化粪池", "鞭炮", "共享单车", "公厕", "狂犬", "滑坡", "路障", "野狗", "水库", "暖气")
ABSENT = ("量子", "钢琴键", "企鹅", "海豚", "彗星", "骆驼", "珊瑚礁", "冰川", "鲸鱼", "火箭弹", "袋鼠", "陨石")


def messages() -> list[tuple[str, str]]:
    """(title, text) of every message; empty when the data are not there."""
    folder = DATA / "messages_zh"
    if not folder.exists():
        return []
    found: list[tuple[str, str]] = []
    with (folder / "labelled_raw.csv").open(encoding="utf-8-sig", newline="") as file:
        found += [(row["留言主题"], row["留言详情"]) for row in csv.DictReader(file)]
    with gzip.open(folder / "unlabelled_with_votes.csv.gz") as raw:
        rows = csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""))
        found += [(row["留言主题"], row["留言详情"]) for row in rows]
    return [(title.strip(), text.strip()) for title, text in found if text.strip()]


def recombined(count: int = DISTINCT) -> Iterator[tuple[str, str]]:
    """`count` messages, each the title of one and the sentences of one to three others, at most 500 characters."""
    known = messages()
    dice = random.Random(2015)
    for _ in range(count):
        title = dice.choice(known)[0][:40]
        sentences: list[str] = []
        for _title, text in dice.sample(known, dice.choice((1, 1, 2, 3))):
            every = _SENTENCE.findall(text)
            start = dice.randrange(len(every)) if every else 0
            sentences += every[start : start + 4]
        yield title, "".join(sentences)[:500]
