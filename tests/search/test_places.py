import pytest

from shopclip.search import SearchEngine, SearchError
from shopclip.search.places import find, pairs


def test_a_project_its_data_and_the_folder_one_is_in_are_the_same(project, monkeypatch):
    monkeypatch.chdir(project)
    places = [find(folder, "tiny") for folder in (project, project / "data", ".")]
    assert len({place.index.resolve() for place in places}) == 1


def test_without_a_pair_the_leaderboards_first_is_taken(project):
    board = project / "data/08_reporting/leaderboard.csv"
    board.parent.mkdir()
    header = "pair,protocol,direction,top10_accuracy\n"
    try:
        for better, worse in (("tiny", "other"), ("other", "tiny")):
            board.write_text(
                f"{header}{worse},held_out,text_to_image,0.4\n{better},held_out,text_to_image,0.6\n"
                f"{worse},paper,text_to_image,0.9\n{worse},held_out,image_to_text,0.9\n"
            )
            assert find(project).pair == better
    finally:
        board.unlink()
    assert find(project).pair == "other"  # without a leaderboard, the first by name


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
