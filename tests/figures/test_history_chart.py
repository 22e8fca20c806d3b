import pandas as pd

from shopclip.figures.tuning_charts import history_chart
from tests.figures.drawn import drawn, panels_of, texts

TRIALS = pd.DataFrame(
    {
        "number": [0, 1, 2, 3, 4],
        "state": ["complete", "complete", "pruned", "interrupted", "complete"],
        "pair": ["bert_resnet", "gpt_vit", "gpt_vit", None, "gpt_vit"],
        "default": [True, True, False, False, False],
        "value": [0.5, 0.4, 0.2, None, 0.625],
    }
)


def test_the_history_shows_every_finished_trial_and_the_best_so_far():
    figure = drawn(history_chart(TRIALS))
    (axes,) = panels_of(figure)
    steps, *_ = axes.lines
    assert list(steps.get_xdata()) == [0, 1, 4]
    assert list(steps.get_ydata()) == [0.5, 0.5, 0.625]
    points = {
        (x, y)
        for line in axes.lines[1:]
        if line.get_marker() in "osD" and line.get_markersize() == 8
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }
    assert points == {(0, 0.5), (1, 0.4), (2, 0.2), (4, 0.625)}
    assert "62.5, trial 4" in texts(figure)
    assert {"bert_resnet", "gpt_vit", "best default"} <= texts(figure)


def test_the_line_of_the_default_is_at_the_best_of_them():
    (axes,) = panels_of(drawn(history_chart(TRIALS)))
    levels = [line.get_ydata()[0] for line in axes.lines if line.is_dashed()]
    assert levels == [0.5]
