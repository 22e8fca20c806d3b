"""A parameter's former name is read, with a warning that names the present one."""

import logging

import pytest

from shopclip.parameters import renamed
from shopclip.parameters.check import SECTIONS, check
from shopclip.parameters.loader import ConfigLoader
from shopclip.parameters.messages import ParameterError, fields_of
from shopclip.parameters.renamed import RENAMED, present_names, rename
from tests.project import ROOT


def warnings(caplog):
    return [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]


@pytest.fixture
def configuration(tmp_path):
    for name in ("base", "local"):
        (tmp_path / name).mkdir()
    (tmp_path / "base" / "parameters_indexing.yml").write_text(
        "index: {kind: exact, m: 32, ef_search: 128}\n"
    )

    def load(local="", **given):
        (tmp_path / "local" / "parameters.yml").write_text(local or "{}")
        settings = {"base_env": "base", "default_run_env": "local", "runtime_params": given}
        return ConfigLoader(str(tmp_path), **settings)["parameters"]

    return load


def test_parameters_of_now_are_returned_as_they_are(caplog):
    parameters = {"index": {"kind": "exact", "m": 16}, "pairs": {}}
    assert rename(parameters) is parameters
    assert not warnings(caplog)


def test_each_former_name_is_one_warning_with_the_present_one(caplog):
    parameters = {"index": {"links": 8, "kind": "exact", "least_recall": 0.9}, "splits": {}}
    assert rename(parameters) == {
        "index": {"kind": "exact", "m": 8, "min_recall": 0.9},
        "splits": {},
    }
    assert sorted(warnings(caplog)) == [
        "index.least_recall is now called index.min_recall; the next release reads the new name "
        "alone",
        "index.links is now called index.m; the next release reads the new name alone",
    ]
    assert parameters["index"]["links"] == 8


def test_both_names_of_one_parameter_are_refused():
    with pytest.raises(ParameterError, match=r"^index.links and index.m are one parameter"):
        rename({"index": {"links": 8, "m": 8}})


def test_whole_sections_and_those_of_any_pair_are_renamed(monkeypatch):
    monkeypatch.setattr(
        renamed, "RENAMED", {"searching": "index.deep", "pairs.*.recipe.steps": "pairs.*.recipe.n"}
    )
    parameters = {
        "searching": {"a": {"b": 1}, "c": []},
        "pairs": {"x": {"recipe": {"steps": 3}}, "y": {"recipe": {}}},
    }
    assert rename(parameters) == {
        "index": {"deep": {"a": {"b": 1}, "c": []}},
        "pairs": {"x": {"recipe": {"n": 3}}, "y": {"recipe": {}}},
    }


def test_a_file_may_have_the_former_name(configuration, caplog):
    assert configuration("index: {links: 8}")["index"] == {"m": 8}
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("local", ["", "index: {m: 16}", "index: {links: 16}"])
@pytest.mark.parametrize("name", ["m", "links"])
def test_the_command_line_overrules_a_file_by_either_name(configuration, local, name):
    assert configuration(local, index={name: 8})["index"]["m"] == 8


@pytest.mark.parametrize(
    ("local", "given"), [("index: {m: 8, links: 8}", {}), ("", {"m": 8, "links": 8})]
)
def test_both_names_in_one_place_are_refused(configuration, local, given):
    with pytest.raises(ParameterError, match=r"index.links and index.m"):
        configuration(local, **({"index": given} if given else {}))


def test_what_an_earlier_run_recorded_has_the_names_of_now(caplog):
    made = {"index": {"links": 32, "kind": "exact"}, "pairs": {"a": {"recipe": {}}}}
    assert present_names(made) == {
        "index": {"m": 32, "kind": "exact"},
        "pairs": {"a": {"recipe": {}}},
    }
    assert not warnings(caplog)


@pytest.mark.parametrize(
    ("old", "new"), [names for names in RENAMED.items() if not names[0].startswith("pairs.*")]
)
def test_present_names_are_read_by_somebody_and_former_ones_are_not(old, new):
    def is_read(name):
        section, *below = name.split(".")
        kind = SECTIONS.get(section)
        for part in below:
            kind = fields_of(kind).get(part)
        return kind is not None

    assert is_read(new)
    assert not is_read(old)


def test_the_configuration_that_is_delivered_has_no_former_name(caplog):
    settings = {"base_env": "base", "default_run_env": "base"}
    resolvers = {"project_root": str, "packaged_model": str, "efficientnet_lite": str}
    check(ConfigLoader(str(ROOT / "conf"), **settings, custom_resolvers=resolvers)["parameters"])
    assert not warnings(caplog)


def test_a_former_name_in_an_environment_overrules_the_present_one_in_the_base(
    tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr(logging.getLogger("shopclip"), "propagate", True)
    for name, text in {"base": "{m: 32, ef_search: 128}", "local": "{links: 8}"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "parameters.yml").write_text(f"index: {text}\n")
    settings = {"base_env": "base", "default_run_env": "local"}
    loader = ConfigLoader(str(tmp_path), merge_strategy={"parameters": "soft"}, **settings)
    assert loader["parameters"]["index"] == {"m": 8, "ef_search": 128}
    assert any("index.links is now called index.m" in one for one in warnings(caplog))
