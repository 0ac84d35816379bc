"""Sheets: forms to be filled in on foot, without number, code or record. Chinese, like all papers."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from linli.work.printing.rendering import draw
from linli.work.printing.words import chinese_date, title_lines

__all__ = ["PDF", "chinese_date", "sheet_pdf"]

PDF = "application/pdf"


def sheet_pdf(template: str, heading: str, context: dict[str, Any]) -> bytes:
    """The PDF of a template that extends `work/papers/sheet.html`, with a heading; fetches nothing."""
    with translation.override("zh-hans"):
        text = render_to_string(template, {**context, "heading": title_lines(heading), "heading_text": heading})
    return draw(text)
