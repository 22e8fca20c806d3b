"""The page in a real browser, as a shopper uses it."""

import shutil
import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.conftest import jpeg
from tests.search.serving import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (apt install chromium)"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="module")
def address(project):
    with served(project, "--pair", "tiny") as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(request, browser, address):
    """An open page, of which no script failed and which asked nobody but its own server."""
    page = browser.new_page(viewport={"width": request.param, "height": 844})
    asked, wrong = [], []
    page.on("request", lambda one: asked.append(one.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    page.locator("#examples a").first.wait_for()
    yield page
    elsewhere = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert (elsewhere, wrong) == ([], [])
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0  # nothing to scroll sideways for, whatever the test left on the page
    page.close()


def ask(page, text):
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator("#hits:not([aria-busy])").wait_for(state="attached")


def ids(page):
    page.wait_for_function("!document.querySelector('#hits').hasAttribute('aria-busy')")
    sources = page.locator("#hits img").evaluate_all("all => all.map(one => one.src)")
    return [source.rpartition("id=")[2] for source in sources]


def settled(page, count):
    """Wait until so many pictures are shown, all of them loaded."""
    page.wait_for_function(
        """count => { const all = [...document.querySelectorAll('#hits img')];
        all.forEach(one => one.loading = 'eager');
        return all.length === count && all.every(one => one.complete && one.naturalWidth); }""",
        arg=count,
    )


def test_words_find_ten_pictures_and_a_click_similar_ones(page, engine):
    ask(page, "a red shirt")
    settled(page, 10)
    expected = [hit.product.id for hit in engine.search("a red shirt")]
    assert ids(page) == expected
    page.locator("#hits .picture").first.click()
    page.get_by_text("More like " + engine.search("a red shirt")[0].product.caption).wait_for()
    page.locator("#description:not([hidden])").wait_for()
    settled(page, 10)
    similar = [hit.product.id for hit in engine.similar(expected[0])]
    assert ids(page) == similar
    assert expected[0] not in similar


def test_more_like_this_with_other_words_weighs_both(page, engine):
    ask(page, "cap")
    settled(page, 10)
    first = ids(page)[0]
    page.locator("#hits .like").first.click()
    page.locator("#description:not([hidden])").wait_for()
    assert page.locator("#weighing").is_hidden()
    ask(page, "green")
    page.locator("#weighing").wait_for()
    expected = [hit.product.id for hit in engine.search("green", engine.picture(first))]
    page.wait_for_function(
        "id => document.querySelector('#hits img')?.src.endsWith('=' + id)", arg=expected[0]
    )
    assert ids(page) == expected


def test_an_uploaded_picture_is_searched_by_and_described(page, engine, tmp_path):
    file = tmp_path / "blue.jpg"
    file.write_bytes(jpeg((40, 60, 220), (60, 80)))
    page.locator("#file").set_input_files(file)
    page.locator("#description:not([hidden])").wait_for()
    settled(page, 10)
    assert ids(page) == [hit.product.id for hit in engine.search(image=file)]
    said = page.locator("#description li").all_text_contents()
    colour = engine.describe(file).attributes[-1]
    assert f"{colour.values[0][0]} {round(colour.values[0][1] * 100)} %" in said
    assert page.locator("#by-what").text_content() == "blue.jpg"


def test_a_text_file_named_jpg_is_a_clear_error_and_the_page_goes_on(page, tmp_path):
    file = tmp_path / "notes.jpg"
    file.write_text("I am no picture")
    page.locator("#file").set_input_files(file)
    page.get_by_role("alert").wait_for()
    assert "not a readable picture" in page.get_by_role("alert").text_content()
    assert page.locator("#hits li").count() == 0
    page.get_by_role("button", name="Search without the picture").click()
    ask(page, "shoe")
    settled(page, 10)
    assert page.get_by_role("alert").is_hidden()


def test_filters_narrow_and_an_empty_answer_says_so(page, engine, address):
    page.locator("summary").click()
    page.locator("select[name=gender]").select_option("Women")
    ask(page, "shirt")
    settled(page, 10)
    assert ids(page) == [
        hit.product.id for hit in engine.search("shirt", where={"gender": "Women"})
    ]
    page.goto(f"{address}/?q=shirt&where.gender=Women&where.baseColour=Red")  # those are all men's
    page.get_by_text("No product fits these filters").wait_for()
    assert page.locator("#hits li").count() == 0
    page.get_by_role("button", name="Clear filters").click()
    settled(page, 10)


def test_another_pair_answers_when_it_is_chosen(page, project):
    from shopclip.search import SearchEngine

    page.locator("#pair").select_option("other")
    ask(page, "grey cap")
    page.get_by_text("10 nearest, by other").wait_for()
    other = SearchEngine.open(project, pair="other")
    assert ids(page) == [hit.product.id for hit in other.search("grey cap")]


def test_without_a_query_the_page_shows_products_and_examples_work(page, engine):
    page.get_by_text("Type what you are looking for").wait_for()
    settled(page, 10)
    assert ids(page) == [product.id for product in engine.browse(10)]
    page.locator("#examples a").first.click()
    page.get_by_text("10 nearest").wait_for()
    settled(page, 10)
    assert page.get_by_role("searchbox").input_value() != ""


def query_of(page):
    return dict(parse_qsl(urlsplit(page.url).query))


def test_what_is_asked_is_in_the_address_and_back_goes_back(page, engine, address):
    page.locator("summary").click()
    page.locator("select[name=gender]").select_option("Women")
    ask(page, "red & blue?")
    page.get_by_text("10 nearest").wait_for()
    found = ids(page)
    assert query_of(page) == {"q": "red & blue?", "where.gender": "Women"}
    page.locator("#hits .like").first.click()
    page.get_by_text("More like " + engine.product(found[0]).caption).wait_for()
    assert query_of(page) == {"like": found[0], "where.gender": "Women"}
    page.go_back()
    page.wait_for_function("() => document.querySelector('#by').hidden")
    settled(page, 10)
    assert ids(page) == found
    assert page.get_by_role("searchbox").input_value() == "red & blue?"
    page.go_forward()
    page.get_by_text("More like " + engine.product(found[0]).caption).wait_for()
    page.go_back()
    page.go_back()  # the filter alone
    page.get_by_text("Some of what there is").wait_for()
    assert query_of(page) == {"where.gender": "Women"}
    page.go_back()
    page.wait_for_url(f"{address}/")


def test_going_back_twice_at_once_ends_where_it_says(page, address):
    for text in ("cap", "shoe"):
        ask(page, text)
        page.get_by_text("10 nearest").wait_for()
    page.locator("#hits .like").first.click()
    page.get_by_text("More like").first.wait_for()
    page.go_back()
    # The product of the first step arrives when the second one has been shown.
    page.route("**/api/product*", lambda route: (time.sleep(0.5), route.continue_()))
    page.evaluate("history.forward(); setTimeout(() => history.go(-2), 50)")
    page.wait_for_url("**/?q=cap")
    page.wait_for_timeout(1500)
    assert query_of(page) == {"q": "cap"}
    assert page.locator("#by").is_hidden()


def test_an_address_opens_as_it_was_sent(page, engine, address):
    page.goto(f"{address}/?q=green&like=p5&weight=0.2&where.baseColour=Green&pair=other")
    page.get_by_text("by other").wait_for()
    assert page.locator("#by-what").text_content() == "More like " + engine.product("p5").caption
    assert page.locator("#weight").input_value() == "0.2"
    assert page.locator("select[name=baseColour]").input_value() == "Green"
    assert page.title() == "green · shopclip search"
    shown = page.locator("#hits .facts").all_text_contents()
    assert len(shown) == 10
    assert all("Green" in one for one in shown)


def test_an_example_leads_to_the_pair_that_answers_here(page):
    link = page.locator("#examples a").first
    assert dict(parse_qsl(urlsplit(link.get_attribute("href")).query)) == {"q": link.text_content()}


def test_a_link_is_a_search_of_its_own(page, browser):
    ask(page, "cap")
    page.get_by_text("10 nearest").wait_for()
    link = page.locator("#hits .picture").nth(1)
    other = browser.new_page()
    other.goto(page.evaluate("path => new URL(path, location).href", link.get_attribute("href")))
    other.get_by_text(link.get_attribute("aria-label")).wait_for()
    other.close()


def test_an_address_of_what_is_gone_says_so_and_the_page_goes_on(page, address):
    page.goto(f"{address}/?like=nobody")
    page.get_by_role("alert").wait_for()
    assert "no product has the id" in page.get_by_role("alert").text_content()
    page.goto(f"{address}/?q=cap&where.gender=Robots&pair=big&tracked=1")
    page.get_by_text("10 nearest, by tiny").wait_for()
    assert query_of(page) == {"q": "cap"}
    ask(page, "shoe")
    page.get_by_text("10 nearest").wait_for()
    page.go_back()
    page.wait_for_function("() => document.querySelector('#text').value === 'cap'")


def test_each_value_of_a_filter_says_what_it_would_leave(page, engine):
    page.locator("summary").click()
    page.locator("select[name=gender]").select_option("Women")
    page.get_by_text("Some of what there is").wait_for()
    page.wait_for_function("() => !document.querySelector('#hits').hasAttribute('aria-busy')")
    counts = engine.facets({"gender": "Women"})
    for name in ("gender", "baseColour"):
        options = page.locator(f"select[name={name}] option").all_text_contents()
        assert options == ["any", *(f"{value} ({n})" for value, n in counts[name].items())]
    red = page.locator("select[name=baseColour] option[value=Red]")
    assert counts["baseColour"]["Red"] == 0
    assert red.is_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(page, address, scheme):
    """By axe, whose rules are those of WCAG."""
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme)
    for path in ("", "?q=red&where.gender=Women", "?like=p5"):
        page.goto(f"{address}/{path}")
        settled(page, 10)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_a_picture_can_be_chosen_by_the_keyboard(page):
    page.evaluate(
        """document.querySelector('#file').addEventListener('click', (event) => {
        event.preventDefault(); window.opened = (window.opened ?? 0) + 1; })"""
    )
    page.get_by_role("button", name="Picture", exact=True).focus()
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
    page.wait_for_function("window.opened === 2")


def test_a_server_that_is_gone_is_said(page):
    page.route("**/api/search", lambda route: route.abort())
    ask(page, "shirt")
    page.get_by_role("alert").wait_for()
    assert "does not answer" in page.get_by_role("alert").text_content()


def test_captions_are_shown_as_text_never_as_markup(page):
    told = {
        "pair": "tiny",
        "hits": [
            {
                "id": "p1",
                "caption": "<img src=x onerror=alert(1)>",
                "similarity": 0.5,
                "attributes": {},
            }
        ],
    }
    page.route("**/api/search", lambda route: route.fulfill(json=told))
    ask(page, "shirt")
    settled(page, 1)
    assert page.locator("#hits .caption").text_content() == "<img src=x onerror=alert(1)>"
    assert page.locator("#hits .caption img").count() == 0


def test_the_documentation_of_the_api_opens_without_the_internet(browser, address):
    page = browser.new_page()
    asked = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{address}/docs")
    page.get_by_text("/api/search", exact=True).wait_for()
    assert all(url.startswith((address, "data:")) for url in asked)
    page.close()
