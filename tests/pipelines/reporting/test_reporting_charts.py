import numpy as np
import pytest

from shopclip.pipelines.reporting.charts import curve_chart, score_chart


def test_scores_lie_within_their_axis(evidence) -> None:
    chart = score_chart(evidence.leaderboard)
    assert chart.protocol == "held_out"
    assert list(chart.panels) == ["image → text", "text → image"]
    assert chart.ticks[0].at == 0
    assert chart.ticks[-1].at == 100
    for rows in chart.panels.values():
        assert list(rows["pair"]) == ["bert_resnet", "bert_vit", "gpt_vit"]
        assert chart.at(rows["mrr_at_10_high"].max()) <= 100


@pytest.mark.parametrize("mrr", [1.0, 0.9, 0.31, 0.004])
def test_axes_hold_any_score_and_end_at_a_hundred(make_leaderboard, mrr: float) -> None:
    chart = score_chart(make_leaderboard({"a": mrr}, margin=0.001))
    assert chart.limit <= 1
    assert chart.at(min(1, mrr + 0.01)) <= 100


def test_curves_start_and_end_within_the_plot(logs) -> None:
    chart = curve_chart(logs)
    assert chart is not None
    for points in chart.lines.values():
        places = np.array([point.split(",") for point in points.split()], float)
        assert (places >= 0).all()
        assert (places <= 100).all()
        assert places[-1, 0] == 100
    assert len(chart.chances) == 1
    assert [end.pair for end in chart.ends] == ["", "bert_resnet", "bert_vit", "gpt_vit"]


def test_a_shorter_training_is_led_to_its_label(logs) -> None:
    chart = curve_chart(logs | {"bert_vit": logs["bert_vit"].head(10)})
    assert chart is not None
    assert list(chart.leaders) == ["bert_vit"]


def test_without_training_there_is_no_chart(logs) -> None:
    assert curve_chart({"a": logs["bert_vit"].head(0)}) is None
