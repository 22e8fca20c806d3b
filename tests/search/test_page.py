"""The page in a real browser, as a shopper uses it."""

import shutil

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
    page.locator("#examples button").first.wait_for()
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


def test_filters_narrow_and_an_empty_answer_says_so(page, engine):
    page.locator("summary").click()
    page.locator("select[name=gender]").select_option("Women")
    ask(page, "shirt")
    settled(page, 10)
    assert ids(page) == [
        hit.product.id for hit in engine.search("shirt", where={"gender": "Women"})
    ]
    page.locator("select[name=baseColour]").select_option("Red")  # those are all men's
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


def test_without_a_query_the_page_says_what_to_do_and_examples_work(page):
    assert "Type what you are looking for" in page.get_by_role("status").text_content()
    page.locator("#examples button").first.click()
    settled(page, 10)
    assert page.get_by_role("searchbox").input_value() != ""


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
