import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopclip.catalogue.csv_table import MAX_LINES, records


def parse(text, delimiter=",", width=2):
    return list(records(io.StringIO(text), delimiter, width))


def test_quoted_fields_may_hold_delimiters_quotes_and_line_ends():
    assert parse('1,"a, ""b""\nc",2\n3,d,4\n', width=3) == [
        (1, ["1", 'a, "b"\nc', "2"]),
        (3, ["3", "d", "4"]),
    ]


def test_a_quote_that_would_make_a_record_of_another_width_swallows_no_row():
    text = '1,a","\n2,",b"\n'
    assert parse(text) == [(1, ["1", 'a"', '"']), (2, ["2", ",b"])]
    assert parse('1,"a\n2,b"\n') == [(1, ["1", "a\n2,b"])]  # nobody can tell


def test_a_quote_that_is_never_closed_swallows_no_other_row():
    assert parse('1,"a\n2,b\n3,c') == [(1, ["1", '"a']), (2, ["2", "b"]), (3, ["3", "c"])]


def test_a_quote_that_another_rows_quote_would_close_swallows_no_row():
    assert parse('1,"a\n2,b\n3,"c"\n') == [(1, ["1", '"a']), (2, ["2", "b"]), (3, ["3", "c"])]


def test_a_quote_that_is_closed_too_late_is_a_character():
    lines = "".join(f"{i},b\n" for i in range(2 * MAX_LINES))
    assert len(parse(f'x,"a\n{lines}y,c"\n')) == 2 * MAX_LINES + 2


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('1,the "best" cap', ["1", 'the "best" cap']),
        ('1,5" heels', ["1", '5" heels']),
        ('1,"best" cap', ["1", "best cap"]),
        ('1,"a,b" c,d', ["1", "a,b c", "d"]),
    ],
)
def test_quotes_within_a_field_stay_in_their_row(line, fields):
    assert parse(f"{line}\n2,x\n") == [(1, fields), (2, ["2", "x"])]


def test_blank_lines_are_no_rows_but_lines_of_delimiters_are():
    assert parse("\n  \n\0\n\t\n", "\t") == [(4, ["", ""])]


@given(st.lists(st.lists(st.text('ab,"\n '), min_size=3, max_size=3), max_size=6))
def test_what_a_csv_writer_wrote_is_read_back(rows):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    if all(sum("\n" in field for field in row) < MAX_LINES for row in rows):
        assert [fields for _, fields in parse(text.getvalue(), width=3)] == rows
