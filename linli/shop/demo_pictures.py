"""Drawn pictures of the demo's goods and services: plain shapes on a plain ground, made here, from nowhere else."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

SIDE = 640
Colour = tuple[int, int, int]
INK: Colour = (58, 66, 62)
PALE: Colour = (250, 250, 246)
STEEL: Colour = (176, 186, 194)
GROUND: Colour = (228, 236, 230)


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
    draw.rounded_rectangle((140, 320, 500, 550), 30, fill=(112, 166, 140), outline=INK, width=8)
    draw.rectangle((146, 440, 494, 476), fill=(84, 140, 116))
    draw.ellipse((236, 296, 404, 352), fill=(84, 140, 116), outline=INK, width=6)
    draw.polygon(((260, 322), (290, 190), (322, 240), (356, 176), (384, 322)), fill=PALE, outline=INK, width=6)


def _oil(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((200, 220, 440, 550), 50, fill=(236, 190, 74), outline=INK, width=8)
    draw.rectangle((290, 130, 350, 230), fill=(236, 190, 74), outline=INK, width=8)
    draw.rectangle((280, 96, 360, 140), fill=(190, 60, 50), outline=INK, width=8)
    draw.arc((380, 260, 500, 430), 270, 90, fill=INK, width=16)
    draw.ellipse((265, 340, 375, 450), fill=(248, 222, 130), outline=(190, 140, 30), width=6)


def _umbrella(draw: ImageDraw.ImageDraw) -> None:
    draw.line((320, 130, 320, 510), fill=INK, width=12)
    draw.pieslice((110, 130, 530, 530), 180, 360, fill=(86, 120, 180), outline=INK, width=8)
    for x in (110, 250, 390):
        draw.pieslice((x, 296, x + 140, 376), 180, 360, fill=GROUND)
        draw.arc((x, 296, x + 140, 376), 180, 360, fill=INK, width=6)
    draw.rectangle((104, 330, 536, 344), fill=GROUND)
    draw.line((320, 300, 320, 510), fill=INK, width=12)
    draw.arc((314, 470, 404, 560), 0, 180, fill=INK, width=12)


def _towel(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((170, 190, 470, 520), 20, fill=(222, 140, 140), outline=INK, width=8)
    for y in (250, 280, 440, 470):
        draw.rectangle((178, y, 462, y + 12), fill=(246, 214, 210))
    for x in range(180, 465, 18):
        draw.line((x, 520, x, 550), fill=INK, width=5)


def _bags(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((130, 300, 420, 550), 124, fill=(90, 150, 90), outline=INK, width=8)
    draw.ellipse((330, 300, 510, 550), fill=(110, 170, 110), outline=INK, width=8)
    draw.ellipse((392, 386, 448, 464), fill=GROUND, outline=INK, width=6)


# --- Services: what is done, not what is bought ------------------------------------------------------------------


def _haircut(draw: ImageDraw.ImageDraw) -> None:
    """A comb, and scissors that stand open."""
    draw.rounded_rectangle((112, 130, 176, 520), 20, fill=(206, 150, 84), outline=INK, width=8)
    for y in range(160, 500, 26):
        draw.rectangle((172, y, 226, y + 12), fill=(206, 150, 84), outline=INK, width=3)
    draw.polygon(((300, 120), (330, 116), (436, 360), (400, 372)), fill=STEEL, outline=INK, width=6)
    draw.polygon(((530, 120), (500, 116), (394, 360), (430, 372)), fill=STEEL, outline=INK, width=6)
    for left in (318, 418):
        draw.ellipse((left, 390, left + 106, 510), outline=INK, width=30)
        draw.ellipse((left + 5, 395, left + 101, 505), outline=(190, 60, 50), width=20)
    draw.line((415, 352, 388, 404), fill=INK, width=18)
    draw.line((415, 352, 446, 404), fill=INK, width=18)
    draw.ellipse((400, 336, 430, 366), fill=PALE, outline=INK, width=5)


def _grinding(draw: ImageDraw.ImageDraw) -> None:
    """A kitchen knife on a whetstone."""
    draw.polygon(((130, 470), (470, 470), (530, 530), (190, 530)), fill=(170, 150, 128), outline=INK, width=8)
    draw.polygon(((190, 530), (530, 530), (530, 566), (190, 566)), fill=(140, 120, 100), outline=INK, width=8)
    draw.polygon(((90, 300), (410, 300), (410, 430), (130, 430), (90, 380)), fill=STEEL, outline=INK, width=8)
    draw.line((134, 414, 402, 414), fill=PALE, width=10)
    draw.rounded_rectangle((404, 318, 560, 380), 24, fill=(120, 82, 56), outline=INK, width=8)
    for x in (448, 508):
        draw.ellipse((x - 9, 340, x + 9, 358), fill=PALE)
    for x, y in ((250, 230), (320, 210), (390, 232)):
        draw.line((x, y, x + 12, y - 44), fill=(226, 160, 60), width=10)


def _repair(draw: ImageDraw.ImageDraw) -> None:
    """A rice cooker, and the spanner that mends it."""
    draw.arc((190, 180, 330, 290), 180, 360, fill=INK, width=16)
    draw.pieslice((110, 200, 410, 440), 180, 360, fill=PALE, outline=INK, width=8)
    draw.rounded_rectangle((100, 316, 420, 545), 56, fill=(196, 84, 70), outline=INK, width=8)
    draw.rounded_rectangle((196, 392, 324, 492), 16, fill=PALE, outline=INK, width=6)
    draw.ellipse((222, 412, 252, 442), fill=(226, 160, 60))
    draw.rectangle((268, 420, 304, 432), fill=INK)
    draw.rectangle((222, 458, 304, 470), fill=(190, 196, 190))
    draw.line((440, 500, 520, 260), fill=INK, width=58)
    draw.ellipse((460, 142, 600, 282), fill=INK)
    draw.ellipse((380, 452, 496, 568), fill=INK)
    draw.line((440, 500, 520, 260), fill=STEEL, width=44)
    draw.ellipse((468, 150, 592, 274), fill=STEEL)
    draw.polygon(((522, 214), (536, 120), (606, 140), (566, 228)), fill=GROUND)
    draw.ellipse((388, 460, 488, 560), fill=STEEL)
    draw.ellipse((416, 488, 460, 532), fill=GROUND)


def _mending(draw: ImageDraw.ImageDraw) -> None:
    """A shirt with a patch, needle and thread."""
    shirt = ((220, 150), (270, 190), (340, 190), (390, 150), (520, 220), (480, 330), (430, 306), (430, 550), (180, 550),
             (180, 306), (130, 330), (90, 220))  # fmt: skip
    draw.polygon(shirt, fill=(112, 146, 190), outline=INK, width=8)
    draw.rectangle((214, 340, 330, 456), fill=(236, 190, 74))
    for step in range(0, 116, 26):
        for x, y, dx, dy in ((214 + step, 340, 0, 1), (214 + step, 456, 0, 1), (214, 340 + step, 1, 0),
                             (330, 340 + step, 1, 0)):  # fmt: skip
            draw.line((x - 9 * dx, y - 9 * dy, x + 9 * dx, y + 9 * dy), fill=INK, width=6)
    draw.line((332, 400, 380, 440, 430, 380, 486, 420), fill=(190, 60, 50), width=7, joint="curve")
    draw.line((474, 430, 580, 300), fill=INK, width=14)
    draw.line((477, 426, 577, 303), fill=STEEL, width=6)


SHAPES: dict[str, Callable[[ImageDraw.ImageDraw], None]] = {
    "rice": _rice, "bottle": _bottle, "tissue": _tissue, "oil": _oil, "umbrella": _umbrella, "towel": _towel,
    "bags": _bags, "haircut": _haircut, "grinding": _grinding, "repair": _repair, "mending": _mending,
}  # fmt: skip


def picture(shape: str) -> bytes:
    """A JPEG of one thing or of what is done, marked as synthetic in the picture itself."""
    image = Image.new("RGB", (SIDE, SIDE), GROUND)
    draw = ImageDraw.Draw(image)
    draw.ellipse((130, 505, 510, 585), fill=(206, 218, 210))
    SHAPES[shape](draw)
    draw.text((16, SIDE - 34), "SYNTHETIC", fill=(120, 132, 124), font_size=20)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()
