import pytest

from shopclip.catalogue import CatalogueError
from shopclip.catalogue.rejected import MAX_DETAIL, Rejected, check_share, count_reasons


def test_reasons_are_counted_with_an_example_each():
    rejected = Rejected()
    for number in range(3):
        rejected.add(str(number), number, "no image", f"{number}.jpg does not exist")
    rejected.add("", 9, "empty id", "")
    assert count_reasons(rejected.table()) == {
        "no image (such as 0: 0.jpg does not exist)": 3,
        "empty id (such as no id: )": 1,
    }


def test_a_share_up_to_the_bound_passes():
    check_share(0.05, 0.05, {"no image": 5})


def test_above_the_bound_the_commonest_reasons_and_the_knob_are_named():
    reasons = {"a": 1, "no image": 1200, "b": 2, "c": 3, "d": 4, "e": 5}
    with pytest.raises(CatalogueError) as caught:
        check_share(0.123, 0.05, reasons)
    message = str(caught.value)
    assert message.startswith(
        "12.3% of the catalogue is rejected, more than the 5.0% that catalogue.max_rejected allows"
    )
    assert "1,200 × no image, 5 × e, 4 × d, 3 × c, 2 × b, …. Fix" in message


def test_details_are_kept_short():
    rejected = Rejected()
    rejected.add("i" * 10_000, 1, "no image", "d" * 10_000)
    assert rejected.table()[["id", "detail"]].map(len).values.tolist() == [[MAX_DETAIL] * 2]
