import pytest

from shopclip.pipelines.reporting.leaderboard import compile_rows
from shopclip.search import SearchEngine, SearchError
from shopclip.search.locations import find, pairs
from tests.pipelines.reporting.conftest import metrics_of


def test_a_project_its_data_and_the_folder_one_is_in_are_the_same(project, monkeypatch):
    monkeypatch.chdir(project)
    places = [find(folder, "tiny") for folder in (project, project / "data", ".")]
    assert len({place.index.resolve() for place in places}) == 1


@pytest.fixture
def board(project):
    """The file of the leaderboard, which no other test of the project finds."""
    file = project / "data/08_reporting/leaderboard.csv"
    file.parent.mkdir(exist_ok=True)
    yield file
    file.unlink(missing_ok=True)


@pytest.mark.parametrize(("better", "worse"), [("tiny", "other"), ("other", "tiny")])
def test_without_a_pair_the_leaderboards_first_is_taken(project, board, better, worse):
    """By MRR@10 of held-out text → image, whatever other scores and rows say."""
    board.write_text(
        "pair,protocol,direction,accuracy,top10_accuracy,mrr_at_10\n"
        f"{worse},held_out,text_to_image,0.3,0.9,0.4\n"
        f"{better},held_out,text_to_image,0.2,0.5,0.6\n"
        f"{worse},held_out,image_to_text,0.9,0.9,0.9\n"
        f"{worse},paper,text_to_image,0.9,0.9,0.9\n"
    )
    assert find(project).pair == better


def test_the_pair_that_answers_leads_the_leaderboard_that_reporting_writes(project, board):
    metrics = {pair: metrics_of(mrr) for pair, mrr in {"tiny": 0.6, "other": 0.4}.items()}
    top10 = metrics["other"]["metric"] == "top10_accuracy"
    metrics["other"].loc[top10, ["value", "low", "high"]] = 1.0
    rows = compile_rows(metrics)
    rows.to_csv(board, index=False)
    first = rows[rows["direction"] == "text_to_image"].iloc[0]
    assert find(project).pair == first["pair"] == "tiny"


def test_a_leader_without_an_index_leaves_its_place_to_the_next(project, board):
    compile_rows({pair: metrics_of(mrr) for pair, mrr in {"big": 0.9, "tiny": 0.2}.items()}).to_csv(
        board, index=False
    )
    assert find(project).pair == "tiny"


def test_without_a_leaderboard_the_first_by_name_is_taken(project):
    assert find(project).pair == "other"


@pytest.mark.parametrize(
    "text",
    [
        "pair,protocol,direction,top10_accuracy\ntiny,held_out,text_to_image,0.4\n",
        "pair,protocol,direction,accuracy,mrr_at_10\ntiny,held_out,text_to_image,0.4,?\n",
        "pair,protocol,direction,accuracy,mrr_at_10\ntiny,held_out,text_to_image\n",
        "pair,protocol,direction,accuracy,mrr_at_10\ntiny,open,text_to_image,0.4,0.4\n",
    ],
)
def test_a_leaderboard_that_names_no_leader_is_one_line_and_no_guess(project, board, text):
    board.write_text(text)
    with pytest.raises(SearchError, match=r"leaderboard\.csv: .*highest MRR@10; .*--pair"):
        find(project)
    assert find(project, "tiny").pair == "tiny"


def test_a_pair_that_is_not_there_names_those_that_are(project):
    assert pairs(project) == ["other", "tiny"]
    with pytest.raises(SearchError, match=r"no index of the pair 'big'; there are other, tiny"):
        SearchEngine.open(project, pair="big")


@pytest.mark.parametrize("pair", ["../other", "/etc", "", "tiny/.."])
def test_a_pair_is_a_name_never_a_path(project, pair):
    with pytest.raises(SearchError, match="no index of the pair"):
        find(project, pair)


def test_a_folder_without_anything_says_what_to_give(tmp_path):
    with pytest.raises(SearchError, match="neither a project"):
        SearchEngine.open(tmp_path)
    (tmp_path / "data/07_model_output").mkdir(parents=True)
    with pytest.raises(SearchError, match="kedro run --pipelines indexing"):
        SearchEngine.open(tmp_path)
