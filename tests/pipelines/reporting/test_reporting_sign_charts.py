import numpy as np
import pytest

from shopclip.pipelines.reporting.sign_charts import sign_charts
from shopclip.pipelines.reporting.signs import kept_epochs, sign_panels


@pytest.fixture
def charts(evidence):
    logs, examples = evidence.epoch_logs, evidence.examples
    found = sign_charts(sign_panels(logs, examples), kept_epochs(logs, examples))
    return {chart.title: chart for chart in found}


def places(points: str) -> np.ndarray:
    return np.array([point.split(",") for point in points.split()], float)


def test_a_height_is_read_off_the_axis_as_the_value_that_it_is(charts, evidence) -> None:
    for title, column in (
        ("mean cosine, texts", "text_mean_cosine"),
        ("temperature", "temperature"),
    ):
        chart = charts[title]
        ticks = np.array([(tick.at, float(tick.label)) for tick in chart.y_ticks])
        slope, start = np.polyfit(ticks[:, 0], ticks[:, 1], 1)
        for pair, points in chart.lines.items():
            read = start + slope * places(points)[:, 1]
            np.testing.assert_allclose(read, evidence.epoch_logs[pair][column], atol=1e-3)


def test_epochs_stand_where_they_ended(charts) -> None:
    for chart in charts.values():
        for points in chart.lines.values():
            np.testing.assert_allclose(places(points)[:, 0], [33.33, 66.67, 100])
        assert [(tick.at, tick.label) for tick in chart.x_ticks] == [
            (0, "0"), (33.33, "1"), (66.67, "2"), (100, "3"),
        ]  # fmt: skip


def test_dots_lie_on_their_lines_at_the_epoch_that_was_kept(charts) -> None:
    for chart in charts.values():
        for pair, dot in chart.dots.items():
            kept = places(chart.lines[pair])[1 if pair == "bert_resnet" else 2]
            np.testing.assert_allclose([dot.left, dot.top], kept, atol=0.01)


def test_a_band_covers_what_counts_as_collapsed(charts) -> None:
    top, height = charts["mean cosine, images"].band
    assert top == 0
    above = {tick.label: tick.at for tick in charts["mean cosine, images"].y_ticks}["1"]
    assert top < above < height
    top, height = charts["effective rank, images"].band
    assert top + height == pytest.approx(100)
    assert charts["MRR, validation examples"].band is None


def test_everything_is_within_the_plot(charts) -> None:
    for chart in charts.values():
        assert len(chart.y_ticks) >= 2
        for points in chart.lines.values():
            assert (places(points) >= 0).all()
            assert (places(points) <= 100).all()
        for tick in (*chart.x_ticks, *chart.y_ticks):
            assert 0 <= tick.at <= 100


def test_words_say_what_the_chart_shows(charts) -> None:
    assert charts["MRR, validation examples"].words == (
        "MRR, validation examples: bert_resnet 0.6, bert_vit 0.45, gpt_vit 0.06"
    )


def test_a_single_epoch_is_a_dot_at_the_end(evidence) -> None:
    log = evidence.epoch_logs["bert_vit"].head(1)
    for chart in sign_charts(sign_panels({"a": log}, evidence.examples), {"a": 1}):
        assert chart.dots["a"].left == 100
        assert [tick.label for tick in chart.x_ticks] == ["0", "1"]
