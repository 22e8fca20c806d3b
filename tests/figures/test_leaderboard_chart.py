import pytest

from shopclip.figures.leaderboard_chart import leaderboard_chart
from shopclip.figures.style import ON_LIGHT
from shopclip.pipelines.reporting.leaderboard import headline_rows
from tests.figures.drawn import drawn, panels_of, spoken_of, texts


def chart_of(leaderboard):
    return leaderboard_chart(headline_rows(leaderboard))


@pytest.mark.parametrize(
    ("protocols", "title"),
    [(("paper", "held_out"), "MRR@10, held out, in %"), (("paper",), "MRR@10, paper, in %")],
)
def test_names_pairs_scores_and_protocol(make_leaderboard, protocols, title):
    rows = make_leaderboard({"a": 0.5, "b": 0.25}, protocols=protocols)
    chart = chart_of(rows.assign(collapsed=rows["pair"] == "b"))
    assert chart.title == title
    words = texts(drawn(chart))
    assert {"a", "b (collapsed)", "50.0", "25.0", "image → text", "text → image"} <= words
    assert title in texts(chart.figure())  # a picture has nobody else to say it
    assert title not in words


@pytest.mark.parametrize("kind", ["wide", "narrow"])
def test_every_pair_has_its_value_interval_and_bounds(evidence, kind):
    figure, rows = drawn(chart_of(evidence.leaderboard), kind), headline_rows(evidence.leaderboard)
    for axes, direction in zip(panels_of(figure), ("image_to_text", "text_to_image"), strict=True):
        found = rows[rows["direction"] == direction]
        bars = [line for line in axes.lines if len(line.get_xdata()) == 3]
        columns = ["mrr_at_10_low", "mrr_at_10", "mrr_at_10_high"]
        assert [list(bar.get_xdata()) for bar in bars] == found[columns].to_numpy().tolist()
        colours = {"bert_resnet": 0, "bert_vit": 1, "gpt_vit": 2}
        expected = [ON_LIGHT[colours[pair]] for pair in found["pair"]]
        assert [bar.get_markeredgecolor() for bar in bars] == expected
        bounds = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "|"]
        assert (
            bounds == found[["chance_mrr_at_10", "ceiling_mrr_at_10"]].to_numpy().ravel().tolist()
        )
    assert "bert_resnet, image → text: 66.0 %, interval 61.0–71.0" in spoken_of(figure)


def test_directions_stand_side_by_side_or_one_below_the_other(evidence):
    chart = chart_of(evidence.leaderboard)
    for kind, columns_and_rows in (("wide", (2, 1)), ("narrow", (1, 2))):
        boxes = [axes.get_position() for axes in panels_of(drawn(chart, kind))]
        assert (len({box.x0 for box in boxes}), len({box.y0 for box in boxes})) == columns_and_rows


@pytest.mark.parametrize("mrr", [1.0, 0.9, 0.31, 0.004])
def test_axes_hold_any_score_and_end_at_a_hundred(make_leaderboard, mrr):
    rows = make_leaderboard({"a": mrr}, margin=0.001)
    for axes in panels_of(drawn(chart_of(rows))):
        low, high = axes.get_xlim()
        assert low == 0
        assert max(mrr, rows["ceiling_mrr_at_10"].max()) <= high <= 1
        assert axes.get_xticks()[-1] == high
