"""Pictures of the search page for the documentation.

    python benchmarks/search_screenshots.py --from . --pair bert_resnet

Needs a project whose pairs are trained and indexed, and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import threading
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
QUERY = "women red kurta"
PORT = 7899


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="folder", default=".")
    parser.add_argument("--pair")
    parser.add_argument("--to", type=Path, default=IMAGES)
    options = parser.parse_args()
    start(options.folder, options.pair)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        take(browser.new_page(viewport={"width": 1280, "height": 1000}), options.to / "search.png")
        phone = browser.new_page(
            viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True
        )
        take(phone, options.to / "search_phone.png")
        take_like(
            browser.new_page(viewport={"width": 1280, "height": 1000}),
            options.to / "search_like.png",
        )
        browser.close()


def start(folder: str, pair: str | None) -> None:
    """The server in a thread; it ends with the process."""
    from shopclip.search.server.serve import serve

    options = {"pair": pair, "port": PORT}
    threading.Thread(target=serve, args=(folder,), kwargs=options, daemon=True).start()


def take(page: Page, file: Path) -> None:
    open_page(page)
    page.get_by_role("searchbox").fill(QUERY)
    page.get_by_role("button", name="Search", exact=True).click()
    loaded(page)
    page.screenshot(path=file)


def take_like(page: Page, file: Path) -> None:
    open_page(page)
    page.get_by_role("searchbox").fill("men brown leather shoes")
    page.get_by_role("button", name="Search", exact=True).click()
    loaded(page)
    page.locator("#hits .like").first.click()
    page.locator("#description:not([hidden])").wait_for()
    loaded(page)
    page.screenshot(path=file)


def open_page(page: Page) -> None:
    for _ in range(100):
        try:
            page.goto(f"http://127.0.0.1:{PORT}")
            break
        except Exception:  # the server is still loading the towers
            time.sleep(0.3)
    page.locator("#examples a").first.wait_for()


def loaded(page: Page) -> None:
    page.wait_for_function(
        """() => { const all = [...document.querySelectorAll('#hits img')];
        all.forEach(one => one.loading = 'eager');
        return all.length && all.every(one => one.complete && one.naturalWidth); }"""
    )


if __name__ == "__main__":
    main()
