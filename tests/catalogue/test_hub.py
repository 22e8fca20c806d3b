"""The client runs in a process of its own: it reads the address of the hub when it is imported."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shopclip.catalogue import open_catalogue
from tests.catalogue.standin_hub import DATASET, serve
from tests.conftest import jpeg, row, write_hub

CLIENT = """
import sys
from shopclip.catalogue import CatalogueError
from shopclip.catalogue.hub import download
try:
    print(download(sys.argv[1]))
except CatalogueError as error:
    sys.exit(f"Error: {error}")
"""


@pytest.fixture
def files(tmp_path):
    one, two = (
        write_hub(tmp_path / f"{id_}.parquet", [row(id_)], [jpeg("red")]).read_bytes()
        for id_ in (1, 2)
    )
    return {
        "README.md": b"# Shop",
        "data/train-00000-of-00002.parquet": one,
        "data/train-00001-of-00002.parquet": two,
    }


def client(address, home, dataset=DATASET, **environment):
    variables = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        "HF_ENDPOINT": address,
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
        **environment,
    }
    command = [sys.executable, "-c", CLIENT, dataset]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)


def test_the_parquet_of_a_data_set_is_downloaded_with_progress_and_is_a_catalogue(tmp_path, files):
    with serve(files) as (address, _):
        done = client(address, tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert "2/2" in done.stderr
    folder = done.stdout.strip()
    catalogue = open_catalogue(folder)
    rows, _ = catalogue.rows()
    assert rows["id"].tolist() == ["1", "2"]
    assert list(catalogue.read_images(rows["image"].tolist())) == [jpeg("red")] * 2
    assert not (Path(folder) / "README.md").exists()


def test_the_second_time_the_network_is_not_asked(tmp_path, files):
    with serve(files) as (address, requests):
        first = client(address, tmp_path / "home")
        first_requests = len(requests)
        second = client(address, tmp_path / "home")
    third = client(address, tmp_path / "home")  # nobody answers any more
    assert first_requests > 0
    assert len(requests) == first_requests
    assert first.stdout == second.stdout == third.stdout != ""


def test_an_interrupted_download_is_completed(tmp_path, files):
    missing = "data/train-00001-of-00002.parquet"
    with serve(files) as (address, requests):
        folder = client(address, tmp_path / "home").stdout.strip()
        Path(folder, missing).unlink()
        requests.clear()
        assert client(address, tmp_path / "home").stdout.strip() == folder
    assert Path(folder, missing).exists()
    assert requests


def test_out_of_reach_is_one_clear_error_at_once(tmp_path):
    started = time.monotonic()
    done = client("http://127.0.0.1:9", tmp_path / "home")
    assert time.monotonic() - started < 10
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "catalogue.path: owner/shop is no file or folder here" in done.stderr
    assert "or give the path of a Kaggle folder, a CSV or a parquet file" in done.stderr


def test_offline_is_the_same_error(tmp_path, files):
    with serve(files) as (address, requests):
        done = client(address, tmp_path / "home", HF_HUB_OFFLINE="1")
    assert requests == []
    assert done.returncode == 1
    assert "could not be downloaded" in done.stderr


def test_a_data_set_that_the_hub_does_not_know_is_the_same_error(tmp_path, files):
    with serve(files) as (address, _):
        done = client(address, tmp_path / "home", dataset="owner/another")
    assert done.returncode == 1
    assert "owner/another is no file or folder here" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_set_without_parquet_is_an_error_that_says_so(tmp_path):
    with serve({"shop.zip": b"PK"}) as (address, _):
        done = client(address, tmp_path / "home")
    assert done.returncode == 1
    assert "the data set owner/shop of the hub has no parquet files" in done.stderr


@pytest.mark.slow  # the client itself tries five times, a second apart
def test_a_download_that_is_cut_is_one_line_and_a_half_file_is_never_a_catalogue(tmp_path, files):
    half = "data/train-00001-of-00002.parquet"
    with serve(files, cut=[half]) as (address, _):
        done = client(address, tmp_path / "home")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert "the download of owner/shop from the Hugging Face hub broke off (" in last
    assert last.endswith(
        "The files that are complete are kept; give the same command again for the others"
    )
    offline = client(address, tmp_path / "home", HF_HUB_OFFLINE="1")
    assert (offline.returncode, offline.stdout) == (1, "")
    with serve(files) as (address, requests):
        again = client(address, tmp_path / "home")
    assert again.returncode == 0
    folder = Path(again.stdout.strip())
    for name in ("data/train-00000-of-00002.parquet", half):
        assert (folder / name).read_bytes() == files[name]
    assert not any("00000-of" in one for one in requests if one.startswith("GET"))
