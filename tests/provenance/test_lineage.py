import pytest

from shopclip.provenance import ProvenanceError, require
from tests.provenance.graph import NODES, Project


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path).run_all()


def refusal(project, *names):
    with pytest.raises(ProvenanceError) as caught:
        require(project.records, [project.data / name for name in names])
    return str(caught.value)


def test_what_was_made_one_after_the_other_belongs_together(project):
    lineage = require(project.records, [project.data / "metrics"])
    # A model stands for itself: what it was trained on is not asked for through it.
    assert set(lineage.made) == set(NODES)
    assert lineage.breaks == []


def test_embeddings_of_another_model_are_refused_with_both_names_and_the_command(project):
    project.run("pair.train", "seed 7")
    assert refusal(project, "embeddings") == (
        "data/embeddings: made from another data/model than lies there now. Make it again: "
        "kedro run --env test --pipelines embedding"
    )
    assert "kedro run --env test --pipelines embedding,evaluation" in refusal(project, "metrics")
    project.run("pair.embed")
    require(project.records, [project.data / "embeddings"])


def test_the_same_content_made_again_is_the_same(project):
    """Such as a training that was resumed and ended with the same bits."""
    project.run("pair.train")
    require(project.records, [project.data / "metrics"])


def test_a_change_far_up_is_seen_far_down(project):
    project.run("check_products", "limit 60")
    assert "made from another data/products than" in refusal(project, "metrics")
    project.run("join_examples")
    assert "data/embeddings: made from another data/examples" in refusal(project, "embeddings")


def test_two_inputs_of_different_days_are_refused_though_each_is_whole(project):
    """`facts` are of the new catalogue, the embeddings of the old one."""
    project.run("check_products", "other")
    require(project.records, [project.data / "facts"])
    assert "data/examples: made from another data/products" in refusal(
        project, "facts", "embeddings"
    )


def test_a_model_may_be_asked_about_other_products_than_those_it_was_trained_on(project):
    for node in ("check_products", "join_examples", "pair.embed", "pair.score"):
        project.run(node, "another shop")
    require(project.records, [project.data / "metrics"])


def test_a_model_and_what_it_saw_are_of_one_training(project):
    project.run("pair.train", "seed 7", until="first output")
    assert "data/captions_seen: the run that was to replace it did not end well" in refusal(
        project, "captions_seen"
    )


@pytest.mark.parametrize("until", ["begin", "first output"])
@pytest.mark.parametrize("node", list(NODES))
def test_what_a_killed_node_leaves_is_refused_until_it_has_run(node, until, project):
    project.run(node, "new", until=until)
    assert "did not end well" in refusal(project, "metrics")
    for later in list(NODES)[list(NODES).index(node) :]:
        project.run(later, "new")
    require(project.records, [project.data / "metrics"])


def test_a_file_that_something_else_changed_is_refused(project):
    (project.data / "examples").write_text("mine")
    assert refusal(project, "examples") == (
        "data/examples: changed after join_examples had made it. Make it again: "
        "kedro run --env test --pipelines preprocessing"
    )


def test_a_file_without_a_record_is_refused(project):
    (project.data / "found").write_text("somewhere")
    assert "data/found: nothing says what it was made from" in refusal(project, "found")


def test_what_is_not_there_is_left_to_whoever_reads_it(project):
    (project.data / "products").unlink()
    require(project.records, [project.data / "metrics", project.data / "nothing"])


def test_what_was_removed_still_links_what_lies_on_both_sides(project):
    """Without the embeddings, nothing but their record ties the metrics to the model."""
    (project.data / "embeddings").unlink()
    require(project.records, [project.data / "metrics"])
    project.run("pair.train", "seed 7")
    assert "made from another data/model than lies there now" in refusal(project, "metrics")
