import numpy as np
import pytest

from shopclip.figures.style import COLLAPSED
from shopclip.pipelines.reporting.signs import SIGNS, signs_of
from tests.figures.drawn import drawn, panels_of, spoken_of, texts


@pytest.fixture
def figure(evidence):
    return drawn(signs_of(evidence.epoch_logs, evidence.examples))


def panel(figure, title):
    (found,) = [axes for axes in panels_of(figure) if axes.get_title(loc="left") == title]
    return found


def test_signs_have_a_panel_each_and_a_line_a_pair(figure, evidence):
    words = texts(figure)
    assert {"mean cosine, images", "temperature", "MRR, validation examples"} <= words
    assert {"bert_resnet", "bert_vit", "gpt_vit"} <= words
    assert [len(axes.lines) for axes in panels_of(figure)] == [3] * len(SIGNS)
    mrr = panel(figure, "MRR, validation examples").lines[0]
    assert mrr.get_ydata().tolist() == evidence.epoch_logs["bert_resnet"]["mrr"].tolist()
    assert mrr.get_xdata().tolist() == [1, 2, 3]
    assert mrr.get_markevery() == [1]  # the second epoch was the best


def test_every_line_says_what_the_pair_ended_with(figure):
    words = spoken_of(figure)
    assert len(words) == 8 * 3
    assert "MRR, validation examples: bert_resnet 0.6 after epoch 2" in words
    assert "MRR, validation examples: gpt_vit 0.06 after epoch 3" in words


def test_a_band_covers_what_counts_as_collapsed(figure):
    for title, low, high in (("mean cosine, images", 0.98, None), ("effective rank, texts", 0, 2)):
        axes = panel(figure, title)
        (band,) = axes.patches
        assert band.get_facecolor()[:3] == pytest.approx(
            [int(COLLAPSED[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        )
        bottom, height = band.get_y(), band.get_height()
        assert bottom == pytest.approx(low)
        assert bottom + height == pytest.approx(axes.get_ylim()[1] if high is None else high)
    assert not panel(figure, "MRR, validation examples").patches


def test_everything_is_within_the_plot(figure):
    for axes in panels_of(figure):
        low, high = axes.get_ylim()
        for line in axes.lines:
            assert low <= np.min(line.get_ydata()) <= np.max(line.get_ydata()) <= high
        ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
        assert len(ticks) >= 2


@pytest.mark.parametrize("kind", ["wide", "narrow"])
def test_no_word_stands_on_another_or_sticks_out(evidence, kind):
    figure = drawn(signs_of(evidence.epoch_logs, evidence.examples), kind)
    titles = [axes.title if axes.title.get_text() else axes._left_title for axes in figure.axes]
    boxes = [title.get_window_extent() for title in titles if title.get_text()]
    assert len(boxes) == 8
    assert all(box.x1 <= figure.bbox.x1 for box in boxes)
    for one in range(8):
        for two in range(one):
            assert not boxes[one].overlaps(boxes[two])


def test_a_single_epoch_is_a_marker_at_the_end(evidence):
    log = evidence.epoch_logs["bert_vit"].head(1)
    for axes in panels_of(drawn(signs_of({"a": log}, evidence.examples))):
        (line,) = axes.lines
        assert line.get_xdata().tolist() == [1]
        assert axes.get_xlim() == (0, 1)


def test_signs_say_that_they_were_measured_on_what_was_trained_on(evidence, unvalidated):
    chart = signs_of(unvalidated.epoch_logs, unvalidated.examples)
    words = texts(chart.figure())
    assert "MRR, training examples" in words
    assert "measured on training examples" in chart.subtitle
    assert not [text for text in words if "validation" in text]


def test_signs_leave_out_the_untrained(untrained):
    figure = drawn(signs_of(untrained.epoch_logs, untrained.examples))
    assert "bert_vit" not in texts(figure)
    third = panels_of(figure)[0].lines[1]
    assert third.get_marker() == "D"  # gpt_vit keeps the colour and marker of the third pair
    nothing = {"a": untrained.epoch_logs["bert_vit"]}
    assert "no pair was trained" in texts(drawn(signs_of(nothing, untrained.examples)))
