from shopclip.figures.tuning_charts import importance_chart
from tests.figures.drawn import drawn, panels_of, texts


def test_the_importance_has_a_bar_a_knob_the_largest_on_top():
    chart = importance_chart({"x": 0.75, "y": 0.25}, "12 complete trials")
    figure = drawn(chart)
    (axes,) = panels_of(figure)
    assert [bar.get_width() for bar in axes.patches] == [0.75, 0.25]
    assert axes.yaxis_inverted()
    assert {"75", "25", "x", "y"} <= texts(figure)
    assert "12 complete trials" in chart.subtitle


def test_without_shares_the_note_says_why():
    assert "too few to tell" in texts(importance_chart({}, "too few to tell").figure())
