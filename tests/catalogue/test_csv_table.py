import codecs

import pytest

from shopclip.catalogue import CatalogueError
from shopclip.catalogue.csv_table import CHUNK, CsvTable

HEADER = (
    "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
    "productDisplayName"
)
ROW = "10,Men,Apparel,Topwear,Shirts,Red,Fall,2012,Casual,"


def read(folder, text, columns=None, encoding="utf-8"):
    file = folder / "styles.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return CsvTable(file, columns or {}).read()


def captions(folder, text, **options):
    return read(folder, text, **options)[0]["productDisplayName"].tolist()


def test_every_row_is_read_with_the_line_it_stands_on(tmp_path):
    rows, rejected = read(tmp_path, f"{HEADER}\n{ROW}Shirt\n\n{ROW.replace('10', '11')}Cap\n")
    assert rows["id"].tolist() == ["10", "11"]
    assert rows["productDisplayName"].tolist() == ["Shirt", "Cap"]
    assert rows["gender"].tolist() == ["Men", "Men"]
    assert rows["line"].tolist() == [2, 4]
    assert rejected.empty


def test_surplus_unquoted_commas_belong_to_the_caption(tmp_path):
    text = f"{HEADER}\n{ROW}Shirt, red, slim\n"
    assert captions(tmp_path, text) == ["Shirt, red, slim"]


def test_surplus_commas_belong_to_the_caption_wherever_its_column_stands(tmp_path):
    rows, _ = read(tmp_path, "id,caption,gender\n1,Shirt, red,Men\n")
    assert rows[["productDisplayName", "gender"]].values.tolist() == [["Shirt, red", "Men"]]


def test_a_row_with_too_few_fields_is_rejected_by_name(tmp_path):
    _, rejected = read(tmp_path, f"{HEADER}\n10,Men,Apparel\n")
    assert rejected.to_dict("records") == [
        {"id": "10", "line": 2, "reason": "too few fields", "detail": "3 fields, expected 10"}
    ]


def test_nul_bytes_are_dropped_and_their_row_is_kept(tmp_path):
    assert captions(tmp_path, f"{HEADER}\n{ROW}Sh\0irt\0\n\0\n") == ["Shirt"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_a_file_is_read_in_the_encoding_it_is_in(tmp_path, encoding):
    assert captions(tmp_path, f"{HEADER}\n{ROW}Crème Brûlée\n", encoding=encoding) == [
        "Crème Brûlée"
    ]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF16_BE, "utf-16-be"), (b"", "utf-16-le"), (b"", "utf-16-be")],
)
def test_utf_16_is_told_by_its_mark_or_by_its_nul_bytes(tmp_path, mark, encoding):
    text = mark + f"{HEADER}\n{ROW}Größe 40\n".encode(encoding)
    assert captions(tmp_path, text) == ["Größe 40"]


def test_one_latin_row_does_not_spoil_the_utf_8_of_the_others(tmp_path):
    text = f"{HEADER}\n{ROW}".encode() + b"Cr\xe8me\n" + f"{ROW}Crème\n{ROW}€\n".encode()
    assert captions(tmp_path, text) == ["Crème", "Crème", "€"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(tmp_path, end):
    assert captions(tmp_path, end.join([HEADER, f"{ROW}Shirt", f"{ROW}Cap"])) == ["Shirt", "Cap"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_found_in_the_header(tmp_path, delimiter):
    text = f"sku,title\n1,Shirt{delimiter} red\n".replace(",", delimiter)
    columns = {"id": "sku", "caption": "title"}
    assert captions(tmp_path, text, columns=columns) == [f"Shirt{delimiter} red"]


def test_a_mapping_names_the_columns_of_a_shop_and_the_others_are_unknown(tmp_path):
    columns = {"id": "sku", "caption": "title", "image": "photo", "gender": "for"}
    text = 'photo,sku,price,title,for\np/1.png,A1,9.90,"Cap, red",Kids\n'
    rows, _ = read(tmp_path, text, columns)
    assert rows.loc[0, ["id", "productDisplayName", "image", "gender", "season"]].tolist() == [
        "A1",
        "Cap, red",
        "p/1.png",
        "Kids",
        "",
    ]


def test_a_mapped_attribute_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(CatalogueError, match=r"styles.csv: has no column sex \(gender\)"):
        read(tmp_path, "id,caption\n1,x\n", {"gender": "sex"})


def test_another_header_is_an_error_that_shows_it_and_the_remedy(tmp_path):
    with pytest.raises(CatalogueError, match=r"sku, name. Say .* catalogue.columns"):
        read(tmp_path, "sku,name\n1,x\n")


@pytest.mark.parametrize("text", ["", "\n \n", "\0"])
def test_an_empty_table_is_an_error(tmp_path, text):
    with pytest.raises(CatalogueError, match=r"styles.csv: is empty; expected a header"):
        read(tmp_path, text)


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    rows, rejected = read(tmp_path, HEADER)
    assert rows.empty
    assert rejected.empty


def test_rows_beyond_one_chunk_keep_their_order(tmp_path):
    count = 2 * CHUNK + 5
    text = "id,caption\n" + "".join(f"{i},x\n" for i in range(count))
    rows, _ = read(tmp_path, text)
    assert rows["id"].tolist() == [str(i) for i in range(count)]


def test_a_column_that_is_there_twice_is_an_error_that_names_it(tmp_path):
    with pytest.raises(CatalogueError, match=r"styles.csv: has more than one column caption"):
        read(tmp_path, "id,caption,caption\n1,x,y\n")


def test_columns_that_nobody_asks_for_may_be_there_twice(tmp_path):
    assert captions(tmp_path, "id,caption,,,note,note\n1,x,,,a,b\n") == ["x"]


def test_a_column_that_stands_for_two_things_is_an_error_that_names_them(tmp_path):
    with pytest.raises(CatalogueError, match=r"styles.csv: its column sku stands for id and image"):
        read(tmp_path, "sku,caption\n1,x\n", {"id": "sku", "image": "sku"})


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\ufeff", "\u200b"])
def test_marks_around_the_names_of_a_header_do_not_count(tmp_path, mark):
    assert captions(tmp_path, f"{mark}id,{mark}caption \r\n1,x\r\n") == ["x"]


def test_a_strange_header_is_shown_without_its_control_characters(tmp_path):
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path, "sku\x1b[31m,name\x07\n1,x\n")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("length", [131_072, 131_073, 300_000])
def test_a_field_beyond_the_csv_modules_own_limit_is_one_field(tmp_path, length):
    long = '"' + "red, " * (length // 5) + 'shirt"'
    assert captions(tmp_path, f"{HEADER}\n{ROW}{long}\n{ROW.replace('10', '11')}Cap\n") == [
        long.strip('"'),
        "Cap",
    ]


def test_a_header_beyond_that_limit_is_one_clear_error(tmp_path):
    with pytest.raises(CatalogueError, match=r"styles\.csv: .*expected|column"):
        read(tmp_path, "x" * 200_000 + ",y\n1,2\n")
