import io

import pytest

from shopclip.pipelines.reporting.figures import curves_figure, leaderboard_figure
from shopclip.pipelines.reporting.gallery_figure import gallery_figure
from shopclip.pipelines.reporting.retrievals import retrieved_for
from shopclip.pipelines.reporting.signs import SIGNS
from shopclip.pipelines.reporting.signs_figure import signs_figure


def texts(figure) -> set[str]:
    """What a figure says, after drawing it to make sure that it can."""
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    artists = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return {artist.get_text().strip() for artist in artists}


@pytest.mark.parametrize(
    ("protocols", "title"),
    [(("paper", "held_out"), "MRR@10, held out, in %"), (("paper",), "MRR@10, paper, in %")],
)
def test_leaderboard_names_pairs_scores_and_protocol(make_leaderboard, protocols, title) -> None:
    rows = make_leaderboard({"a": 0.5, "b": 0.25}, protocols=protocols)
    said = texts(leaderboard_figure(rows.assign(collapsed=rows["pair"] == "b")))
    assert {title, "a", "b (collapsed)", "50.0", "25.0", "image → text", "text → image"} <= said


def test_curves_are_labelled_at_their_ends(logs) -> None:
    said = texts(curves_figure(logs))
    assert {"bert_resnet", "bert_vit", "gpt_vit", "chance, ln 8"} <= said


def test_curves_leave_out_the_untrained(untrained) -> None:
    assert "bert_vit" not in texts(curves_figure(untrained.training_logs))
    nothing = {"a": untrained.training_logs["bert_vit"]}
    assert "no pair was trained" in texts(curves_figure(nothing))


def test_signs_have_a_panel_each_and_a_line_a_pair(evidence) -> None:
    figure = signs_figure(evidence.epoch_logs, evidence.examples)
    said = texts(figure)
    assert {"mean cosine, images", "temperature", "MRR, validation examples"} <= said
    assert {"bert_resnet", "bert_vit", "gpt_vit"} <= said
    assert [len(axes.lines) for axes in figure.axes] == [3] * len(SIGNS)
    mrr = figure.axes[-1].lines[0]
    assert mrr.get_ydata().tolist() == evidence.epoch_logs["bert_resnet"]["mrr"].tolist()
    assert mrr.get_xdata().tolist() == [1, 2, 3]
    assert mrr.get_markevery() == [1]  # the second epoch was the best


def test_signs_say_that_they_were_measured_on_what_was_trained_on(unvalidated) -> None:
    said = texts(signs_figure(unvalidated.epoch_logs, unvalidated.examples))
    assert "MRR, training examples" in said
    assert not [text for text in said if "validation" in text]


def test_signs_leave_out_the_untrained(untrained) -> None:
    assert "bert_vit" not in texts(signs_figure(untrained.epoch_logs, untrained.examples))
    nothing = {"a": untrained.epoch_logs["bert_vit"]}
    assert "no pair was trained" in texts(signs_figure(nothing, untrained.examples))


def test_gallery_checks_the_hits(evidence) -> None:
    queries = retrieved_for(evidence.retrievals, evidence.examples)
    figure = gallery_figure(queries, evidence.images)
    said = texts(figure)
    assert {"“Caption 0”", "“Caption 1”", "bert_resnet", "✓"} <= said
    hits = sum(p.hit for query in queries for found in query.found.values() for p in found)
    shown = [text for text in figure.axes[0].texts if text.get_text() == "✓"]
    assert len(shown) == hits > 0
    assert len(figure.axes[0].images) == 2 * (1 + 3 * 3)


def test_gallery_shortens_what_has_no_room(evidence) -> None:
    examples = evidence.examples.replace({"caption": {"Caption 0": "word " * 90}})
    retrievals = {
        pair: table.replace({"caption": {"Caption 0": "word " * 90}})
        for pair, table in evidence.retrievals.items()
    }
    said = texts(gallery_figure(retrieved_for(retrievals, examples), evidence.images))
    assert max(map(len, said)) < 60


def test_gallery_takes_captions_literally(evidence) -> None:
    examples = evidence.examples.replace({"caption": {"Caption 0": "$5 _off_ $\\frac{1"}})
    retrievals = {
        pair: table.replace({"caption": {"Caption 0": "$5 _off_ $\\frac{1"}})
        for pair, table in evidence.retrievals.items()
    }
    assert "“$5 _off_ $\\frac{1”" in texts(
        gallery_figure(retrieved_for(retrievals, examples), evidence.images)
    )


def test_figures_touch_no_global_state(logs) -> None:
    import matplotlib.pyplot as plt

    before = plt.get_fignums()  # other tests of this process may have left some
    curves_figure(logs)
    assert plt.get_fignums() == before
