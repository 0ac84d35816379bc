"""Tags of the interface that every room's templates use: assets, icons, chips, deadlines, form fields.

Registered as a builtin of the template engine, so that no template has to load it. docs/design-language.md tells when
to use which.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()

THEMES = ("light", "dark")
THEME_COOKIE = "linli_theme"
ELDER_COOKIE = "linli_elder"
# The meanings of states (linli.kernel.workflow) with the icon and colour that show them.
MEANINGS = {
    "open": ("open", "chip-open"),
    "waiting": ("waiting", "chip-waiting"),
    "done": ("done", ""),
    "dropped": ("dropped", ""),
    "void": ("dropped", ""),
}
# A deadline turns amber when less than this is left.
AMBER_FROM = timedelta(hours=24)


# --- Assets --------------------


@lru_cache(maxsize=4)
def _manifest(path: str, changed: int) -> Mapping[str, Any]:
    """What Vite built; `changed` makes a new build visible without a restart."""
    read: Mapping[str, Any] = json.loads(Path(path).read_text())
    return read


def manifest() -> Mapping[str, Any]:
    """The manifest of the built front end; says what to do when there is none."""
    path = Path(settings.LINLI_VITE_MANIFEST)
    try:
        return _manifest(str(path), path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise ImproperlyConfigured("The front end is not built: run `npm ci && npm run build` in frontend/.") from None


def asset_path(name: str) -> str:
    """The built file of a source (`public.css`, `public.ts`, `icons.svg`), relative to the static folder."""
    entry = manifest().get(f"src/{name}")
    if entry is None:
        raise ImproperlyConfigured(f"The front end has no {name!r}.")
    return f"build/{entry['file']}"


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built file."""
    return static(asset_path(name))


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """An icon of the sprite; silent for screen readers unless it has a label."""
    href = f"{asset('icons.svg')}#{name}"
    classes = f"icon {extra}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', classes, label, href
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', classes, href)


SHOWN_SETTINGS = frozenset({"LINLI_TILE_URL", "LINLI_TILE_CRS", "LINLI_TILE_ATTRIBUTION", "LINLI_VERSION"})


@register.simple_tag
def setting(name: str) -> str:
    """One of the few settings that pages may show."""
    if name not in SHOWN_SETTINGS:
        raise ImproperlyConfigured(f"{name} is not for pages.")
    return str(getattr(settings, name, ""))


# --- Preferences --------------------


def preferences(request: HttpRequest | None) -> dict[str, str]:
    """Theme (auto, light, dark) and elder mode (off, on) as the reader's cookies say.

    A view may set `elder_by_default` on its request: then type is large until somebody turns it off.
    """
    cookies = request.COOKIES if request is not None else {}
    elder = "on" if getattr(request, "elder_by_default", False) else "off"
    theme = cookies.get(THEME_COOKIE, "")
    return {
        "theme": theme if theme in THEMES else "auto",
        "elder": cookies[ELDER_COOKIE] if cookies.get(ELDER_COOKIE) in ("on", "off") else elder,
    }


@register.simple_tag(takes_context=True)
def html_attributes(context: template.Context) -> SafeString:
    """Language, theme and text size for the `<html>` element."""
    chosen = preferences(context.get("request"))
    language = get_language() or "zh-hans"
    shown = [("lang", "zh-Hans" if language.startswith("zh") else language)]
    if chosen["theme"] != "auto":
        shown.append(("data-theme", chosen["theme"]))
    if chosen["elder"] == "on":
        shown.append(("data-text", "large"))
    return format_html_join(" ", '{}="{}"', shown)


@register.simple_tag(takes_context=True)
def preference(context: template.Context, name: str) -> str:
    """The chosen `theme` or `elder`."""
    return preferences(context.get("request"))[name]


@register.simple_tag(takes_context=True)
def current(context: template.Context, *addresses: str) -> SafeString:
    """`aria-current="page"` when the page lies under one of the addresses (one ending in `$` must match whole)."""
    request = context.get("request")
    path = request.path if request is not None else ""
    here = any(path == a[:-1] if a.endswith("$") else path.startswith(a) for a in addresses)
    return mark_safe('aria-current="page"') if here else SafeString("")


# --- States and time ------------------------------------------------------------------------------------------


def _text(label: Any) -> str:
    """A Label in the language of the page, or plain text as it is."""
    return label.text(get_language() or "zh-hans") if hasattr(label, "text") else str(label)


