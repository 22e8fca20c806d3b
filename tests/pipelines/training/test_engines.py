from shopclip.dualencoder.parallel.launch import fit_on_workers
from shopclip.dualencoder.parallel.ray_training import fit_on_ray
from shopclip.dualencoder.training import fit
from shopclip.parameters import EngineParameters
from shopclip.pipelines.training.nodes import choose_fit


def test_one_worker_trains_in_this_process():
    chosen = choose_fit(1, EngineParameters())
    assert chosen.func is fit
    assert chosen.keywords["workers"].world_size == 1


def test_several_are_processes_of_this_machine():
    chosen = choose_fit(3, EngineParameters())
    assert (chosen.func, chosen.keywords) == (fit_on_workers, {"count": 3})


def test_those_of_a_cluster_are_asked_for_where_it_runs():
    chosen = choose_fit(2, EngineParameters(kind="ray", address="head:6379"))
    assert (chosen.func, chosen.keywords) == (fit_on_ray, {"count": 2, "address": "head:6379"})
