"""The record's track, its rows and its table, on drawn products."""

import json
import shlex

import numpy as np
import pytest

import record
import record_table
from record_track import DISTRACTORS, Track, summarize
from record_training import on_two_cores
from shopclip.catalogue import open_catalogue
from shopclip.sample import draw_catalogue
from shopclip.tables.splits import caption_keys

PRODUCTS, ASKED = 240, 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A catalogue, and a ground truth of some of its captions with one answer that is not there."""
    folder = tmp_path_factory.mktemp("record")
    catalogue = draw_catalogue(folder / "shop", products=PRODUCTS)
    table, _ = open_catalogue(catalogue).rows()
    table["key"] = caption_keys(table["productDisplayName"])
    first = table.drop_duplicates("key").head(ASKED)
    truth = {}
    for caption, key in zip(first["productDisplayName"], first["key"], strict=True):
        truth[caption] = dict.fromkeys(table.loc[table["key"] == key, "id"], 1)
    truth["nothing of this shop"] = {"no-such-id": 1}
    (folder / "truth.json").write_text(json.dumps(truth))
    return folder


@pytest.fixture(scope="module")
def track(folder):
    return Track.read(folder / "shop", folder / "truth.json", folder / "out" / "image_store")


def test_no_caption_is_on_two_sides(track):
    parts = track.products.groupby("part")["key"].agg(set)
    assert set(parts.index) == {"benchmark", "first", "second"}
    assert not parts["benchmark"] & parts["first"]
    assert not parts["benchmark"] & parts["second"]
    assert not parts["first"] & parts["second"]


def test_both_tracks_learn_from_what_they_say_with_the_attributes_as_labels(track):
    sizes = track.products["part"].value_counts()
    for name, parts in (("full", ["first", "second"]), ("half", ["first"])):
        examples = track.examples(name)
        assert len(examples) == sizes[parts].sum()
        assert examples.labels.shape[0] == len(examples)
        asked = set(track.products.loc[track.products["part"] == "benchmark", "row"])
        assert not asked & set(examples.rows.tolist())


def test_a_query_without_an_answer_is_not_asked(track):
    assert len(track.answers) == ASKED
    captions = track.products["caption"]
    for caption, rows in track.answers.items():
        assert set(caption_keys(captions[rows])) == set(caption_keys(captions[captions == caption]))


def test_galleries_hold_all_answers_and_unseen_ones_nothing_trained_on(track):
    trained = set(np.flatnonzero(track.products["part"] == "first"))
    asked = set(np.flatnonzero(track.products["part"] == "benchmark"))
    galleries = track.galleries("half")
    assert set(galleries["all"]) == set(range(len(track.products)))
    assert set(galleries["held_out"]) == asked
    for name, rows in galleries.items():
        assert asked <= set(rows)
        assert name == "all" or not trained & set(rows)
    assert len(galleries["unseen"]) == len(track.products) - len(trained)
    assert [f"unseen_{count}" in galleries for count in DISTRACTORS[1:]] == [True] * 4
    assert set(track.galleries("full")) == {"all", "held_out"}


def test_scores_are_those_of_a_naive_count(track):
    generator = np.random.default_rng(0)
    images = generator.normal(size=(len(track.products), 8))
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    texts = generator.normal(size=(len(track.answers), 8))
    gallery = track.galleries("half")["unseen"]
    scores = track.scores(images, texts, gallery)
    for number, rows in enumerate(track.answers.values()):
        order = gallery[np.argsort(-(images[gallery] @ texts[number]))]
        hits = np.isin(order, rows)
        assert scores["recall_at_10"][number] == pytest.approx(hits[:10].sum() / len(rows))
        first = int(np.argmax(hits)) + 1
        assert scores["mrr_at_10"][number] == pytest.approx(1 / first if first <= 10 else 0)


def test_a_summary_has_the_mean_inside_its_interval():
    values = {"recall_at_1": np.array([0.0, 1.0, 1.0, 0.0, 1.0] * 20)}
    found = summarize(values, ["recall_at_1"])["recall_at_1"]
    assert found["mean"] == 0.6
    assert 0.45 < found["low"] < 0.6 < found["high"] < 0.75


def run(folder, monkeypatch, *arguments):
    shared = ["--catalogue", folder / "shop", "--truth", folder / "truth.json"]
    shared += ["--output", folder / "out", "--rows", folder / "rows", "--threads", 1]
    command = ["record.py", *map(str, [*arguments, *shared])]
    monkeypatch.setattr("sys.argv", command)
    record.main()


def test_the_command_of_a_row_makes_all_of_it_and_names_no_folder_of_this_machine(tmp_path):
    places = ["--catalogue", tmp_path / "shop", "--truth", tmp_path / "truth.json"]
    given = ["one", *map(str, places), "--output", "/x/out", "--tracks", "half", "--threads", "1"]
    given += ["--set", "a.b=1", "c=[1, 2]", "--against", "first", "--change", "wider"]
    command = record.command(record.parse(given))
    assert command == (
        "python benchmarks/record.py one --catalogue shop --truth truth.json --output out "
        "--against first --set a.b=1 'c=[1, 2]' --change wider"
    )
    again = record.parse(shlex.split(command)[2:])
    assert again.tracks == ["full", "half"]
    assert (again.name, again.changes, again.against) == ("one", ["a.b=1", "c=[1, 2]"], "first")


@pytest.mark.parametrize(
    ("minutes", "expected"), [([5.0], 5.0), ([4, 3], 4.0), ([3, 4, 5], 7.0), ([2, 2, 2, 6], 6.0)]
)
def test_members_are_trained_one_a_core_the_longest_first(minutes, expected):
    assert on_two_cores(minutes) == expected


@pytest.mark.slow
def test_a_row_is_made_a_track_at_a_time(folder, monkeypatch):
    few = ["apart", "--env", "base", "--set", "recipe.epochs=1"]
    run(folder, monkeypatch, *few, "--tracks", "half")
    half = record.read_rows(folder / "rows")["apart"]["tracks"]["half"]
    run(folder, monkeypatch, *few, "--tracks", "full")
    both = record.read_rows(folder / "rows")["apart"]["tracks"]
    assert list(both) == ["half", "full"]
    assert both["half"] == half
    run(folder, monkeypatch, *few[:-1], "recipe.epochs=2", "--tracks", "full")
    assert list(record.read_rows(folder / "rows")["apart"]["tracks"]) == ["full"]  # another row


@pytest.mark.slow
def test_rows_are_made_of_others_or_learn_from_them(folder, monkeypatch):
    half = ["--env", "base", "--tracks", "half"]
    for name, pair in (("one", "bert_resnet"), ("other", "bert_vit")):
        run(folder, monkeypatch, name, *half, "--pair", pair, "--set", "recipe.epochs=2")
    run(folder, monkeypatch, "both", *half, "--ensemble", "one", "other")
    run(folder, monkeypatch, "pupil", *half, "--teacher", "both", "--set", "recipe.epochs=1")
    one, other, both, pupil = (
        record.read_rows(folder / "rows")[name]["tracks"]["half"]
        for name in ("one", "other", "both", "pupil")
    )
    assert both["parameters"] == one["parameters"] + other["parameters"]
    assert both["minutes"] == max(one["minutes"], other["minutes"])
    assert pupil["parameters"] == one["parameters"]
    assert pupil["minutes"] >= both["minutes"]
    assert "--teacher both" in record.read_rows(folder / "rows")["pupil"]["command"]


@pytest.mark.slow
def test_two_rows_become_a_table_and_the_better_one_is_the_record(
    folder, monkeypatch, tmp_path, capsys
):
    base = ["--env", "base"]
    run(folder, monkeypatch, "untrained", *base, "--set", "recipe.epochs=1", "--change", "nothing")
    assert "untrained, half: R@1" in capsys.readouterr().out
    run(
        folder, monkeypatch, "trained", *base, "--against", "untrained",
        "--set", "recipe.epochs=15", "recipe.attribute_weight=0.1",
    )  # fmt: skip
    told = capsys.readouterr().out
    assert "; MRR +" in told
    rows = record.read_rows(folder / "rows")
    full = rows["trained"]["tracks"]["full"]
    assert full["epochs"] == 15
    assert 0 < full["share_of_peak"] < 1
    assert full["galleries"]["all"]["size"] == PRODUCTS
    assert set(full["paper"]) == {"gallery", "accuracy", "top10", "top100"}
    assert full["against"]["difference"] > 0
    for name in ("PAGE", "PICTURE", "RESULTS"):
        monkeypatch.setattr(record_table, name, tmp_path / getattr(record_table, name).name)
    monkeypatch.setattr(record_table, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["record_table.py", "--rows", str(folder / "rows")])
    record_table.main()
    last = "trained" if record_table.enters(rows["trained"]) else "untrained"
    summary = json.loads((tmp_path / "record.json").read_text())
    assert summary["small"]["row"] == last
    assert 0 <= summary["small"]["unseen_recall_at_10"] <= 1
    page = (tmp_path / "record.md").read_text()
    assert page.count("\n| untrained |") == page.count("\n| trained |") == 1
    assert str(folder) not in page
    assert (tmp_path / "record_galleries.png").stat().st_size > 5_000
