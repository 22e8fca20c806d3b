from shopclip.figures.gallery_chart import gallery_chart
from shopclip.pipelines.reporting.retrievals import retrieved_for
from tests.figures.drawn import drawn, texts


def gallery_of(evidence, caption="Caption 0"):
    """With other words in place of the first caption."""
    examples = evidence.examples.replace({"caption": {"Caption 0": caption}})
    retrievals = {
        pair: table.replace({"caption": {"Caption 0": caption}})
        for pair, table in evidence.retrievals.items()
    }
    return gallery_chart(retrieved_for(retrievals, examples), evidence.images)


def test_gallery_checks_the_hits(evidence):
    queries = retrieved_for(evidence.retrievals, evidence.examples)
    figure = drawn(gallery_of(evidence))
    assert {"“Caption 0”", "“Caption 1”", "bert_resnet", "✓"} <= texts(figure)
    hits = sum(
        p.hit for query in queries for pictures in query.retrieved.values() for p in pictures
    )
    shown = [text for axes in figure.axes for text in axes.texts if text.get_text() == "✓"]
    assert len(shown) == hits > 0
    assert sum(len(axes.images) for axes in figure.axes) == 2 * (1 + 3 * 3)


def test_gallery_shows_pictures_in_their_proportions(evidence):
    for axes in drawn(gallery_of(evidence)).axes:
        for image in axes.images:
            box = image.get_window_extent()
            assert abs(box.height / box.width - 40 / 30) < 0.02


def test_gallery_shortens_what_has_no_room(evidence):
    figure = drawn(gallery_of(evidence, "word " * 90))
    boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts]
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
    assert max(map(len, texts(figure))) < 120


def test_gallery_takes_captions_literally(evidence):
    assert "“$5 _off_ $\\frac{1”" in texts(drawn(gallery_of(evidence, "$5 _off_ $\\frac{1")))
