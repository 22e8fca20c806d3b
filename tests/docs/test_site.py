"""The site: built strictly, complete, readable on a phone, and silent towards the outside."""

import os
import re
import shutil
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from importlib import import_module

import griffe
import pytest
import yaml

from tests.project import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BUILD = """
import sys
from mkdocs.__main__ import cli
cli(["build", "--strict", "--site-dir", sys.argv[1]], standalone_mode=False)
print("torch was imported" if "torch" in sys.modules else "torch was not imported")
"""
PACKAGES = ["shopclip.dualencoder", "shopclip.search"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the site, and what its build said."""
    folder = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout + done.stderr


@pytest.fixture(scope="module")
def html(built):
    """Every page; 404.html is for web servers, and its paths are theirs."""
    return sorted(page for page in built[0].rglob("*.html") if page.name != "404.html")


def nav():
    """The pages of the navigation."""

    def flat(part):
        if isinstance(part, str):
            yield part
        else:
            for inner in part.values() if isinstance(part, dict) else part:
                yield from flat(inner)

    return list(flat(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))


def test_builds_strictly_without_a_warning_and_without_torch(built):
    _, said = built
    assert "Documentation built" in said
    assert not re.search("warning", said, re.IGNORECASE)
    assert "torch was not imported" in said


def test_every_page_is_in_the_navigation_once():
    docs = ROOT / "docs"
    written = {str(page.relative_to(docs)) for page in docs.rglob("*.md")}
    made = {"reference/parameters.md"}
    assert sorted(written | made) == sorted(nav()), "pages and the nav of mkdocs.yml differ"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_in_the_reference(package, built):
    inventory = (built[0] / "objects.inv").read_bytes().split(b"\n", 4)[4]
    listed = {line.split()[0] for line in zlib.decompress(inventory).decode().splitlines()}
    public = {f"{package}.{name}" for name in import_module(package).__all__}
    assert public - listed == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_and_method_has_a_docstring(package):
    module = griffe.load(package, search_paths=[ROOT / "src"])
    bare = []
    for name in import_module(package).__all__:
        target = module[name].final_target
        methods = [one for one in target.members.values() if one.is_function and one.is_public]
        told = [one for one in (target, *methods) if not one.name.startswith("_")]
        bare += [one.path for one in told if not one.docstring]
    assert bare == []


class Loaded(HTMLParser):
    """What a browser loads by itself for a page."""

    def __init__(self):
        super().__init__()
        self.found, self.classes = [], set()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.classes |= set((attributes.get("class") or "").split())
        loads = tag in ("script", "img", "iframe", "source", "link")
        if loads and attributes.get("rel") not in ("canonical", "prev", "next"):
            self.found += [attributes[key] for key in ("src", "href") if attributes.get(key)]


def test_pages_load_nothing_from_elsewhere(html):
    assert len(html) > 15
    for page in html:
        loaded = Loaded()
        loaded.feed(page.read_text("utf-8"))
        assert [one for one in loaded.found if re.match(r"(\w+:)?//", one)] == []
        assert "mermaid" not in loaded.classes  # which the theme would fetch from a CDN
        files = [page.parent / re.split("[#?]", one)[0] for one in loaded.found]
        assert [file for file in files if not file.exists()] == []


def test_style_sheets_load_nothing_from_elsewhere(built):
    sheets = list(built[0].rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text("utf-8"))


def test_scripts_of_the_build_are_not_on_the_site(built):
    assert list(built[0].rglob("*.py")) == []


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (apt install chromium)")
def test_a_phone_in_the_dark_shows_every_page_without_scrolling_sideways(html):
    from playwright.sync_api import sync_playwright

    asked = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page.on("request", lambda one: asked.append(one.url))
        for file in html:
            page.goto(file.as_uri())
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, file.name
            assert page.locator("body").get_attribute("data-md-color-scheme") == "slate"
        light = browser.new_page(color_scheme="light")
        light.goto(html[0].as_uri())
        assert light.locator("body").get_attribute("data-md-color-scheme") == "default"
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
