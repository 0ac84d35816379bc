"""The interface's shared tags: assets from the manifest, deadlines as people feel them, preferences, form fields."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Engine
from django.test import RequestFactory
from django.utils import timezone, translation

from linli.config.templatetags import linli_ui
from linli.kernel.labels import Label


@pytest.fixture(autouse=True)
def built(tmp_path: Path, settings: object) -> None:
    """A built front end with two files."""
    manifest = tmp_path / "manifest.json"
    files = {
        "src/public.css": {"file": "assets/public-AbCd1234.css"},
        "src/icons.svg": {"file": "assets/icons-AbCd1234.svg"},
    }
    manifest.write_text(json.dumps(files))
    settings.LINLI_VITE_MANIFEST = manifest  # type: ignore[attr-defined]


def render(source: str, **context: object) -> str:
    """Render a template of the product's engine."""
    return str(Engine.get_default().from_string(source).render(Context(context)))


def test_assets_come_from_the_manifest() -> None:
    assert linli_ui.asset("public.css") == "/static/build/assets/public-AbCd1234.css"
    with pytest.raises(ImproperlyConfigured, match=r"no 'other\.css'"):
        linli_ui.asset("other.css")


def test_a_missing_build_says_what_to_do(tmp_path: Path, settings: object) -> None:
    settings.LINLI_VITE_MANIFEST = tmp_path / "none.json"  # type: ignore[attr-defined]
    with pytest.raises(ImproperlyConfigured, match="npm run build"):
        linli_ui.asset("public.css")


def test_icons_are_silent_unless_they_are_named() -> None:
    assert 'aria-hidden="true"' in render('{% icon "camera" %}')
    named = render('{% icon "camera" label %}', label='a"b')
    assert 'role="img"' in named and "a&quot;b" in named


@pytest.mark.parametrize(
    ("left", "tone", "text"),
    [
        (timedelta(days=-2, hours=-1), "due-red", "超 2 天"),
        (timedelta(hours=-3, minutes=-5), "due-red", "超 3 小时"),
        (timedelta(seconds=-20), "due-red", "超 1 分钟"),
        (timedelta(hours=3, minutes=5), "due-amber", "剩 3 小时"),
        (timedelta(minutes=12, seconds=30), "due-amber", "剩 12 分钟"),
        (timedelta(hours=30, minutes=5), "due-calm", "剩 30 小时"),
        (timedelta(days=4, hours=1), "due-calm", "剩 4 天"),
    ],
)
def test_deadlines_are_told_as_people_feel_them(left: timedelta, tone: str, text: str) -> None:
    shown = linli_ui.due(timezone.now() + left)
    assert tone in shown and text in shown
    assert "<svg" in shown, "colour is never the only sign"


def test_a_deadline_tells_when_it_is_provisional_paused_or_over() -> None:
    at = timezone.now() + timedelta(hours=2)
    assert "暂定" in linli_ui.due(at, provisional=True)
    assert "暂停计时" in linli_ui.due(at, paused=True)
    assert "按时" in linli_ui.due(at, done_at=at - timedelta(hours=1))
    assert "超 3 小时" in linli_ui.due(at, done_at=at + timedelta(hours=3))
    assert linli_ui.due(None) == ""


def test_states_speak_the_language_of_the_page() -> None:
    label = Label("办理中", "In progress")
    assert "办理中" in linli_ui.state_chip("open", label)
    with translation.override("en"):
        assert "In progress" in linli_ui.state_chip("waiting", label)


def test_text_in_marks_is_escaped() -> None:
    assert "<b>" not in linli_ui.chip("<b>", "red", "urgent")


def test_preferences_come_from_cookies_and_nothing_else_gets_into_the_page() -> None:
    request = RequestFactory().get("/")
    request.COOKIES.update(linli_theme="dark", linli_elder="on")
    assert render("{% html_attributes %}", request=request) == 'lang="zh-Hans" data-theme="dark" data-text="large"'
    request.COOKIES.update(linli_theme='"><script>', linli_elder="x")
    assert render("{% html_attributes %}", request=request) == 'lang="zh-Hans"'
    assert render("{% html_attributes %}") == 'lang="zh-Hans"'


def test_the_present_page_is_marked() -> None:
    request = RequestFactory().get("/desk/items/1/")
    assert render('{% current "/desk/$" "/desk/items/" %}', request=request) == 'aria-current="page"'
    assert render('{% current "/desk/$" %}', request=request) == ""


def test_pages_show_only_the_settings_meant_for_them() -> None:
    with pytest.raises(ImproperlyConfigured):
        linli_ui.setting("SECRET_KEY")


class SampleForm(forms.Form):
    """A field with a hint, one that may be left out, and one of several choices."""

    phone = forms.CharField(label="电话", help_text="11 位")
    note = forms.CharField(label="说明", required=False)
    kind = forms.ChoiceField(label="这是", widget=forms.RadioSelect, choices=[("a", "上报"), ("b", "投诉")])


def test_fields_tie_label_hint_and_error_together() -> None:
    form = SampleForm({"phone": "", "kind": "a"})
    phone = render("{% form_field form.phone %}", form=form)
    assert 'for="id_phone"' in phone and 'aria-invalid="true"' in phone and "required" in phone
    assert 'aria-describedby="id_phone-hint id_phone-error"' in phone
    assert 'id="id_phone-hint"' in phone and 'id="id_phone-error"' in phone
    assert "可不填" in render("{% form_field form.note %}", form=form)
    kind = render("{% form_field form.kind %}", form=form)
    assert kind.count('class="choice"') == 2 and "<legend" in kind and "checked" in kind
