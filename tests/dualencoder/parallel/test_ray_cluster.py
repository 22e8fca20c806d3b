import sys

import pytest

from shopclip.dualencoder.parallel.ray_cluster import ClusterError, connected


def test_without_ray_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"pip install -e '\.\[ray\]'"), connected(None):
        pass


def test_an_address_without_a_cluster_is_one_line(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "")
    refused = pytest.raises(ClusterError, match=r"no Ray cluster at engine\.address auto")
    with refused as told, connected("auto"):
        pass
    assert "ray start --head" in str(told.value)
    assert "\n" not in str(told.value)
