from shopclip.files.integrity import other_format


def test_the_expected_format_is_nothing_to_tell():
    assert other_format("a: a store", 2, 2, "make it again") is None


def test_an_older_one_is_made_anew_and_a_newer_one_may_be_upgraded_to():
    told = [other_format("a: a store", found, 2, "make it again") for found in (1, 3)]
    assert told == [
        "a: a store of format 1, this version reads 2; make it again",
        "a: a store of format 3, this version reads 2; upgrade shopclip, or make it again",
    ]
