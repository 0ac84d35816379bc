"""Drawn pictures of goods for the demo: plain shapes on a plain ground, made here, downloaded from nowhere."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

SIDE = 640
Colour = tuple[int, int, int]
INK: Colour = (58, 66, 62)
PALE: Colour = (250, 250, 246)


def _rice(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((190, 130, 450, 540), 46, fill=(244, 238, 222), outline=INK, width=8)
    draw.rectangle((190, 200, 450, 250), fill=(190, 78, 60))
    for x, y in ((270, 340), (330, 320), (370, 370), (300, 410), (350, 440), (260, 450)):
        draw.ellipse((x, y, x + 22, y + 44), fill=PALE, outline=(200, 190, 160), width=4)


def _bottle(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((220, 250, 420, 540), 40, fill=(66, 122, 176), outline=INK, width=8)
    draw.rectangle((280, 150, 360, 250), fill=(66, 122, 176), outline=INK, width=8)
    draw.rounded_rectangle((264, 104, 376, 164), 14, fill=(226, 160, 60), outline=INK, width=8)
    draw.rounded_rectangle((250, 330, 390, 460), 18, fill=PALE)
    for x, y in ((280, 360), (320, 400), (345, 352)):
        draw.ellipse((x, y, x + 34, y + 34), outline=(66, 122, 176), width=6)


def _tissue(draw: ImageDraw.ImageDraw) -> None:
    draw.polygon(((270, 300), (320, 170), (370, 300)), fill=PALE, outline=INK, width=6)
    draw.rounded_rectangle((140, 290, 500, 500), 30, fill=(112, 166, 140), outline=INK, width=8)
    draw.ellipse((250, 270, 390, 320), fill=PALE, outline=INK, width=6)
    draw.rectangle((140, 400, 500, 430), fill=(84, 140, 116))


def _oil(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((200, 220, 440, 550), 50, fill=(236, 190, 74), outline=INK, width=8)
    draw.rectangle((290, 130, 350, 230), fill=(236, 190, 74), outline=INK, width=8)
    draw.rectangle((280, 96, 360, 140), fill=(190, 60, 50), outline=INK, width=8)
    draw.arc((380, 260, 500, 430), 270, 90, fill=INK, width=16)
    draw.ellipse((265, 340, 375, 450), fill=(248, 222, 130), outline=(190, 140, 30), width=6)


def _umbrella(draw: ImageDraw.ImageDraw) -> None:
    draw.pieslice((120, 140, 520, 520), 180, 360, fill=(86, 120, 180), outline=INK, width=8)
    for x in (120, 253, 387):
        draw.pieslice((x, 290, x + 133, 370), 180, 360, fill=(228, 236, 230))
    draw.line((320, 140, 320, 520), fill=INK, width=12)
    draw.arc((320, 480, 400, 560), 0, 180, fill=INK, width=12)


def _towel(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((170, 170, 470, 500), 20, fill=(222, 140, 140), outline=INK, width=8)
    for y in (230, 260, 420, 450):
        draw.rectangle((178, y, 462, y + 12), fill=(246, 214, 210))
    for x in range(180, 465, 18):
        draw.line((x, 500, x, 530), fill=INK, width=5)


def _bags(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((150, 240, 400, 480), 120, fill=(90, 150, 90), outline=INK, width=8)
    draw.ellipse((320, 240, 480, 480), fill=(110, 170, 110), outline=INK, width=8)
    draw.ellipse((375, 325, 425, 395), fill=(228, 236, 230), outline=INK, width=6)


def _scissors(draw: ImageDraw.ImageDraw) -> None:
    draw.line((220, 150, 400, 420), fill=INK, width=22)
    draw.line((420, 150, 240, 420), fill=INK, width=22)
    draw.ellipse((160, 400, 270, 510), outline=(190, 60, 50), width=22)
    draw.ellipse((370, 400, 480, 510), outline=(190, 60, 50), width=22)
    draw.ellipse((302, 268, 338, 304), fill=PALE)


def _spanner(draw: ImageDraw.ImageDraw) -> None:
    draw.line((220, 460, 430, 220), fill=(128, 138, 148), width=46)
    draw.ellipse((370, 130, 510, 270), fill=(128, 138, 148))
    draw.polygon(((430, 180), (520, 110), (560, 160), (470, 220)), fill=(228, 236, 230))
    draw.ellipse((170, 400, 280, 510), fill=(128, 138, 148))
    draw.ellipse((202, 432, 248, 478), fill=(228, 236, 230))


SHAPES: dict[str, Callable[[ImageDraw.ImageDraw], None]] = {
    "rice": _rice, "bottle": _bottle, "tissue": _tissue, "oil": _oil, "umbrella": _umbrella, "towel": _towel,
    "bags": _bags, "scissors": _scissors, "spanner": _spanner,
}  # fmt: skip


def picture(shape: str) -> bytes:
    """A JPEG of one thing, marked as synthetic in the picture itself."""
    image = Image.new("RGB", (SIDE, SIDE), (228, 236, 230))
    draw = ImageDraw.Draw(image)
    draw.ellipse((130, 505, 510, 585), fill=(206, 218, 210))
    SHAPES[shape](draw)
    draw.text((16, SIDE - 34), "SYNTHETIC", fill=(120, 132, 124), font_size=20)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()
