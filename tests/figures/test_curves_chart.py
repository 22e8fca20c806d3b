from itertools import pairwise

import numpy as np

from shopclip.figures.curves_chart import curves_chart
from shopclip.figures.themed_svg import themed_svg
from tests.figures.drawn import drawn, panels_of, spoken_of, texts


def lines_of(figure):
    (axes,) = panels_of(figure)
    return [line for line in axes.lines if not line.is_dashed()]


def test_curves_are_labelled_at_their_ends_with_chance(logs):
    assert {"bert_resnet", "bert_vit", "gpt_vit", "chance, ln 8"} <= texts(
        drawn(curves_chart(logs))
    )


def test_labels_at_the_ends_stand_apart_and_in_the_order_of_the_lines(logs):
    figure = drawn(curves_chart({**logs, "same": logs["bert_vit"]}))
    (axes,) = panels_of(figure)
    boxes = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.y0)
    assert len(boxes) == 5
    assert all(low.y1 <= high.y0 for low, high in pairwise(boxes))
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
    ends = {text.get_text(): text.xy[1] for text in axes.texts if hasattr(text, "xy")}
    heights = {text.get_text(): text.get_window_extent().y0 for text in axes.texts}
    assert sorted(ends, key=lambda pair: (ends[pair], pair)) == sorted(
        ends, key=heights.__getitem__
    )


def test_long_names_become_a_legend_where_there_is_no_room_beside_the_lines(logs):
    chart = curves_chart({"multilingual_bert_swin": logs["bert_vit"], "b": logs["gpt_vit"]})
    for kind, inside in (("wide", True), ("narrow", False)):
        figure = drawn(chart, kind)
        (axes,) = panels_of(figure)
        assert {"multilingual_bert_swin", "b", "chance, ln 8"} <= texts(figure)
        beside = {text.get_text() for text in axes.texts}
        assert beside == ({"multilingual_bert_swin", "b", "chance, ln 8"} if inside else set())


def test_curves_end_with_training_and_within_the_plot(logs):
    figure = drawn(curves_chart(logs | {"bert_vit": logs["bert_vit"].head(10)}))
    (axes,) = panels_of(figure)
    assert [line.get_xdata()[-1] for line in lines_of(figure)] == [3, 1, 3]
    for line in lines_of(figure):
        assert 0 <= line.get_ydata().min() <= line.get_ydata().max() <= axes.get_ylim()[1]
    assert axes.get_xlim() == (0, 3)


def test_every_line_says_where_it_ends(logs):
    words = spoken_of(drawn(curves_chart(logs)))
    assert f"gpt_vit: {np.log(8):.2f} after epoch 3" in words
    assert len(words) == 3


def test_curves_leave_out_the_untrained(untrained):
    assert "bert_vit" not in texts(drawn(curves_chart(untrained.training_logs)))
    nothing = {"a": untrained.training_logs["bert_vit"]}
    assert "no pair was trained" in texts(drawn(curves_chart(nothing)))


def test_figures_touch_no_global_state(logs):
    import matplotlib.pyplot as plt

    before, settings = plt.get_fignums(), dict(plt.rcParams)  # others may have left some
    curves_chart(logs).figure()
    assert plt.get_fignums() == before
    assert dict(plt.rcParams) == settings


def test_the_settings_of_the_machine_change_no_picture(logs):
    import matplotlib as mpl

    plain = themed_svg(curves_chart(logs))
    with mpl.rc_context({"font.size": 30, "font.weight": "bold", "lines.dash_capstyle": "round"}):
        assert themed_svg(curves_chart(logs)) == plain
