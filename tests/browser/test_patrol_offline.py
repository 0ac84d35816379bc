"""Observations with photos made with no network, the browser killed twice, the line cut: all arrive, each once."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from chaos.tally import tell, tries
from linli.inspections.models import Finding, Observation
from linli.inspections.rounds import end_round
from linli.work.models import Evidence
from tests.browser.patrolling import Handset, Rounds, handset, make_rounds, small_photo
from tests.browser.server import Site
from tests.browser.world import World

STORED = """() => new Promise((done) => {
  const asked = indexedDB.open("linli-patrol");
  asked.onsuccess = () => {
    const all = asked.result.transaction("kept").objectStore("kept").getAll();
    all.onsuccess = () => {
      asked.result.close();
      done(all.result.map((kept) => [kept.observation.client_key, kept.stage]));
    };
  };
})"""


def record(page: Page, rounds: Rounds, number: int) -> None:
    """One failing criterion with a photo, through the form."""
    site, criterion = rounds.site(number // 4), rounds.criteria[number % 4]
    page.evaluate(f"location.hash = '#/problem/{site}/{criterion}'")
    page.locator("#photos").set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": small_photo(number)})
    expect(page.locator(".photo-item")).to_have_count(1)
    page.locator("#keep").click()
    expect(page.locator("#all-pass, #next-site, #to-today").first).to_be_visible()


def kept(page: Page) -> dict[str, str]:
    """What lies on the phone: the stage of each record."""
    return dict(page.evaluate(STORED))


def until(done: object, seconds: float = 60.0) -> None:
    """Wait for something outside the browser."""
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def rows(world: World, rounds: Rounds) -> tuple[int, int, int, int]:
    """Observations, different keys, findings and photos in the database."""
    with world.inside():
        found = Observation.objects.filter(round_id=rounds.round_id)
        items = Finding.objects.filter(round_id=rounds.round_id)
        photos = Evidence.objects.filter(item__in=items.values("item"), kind="photo", removed_at=None)
        return found.count(), found.values("client_key").distinct().count(), items.count(), photos.count()


def half_without_network(phone: Handset, rounds: Rounds, wanted: int) -> Page:
    """The first half is recorded with no network; then the phone dies and comes back, still without network."""
    page = phone.start()
    expect(page.locator(f"#site-{rounds.site(0)}")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    phone.line.cut()
    page.reload()
    page.wait_for_selector("html[data-patrol=ready]", state="attached")
    for number in range(wanted // 2):
        record(page, rounds, number)
    before = kept(page)
    assert len(before) == wanted // 2
    phone.kill()
    page = phone.start()
    expect(page.locator(".patrol-row").first).to_be_visible()
    assert kept(page) == before, "nothing is lost when the browser is killed"
    return page


def test_what_was_recorded_offline_arrives_exactly_once(
    chromium: Browser, site: Site, world: World, tmp_path: Path
) -> None:
    wanted = tries("patrol")
    rounds = make_rounds(world, -(-wanted // 4), title="离线巡查")
    port = urlsplit(site.url).port
    assert port is not None
    with handset(chromium, tmp_path / "profile", port, world.cookie("grid")) as phone:
        page = half_without_network(phone, rounds, wanted)
        for number in range(wanted // 2, wanted):
            record(page, rounds, number)
        keys = set(kept(page))
        assert len(keys) == wanted
        page.goto("/patrol/#/queue")
        # The server takes a batch and the phone never hears of it; then the line breaks in the middle of one.
        phone.line.restore()
        phone.line.swallows = True
        page.locator("#send-now").click()
        until(lambda: phone.line.swallowed > 0)
        phone.line.restore()
        phone.line.breaks_after = 20_000
        page.locator("#send-now").click()
        until(lambda: phone.line.broken > 0)
        phone.kill()
        phone.line.restore()
        page = phone.start()
        until(lambda: set(kept(page).values()) == {"stored"}, 60 + wanted)
        page.goto("/patrol/#/queue")
        expect(page.get_by_text("全部传上去了")).to_be_visible()
        expect(page.locator("#sync-badge")).to_contain_text("全部已传")
        assert set(kept(page)) == keys
    assert rows(world, rounds) == (wanted, wanted, wanted, wanted)
    with world.inside():
        arrived = Observation.objects.filter(round_id=rounds.round_id).values_list("client_key", flat=True)
        assert {str(key) for key in arrived} == keys
        end_round(world.actor("community"), rounds.round_id)
    tell("patrol", wanted, lost=0, doubled=0)
