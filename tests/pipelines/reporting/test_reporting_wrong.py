from __future__ import annotations

import re

from shopclip.pipelines.reporting.retrievals import misses_of, retrieved_for
from shopclip.pipelines.reporting.sections import hubs_of
from tests.pipelines.reporting.rendered import Page, render


def wrong(html):
    (section,) = re.findall(r'<section aria-labelledby="wrong">.*?</section>', html, re.S)
    return section


def test_misses_are_each_pairs_own_and_are_no_typical_answers(evidence):
    misses = misses_of(evidence.retrievals, evidence.examples)
    assert list(misses) == ["bert_resnet", "bert_vit", "gpt_vit"]
    for first, (miss,) in enumerate(misses.values()):
        assert (miss.caption, miss.own, miss.place) == ("Caption 2", 2, 7)
        assert [picture.row for picture in miss.found] == [first + 5, first + 6, first + 7]
    typical = retrieved_for(evidence.retrievals, evidence.examples)
    assert [query.caption for query in typical] == ["Caption 0", "Caption 1"]


def test_hubs_are_counted_and_ties_leave_fractions(evidence):
    hubs = hubs_of(evidence.hubs)
    found = hubs["bert_resnet"]
    assert [(hub.row, hub.found) for hub in found.pictures] == [(0, "7"), (1, "4.5")]
    assert (found.captions, found.chance) == (10, "2.5")
    assert hubs["gpt_vit"] is None


def test_the_page_shows_misses_and_hubs_of_every_pair(evidence):
    section = wrong(render(evidence))
    page = Page(section)
    assert section.count("its own is number 7 of 100; first came") == 3
    assert len(page.tags("img")) == 3 * (1 + 3) + 3  # of hubs there are two, one and none
    assert section.count("by chance each picture is among the first ten of 2.5") == 2
    assert section.count("No picture is found more often") == 1


def test_a_pair_without_misses_says_so(evidence):
    table = evidence.retrievals["bert_vit"]
    retrievals = {**evidence.retrievals, "bert_vit": table[table["kind"] == "typical"]}
    section = wrong(render(evidence, retrievals=retrievals))
    assert section.count("No caption has a wrong picture before its own.") == 1
    assert section.count("its own is number 7") == 2