@register.filter
def words(label: Any) -> str:
    """A Label (or text) in the language of the page."""
    return _text(label) if label is not None else ""


@register.simple_tag
def state_chip(meaning: Any, label: Any) -> SafeString:
    """A state with the icon and colour of its meaning (open, waiting, done, dropped)."""
    name = str(getattr(meaning, "value", meaning)).lower()
    symbol, colour = MEANINGS.get(name, ("open", ""))
    return format_html('<span class="chip {}">{}{}</span>', colour, icon(symbol), _text(label))


@register.simple_tag
def chip(label: Any, colour: str = "", symbol: str = "") -> SafeString:
    """A small mark. Colours: accent, blue, amber, red, synthetic; the icon says the same as the colour."""
    classes = f"chip chip-{colour}" if colour else "chip"
    return format_html('<span class="{}">{}{}</span>', classes, icon(symbol) if symbol else "", _text(label))


def span_text(span: timedelta) -> str:
    """A length of time as people say it: 3 小时, 2 天. Never negative."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(n)s 分钟", "%(n)s 分钟", max(minutes, 1)) % {"n": max(minutes, 1)}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)s 小时", "%(n)s 小时", hours) % {"n": hours}
    days = hours // 24
    return ngettext("%(n)s 天", "%(n)s 天", days) % {"n": days}


def exact(at: datetime) -> str:
    """A moment to the minute in the district's time."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


@register.simple_tag
def due(at: datetime | None, provisional: bool = False, done_at: datetime | None = None, paused: bool = False) -> str:
    """A deadline as people feel it: 剩 3 小时, 超 2 天; colour with an icon, exact time in the title."""
    if at is None:
        return ""
    now = done_at or timezone.now()
    left = at - now
    if done_at is not None:
        tone, symbol = "due-done", "done"
        text = _("按时") if left >= timedelta(0) else _("超 %(span)s") % {"span": span_text(-left)}
    elif paused:
        tone, symbol, text = "due-calm", "waiting", _("暂停计时")
    elif left < timedelta(0):
        tone, symbol, text = "due-red", "red", _("超 %(span)s") % {"span": span_text(-left)}
    else:
        tone, symbol = ("due-amber", "amber") if left < AMBER_FROM else ("due-calm", "calm")
        text = _("剩 %(span)s") % {"span": span_text(left)}
    title = exact(at)
    if provisional:
        title = _("%(time)s（节假日安排尚未公布，暂按此计算）") % {"time": title}
    return format_html(
        '<time class="due {}" datetime="{}" title="{}">{}{}{}</time>',
        tone,
        at.isoformat(),
        title,
        icon(symbol),
        text,
        icon("provisional", _("暂定")) if provisional else "",
    )


@register.simple_tag
def moment(at: datetime | None) -> str:
    """A moment near as people say it (3 分钟前, 今天 09:12), the exact one in the title."""
    if at is None:
        return ""
    local, now = timezone.localtime(at), timezone.localtime(timezone.now())
    gone = now - local
    if timedelta(0) <= gone < timedelta(minutes=1):
        text = _("刚刚")
    elif timedelta(0) <= gone < timedelta(hours=1):
        text = _("%(span)s前") % {"span": span_text(gone)}
    elif local.date() == now.date():
        text = _("今天 %(time)s") % {"time": local.strftime("%H:%M")}
    elif local.date() == (now - timedelta(days=1)).date():
        text = _("昨天 %(time)s") % {"time": local.strftime("%H:%M")}
    else:
        text = local.strftime("%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d %H:%M")
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact(at), text)


# --- Forms ------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/form_field.html")
def form_field(field: BoundField, hint: str = "") -> dict[str, Any]:
    """A Django form field in our markup: label, hint, control, error, tied together for screen readers."""
    kind = getattr(field.field.widget, "input_type", "")
    described = [f"{field.id_for_label}-hint"] if hint or field.help_text else []
    if field.errors:
        described.append(f"{field.id_for_label}-error")
    attributes: dict[str, Any] = {}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if field.errors:
        attributes["aria-invalid"] = "true"
    if kind not in ("checkbox", "radio", "file", "hidden"):
        attributes["class"] = f"input {field.field.widget.attrs.get('class', '')}".strip()
    many = field.field.widget.use_fieldset
    return {
        "field": field,
        "control": None if many else field.as_widget(attrs=attributes),
        "kind": kind,
        "many": many,
        "finds": "hx-get" in field.field.widget.attrs,
        "hint": hint or field.help_text,
    }
