import pytest

from shopclip.figures.chart import BETWEEN, Key, Sheet
from shopclip.figures.labels import text_width


def inches(figure, axes):
    """Left, top, width and height of axes."""
    width, height = figure.get_size_inches()
    box = axes.get_position()
    return box.x0 * width, (1 - box.y1) * height, box.width * width, box.height * height


def test_what_is_put_on_a_sheet_stands_below_what_was():
    sheet = Sheet(4.0)
    (first,) = sheet.panels(1, min_width=1, height=1.5, top=0.25, bottom=0.5)
    (second,) = sheet.panels(1, min_width=1, height=1.0, left=0.5, right=0.25, top=0.25, bottom=0.5)
    figure = sheet.finish()
    assert figure.get_size_inches() == pytest.approx([4, 4])
    assert inches(figure, first) == pytest.approx((0, 0.25, 4, 1.5))
    assert inches(figure, second) == pytest.approx((0.5, 2.5, 3.25, 1))


def test_a_margin_lies_around_it_all():
    sheet = Sheet(4.0, margin=0.5)
    (axes,) = sheet.panels(1, min_width=1, height=1.0, top=0, bottom=0)
    figure = sheet.finish()
    assert figure.get_size_inches() == pytest.approx([5, 2])
    assert inches(figure, axes) == pytest.approx((0.5, 0.5, 4, 1))


@pytest.mark.parametrize(
    ("count", "min_width", "columns"),
    [(8, 1.5, 4), (8, 4, 2), (3, 2.5, 3), (4, 2.5, 2), (2, 99, 1)],
)
def test_panels_stand_in_even_rows_of_what_fits(count, min_width, columns):
    sheet = Sheet(9.0)
    across = sheet.across(count, min_width)
    panels = sheet.panels(count, min_width=min_width, height=1.0)
    figure = sheet.finish()
    boxes = [inches(figure, axes) for axes in panels]
    assert len({round(left, 3) for left, *_ in boxes}) == columns
    assert columns * across + (columns - 1) * BETWEEN == pytest.approx(9)
    assert [box[2] for box in boxes] == pytest.approx([across] * count)
    assert boxes == sorted(boxes, key=lambda box: (round(box[1], 3), box[0]))  # as one reads


def test_a_legend_takes_another_line_where_it_has_no_room():
    sheet = Sheet(2.0)
    sheet.keys(Key("multilingual_bert", {"marker": "o"}) for _ in range(3))
    figure = sheet.finish()
    (strip,) = figure.axes
    assert len({text.get_position()[1] for text in strip.texts}) == 3
    for text in strip.texts:
        assert text.get_position()[0] + text_width(text.get_text()) <= 2
    wide = Sheet(9.0)
    wide.keys(Key("multilingual_bert", {"marker": "o"}) for _ in range(3))
    assert len({text.get_position()[1] for text in wide.finish().axes[0].texts}) == 1
