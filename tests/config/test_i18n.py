"""The catalogue tool finds what stands in code and templates, keeps translations and complains about gaps."""

from __future__ import annotations

import errno
import gettext
from pathlib import Path

import pytest

from linli.config import catalogues
from linli.config.catalogues import compile_catalogues
from tools.i18n import catalogue_path, check, extract_room, update_catalogues

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
_("街道")
ngettext("%(n)d 件", "%(n)d 件", 2)
pgettext("动词", "办理")
"""
TEMPLATE = """{% load i18n %}{% translate "社区" %}{% translate "办理" context "名词" as word %}
{% blocktranslate with n=count %}共 {{ n }} 件，办结率 90%{% endblocktranslate %}
{% blocktranslate count n=count %}{{ n }} 个网格{% plural %}{{ n }} 个网格{% endblocktranslate %}
{% include "x.html" with label=_("网格") %}"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with one room."""
    room = tmp_path / "linli" / "room"
    (room / "templates").mkdir(parents=True)
    (room / "__init__.py").touch()
    (room / "pages.py").write_text(PYTHON, encoding="utf-8")
    (room / "templates" / "page.html").write_text(TEMPLATE, encoding="utf-8")
    return tmp_path / "linli"


def translate(package: Path, **english: str) -> None:
    """Fill in English as a person would."""
    path = catalogue_path(package / "room")
    text = path.read_text(encoding="utf-8")
    for chinese, words in english.items():
        text = text.replace(f'msgid "{chinese}"\nmsgstr ""', f'msgid "{chinese}"\nmsgstr "{words}"')
    path.write_text(text, encoding="utf-8")


def test_extracts_python_and_templates(package: Path) -> None:
    keys = set(extract_room(package / "room", package))
    assert keys == {
        ("", "街道"),
        ("", "%(n)d 件"),
        ("动词", "办理"),
        ("", "社区"),
        ("名词", "办理"),
        ("", "共 %(n)s 件，办结率 90%%"),
        ("", "%(n)s 个网格"),
        ("", "网格"),
    }


def test_update_is_stable_and_translations_compile(package: Path) -> None:
    update_catalogues(package)
    translate(package, 街道="street")
    update_catalogues(package)
    assert update_catalogues(package) == []
    (compiled,) = compile_catalogues(package)
    with compiled.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("街道") == "street"
    assert compile_catalogues(package) == []


def test_who_may_not_write_there_goes_on_without(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service runs programs that belong to root, in a file system that is closed to it."""
    update_catalogues(package)

    def closed(path: Path) -> Path:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(catalogues, "compile_catalogue", closed)
    assert compile_catalogues(package) == []

    def full(path: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(catalogues, "compile_catalogue", full)
    with pytest.raises(OSError, match="No space"):
        compile_catalogues(package)


def test_check_names_missing_and_left_over(package: Path) -> None:
    assert any("in no catalogue" in line for line in check(package))
    update_catalogues(package)
    translate(package, 街道="street")
    (package / "room" / "pages.py").write_text("", encoding="utf-8")
    update_catalogues(package)
    assert any("'街道' is left over" in line for line in check(package))
    (package / "room" / "pages.py").write_text(PYTHON, encoding="utf-8")
    update_catalogues(package)
    assert not any("街道" in line for line in check(package))


def test_translation_follows_a_moved_string(package: Path) -> None:
    update_catalogues(package)
    translate(package, 街道="street")
    other = package / "other"
    other.mkdir()
    (other / "__init__.py").touch()
    (package / "room" / "pages.py").rename(other / "pages.py")
    update_catalogues(package, prune=True)
    assert 'msgstr "street"' in catalogue_path(other).read_text(encoding="utf-8")
    assert "街道" not in catalogue_path(package / "room").read_text(encoding="utf-8")


def test_check_compares_placeholders(package: Path) -> None:
    update_catalogues(package)
    path = catalogue_path(package / "room")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(
            'msgid "共 %(n)s 件，办结率 90%%"\nmsgstr ""', 'msgid "共 %(n)s 件，办结率 90%%"\nmsgstr "%(count)s"'
        ),
        encoding="utf-8",
    )
    assert any("other placeholders" in line for line in check(package))


def test_check_finds_a_percent_sign_that_would_break_a_sentence_when_it_is_filled_in(package: Path) -> None:
    (package / "room" / "pages.py").write_text(
        'from django.utils.translation import gettext as _\n_("%(low)s 到 %(high)s（九成把握）")\n', encoding="utf-8"
    )
    update_catalogues(package)
    path = catalogue_path(package / "room")
    for english, found in (("90 % interval: %(low)s to %(high)s", 1), ("90 %% interval: %(low)s to %(high)s", 0)):
        text = path.read_text(encoding="utf-8")
        begun = text.index("msgstr", text.index("九成把握"))
        path.write_text(f'{text[:begun]}msgstr "{english}"\n{text[text.index(chr(10), begun) + 1 :]}', encoding="utf-8")
        assert sum("bare %" in line for line in check(package)) == found


def test_a_string_is_the_same_in_english_in_every_room(package: Path) -> None:
    (package / "room" / "templates" / "page.html").unlink()
    for name, english in (("room", "Send"), ("other", "Submitted")):
        room = package / name
        room.mkdir(exist_ok=True)
        (room / "__init__.py").touch()
        (room / "pages.py").write_text('_("提交")', encoding="utf-8")
        update_catalogues(package, [name])
        path = catalogue_path(room)
        # A new room is offered what the others say; here a person says something else.
        text = path.read_text(encoding="utf-8").replace('"Send"', '""')
        path.write_text(text.replace('"提交"\nmsgstr ""', f'"提交"\nmsgstr "{english}"'), encoding="utf-8")
    said = [line for line in check(package) if "differs" in line]
    assert len(said) == 1 and "Send" in said[0] and "Submitted" in said[0]
