import pytest
import torch

from shopclip.dualencoder import DeviceError, choose_device
from shopclip.dualencoder.devices import check_device


def test_without_a_name_a_gpu_is_taken_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device() == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device() == torch.device("cpu")


def test_what_is_no_device_is_one_line():
    with pytest.raises(DeviceError, match=r"training.device is 'gpu', expected auto, cpu, cuda or"):
        choose_device("gpu")


@pytest.mark.parametrize(
    ("there", "wanted", "told"),
    [
        (0, "cuda", "no GPU here"),
        (0, "cuda:1", "no GPU here"),
        (1, "cuda:1", "one GPU, cuda:0, here"),
        (2, "cuda:2", "2 GPUs, cuda:0 to cuda:1, here"),
    ],
)
def test_a_gpu_that_this_machine_lacks_is_refused(there, wanted, told, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    with pytest.raises(DeviceError, match=f"training.device is '{wanted}', but torch finds {told}"):
        check_device(wanted)
    check_device("cpu")
    check_device("auto")
    assert choose_device(wanted) == torch.device(wanted)  # a cluster may have it
