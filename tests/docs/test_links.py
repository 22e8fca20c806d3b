"""Links of the documentation lead somewhere. Those of the site itself are checked by its build."""

import re
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import headings, links, pages
from tests.project import ROOT

# No test asks the network: whoever adds an address opens it once, and its host here.
HOSTS = {"127.0.0.1", "keepachangelog.com", "optuna.org", "pypi.org", "pytorch.org", "semver.org"}
LINKS = links()
INSIDE = [one for one in LINKS if not urlsplit(one.target).scheme]
OUTSIDE = sorted({one.target for one in LINKS if urlsplit(one.target).scheme})


def anchor(heading):
    """The name that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_there_are_links_and_pages_to_test():
    assert len(INSIDE) > 40
    assert len(pages()) > 15


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_to_one(page):
    targets = [urlsplit(one.target) for one in INSIDE if one.page == page]
    lost = [one.path for one in targets if not (page.parent / one.path).exists()]
    made = {"parameters.md"}  # by the build
    assert [path for path in lost if path.rpartition("/")[2] not in made] == []


def test_anchors_of_pages_outside_of_the_site_are_headings():
    top = [one for one in INSIDE if one.page.parent == ROOT]
    for link in top:
        path, fragment = urlsplit(link.target).path, urlsplit(link.target).fragment
        if fragment:
            page = link.page.parent / path if path else link.page
            assert fragment in [anchor(heading) for heading in headings(page)], link


def test_readme_links_stay_in_the_repository():
    for link in INSIDE:
        assert (link.page.parent / urlsplit(link.target).path).resolve().is_relative_to(ROOT)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_elsewhere_is_well_formed_and_its_host_is_listed(address):
    parts = urlsplit(address)
    assert parts.scheme == "https" or parts.hostname == "127.0.0.1"
    assert parts.hostname in HOSTS
    assert not re.search(r"\s", address)


def test_no_host_is_listed_for_nothing():
    assert {urlsplit(address).hostname for address in OUTSIDE} == HOSTS
