"""Every name that a pair could take, against everything that the catalog of the project holds."""

import re
from pathlib import Path

import pytest
import yaml
from kedro.config import OmegaConfigLoader
from pydantic import TypeAdapter, ValidationError

from shopclip.hooks.collisions import CollisionError, refuse_collisions
from shopclip.parameters import PairName
from tests.project import ROOT

PAIRS = {"bert_vit", "a", "a_b", "a_b_seed1", "seed1", "examples", "training"}


@pytest.fixture(scope="module")
def catalog():
    """The configuration as it stands in the files, without Kedro."""
    files = sorted((ROOT / "conf/base").glob("catalog_*.yml"))
    entries = {}
    for file in files:
        entries |= yaml.safe_load(file.read_text())
    return {name: config for name, config in entries.items() if not name.startswith("_")}


def possible(name):
    try:
        TypeAdapter(PairName).validate_python(name)
    except ValidationError:
        return False
    return True


def words(catalog):
    """All that a name of a dataset or of a folder is made of, as far as a pair may be called so."""
    found = set(PAIRS)
    for name, config in catalog.items():
        path = Path(config["filepath"])
        for text in (name, path.stem, *path.parts):
            found |= set(re.split(r"[{}./]", text))
            found |= {part.strip("_") for part in re.split(r"[{}./]", text)}
            found |= {text[at + 1 :] for at, sign in enumerate(text) if sign == "_"}
    return {word for word in found if possible(word)}


def owned(catalog, pair):
    """Names and places of a pair's own datasets, by a replacement of text."""
    return {
        name.replace("{pair}", pair): config["filepath"].replace("{pair}", pair)
        for name, config in catalog.items()
        if "{pair}" in name
    }


def inside(one, other):
    return one == other or one.startswith(f"{other}/")


def test_no_pair_lies_in_a_folder_that_is_not_its_own(catalog):
    asked = words(catalog)
    assert {"tuning", "image_store", "reporting", "map", "a_b"} <= asked
    shared = {n: c["filepath"] for n, c in catalog.items() if "{pair}" not in n}
    of_one = owned(catalog, "a")
    for pair in asked - {"a"}:
        for place in owned(catalog, pair).values():
            others = [*shared.values(), *of_one.values()]
            assert not [o for o in others if inside(place, o) or inside(o, place)], pair


def test_no_word_of_the_catalog_is_a_name_that_collides(catalog):
    shared = {name for name in catalog if "{pair}" not in name}
    for pair in words(catalog):
        assert not shared & set(owned(catalog, pair))
        refuse_collisions([pair], catalog)
    refuse_collisions(PAIRS, catalog)


STATES = {
    "{pair}.model": {"filepath": "data/06_models/{pair}"},
    "{pair}.states": {"filepath": "data/06_models/states/{pair}"},
}


@pytest.mark.parametrize(
    ("pairs", "entries", "told"),
    [
        (
            ["states"],
            {**STATES, "studies": {"filepath": "data/06_models/states"}},
            "pairs.states: its dataset states.model would have the place of studies, which is not "
            "a pair's (data/06_models/states); give the pair another name",
        ),
        (
            ["b", "states"],
            STATES,
            "pairs.b: its dataset b.states would have the place of states.model, of pairs.states "
            "(data/06_models/states); give the pair another name",
        ),
        (
            ["a", "x_a"],
            {"t_{p}": {"filepath": "{p}/t"}, "t_x_{p}": {"filepath": "{p}/tx"}},
            "pairs.a: its dataset t_x_a would have the name of t_x_a, of pairs.x_a; give the pair "
            "another name",
        ),
        (
            ["b"],
            {
                "{pair}.m": {"type": "CachedDataset", "dataset": {"filepath": "data/{pair}"}},
                "parts": {"type": "partitions.PartitionedDataset", "path": "data/b/parts"},
            },
            "pairs.b: its dataset b.m would have the place of parts, which is not a pair's "
            "(data/b/parts); give the pair another name",
        ),
    ],
    ids=["shared", "two-pairs", "names", "wrapped"],
)
def test_a_collision_names_the_pair_and_what_it_would_replace(pairs, entries, told):
    with pytest.raises(CollisionError) as caught:
        refuse_collisions(pairs, entries)
    assert str(caught.value) == told


def test_what_is_a_pairs_own_may_lie_in_its_folder_and_the_memory_has_no_places():
    refuse_collisions(
        ["a", "b"],
        {
            "{pair}.model": {"filepath": "m/{pair}"},
            "card_{pair}": {"filepath": "m/{pair}/card.md"},
            "{pair}.kept": {"type": "MemoryDataset"},
            "kept": {"type": "MemoryDataset"},
        },
    )


def test_the_projects_own_configuration_is_what_is_looked_at(catalog):
    loader = OmegaConfigLoader(str(ROOT / "conf"), base_env="base", default_run_env="base")
    assert set(loader["catalog"]) == set(catalog)
