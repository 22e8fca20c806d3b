import codecs
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.catalogue import CatalogueError
from shopclip.catalogue.encodings import _BLOCK, find_encoding, open_text
from tests.catalogue.shop_words import WORDS

LEGACY = {
    "shift_jis": "ja",
    "euc_jp": "ja",
    "gbk": "zh",
    "gb18030": "zh",
    "big5": "tw",
    "euc_kr": "ko",
    "cp1251": "ru",
    "koi8_r": "ru",
    "cp866": "ru",
    "cp1253": "el",
    "cp1255": "he",
    "cp1256": "ar",
    "cp874": "th",
}


def captions(language, count):
    """The same ones every time, of three words each."""
    words, generator = WORDS[language].split(), random.Random(0)
    return [" ".join(generator.choices(words, k=3)) for _ in range(count)]


def table(language, rows):
    """A catalogue whose other columns are English, as many shops have them."""
    lines = [f"{n},Men,Shirts,{caption}" for n, caption in enumerate(captions(language, rows))]
    return "\n".join(["id,gender,articleType,caption", *lines]) + "\n"


def read(file):
    with open_text(file, find_encoding(file)) as lines:
        return lines.read()


@pytest.mark.parametrize("encoding", LEGACY)
@pytest.mark.parametrize("rows", [30, 2000])
def test_other_scripts_are_read_in_their_legacy_encoding(tmp_path, caplog, encoding, rows):
    text = table(LEGACY[encoding], rows)
    file = tmp_path / "shop.csv"
    file.write_bytes(text.encode(encoding))
    assert read(file) == text
    assert "is no UTF-8 and is read as" in caplog.text


@pytest.mark.parametrize("language", ["fr", "de", "es"])
@pytest.mark.parametrize("rows", [1, 30, 2000])
def test_accents_are_those_of_windows_1252_and_said_to_be_a_guess(tmp_path, caplog, language, rows):
    text = table(language, rows)
    file = tmp_path / "shop.csv"
    file.write_bytes(text.encode("cp1252"))
    assert read(file) == text
    assert "read as Windows-1252" in caplog.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("language", ["ja", "zh", "ru"])
def test_unicode_is_read_without_a_word(tmp_path, caplog, encoding, language):
    text = table(language, 30)
    file = tmp_path / "shop.csv"
    file.write_bytes(text.encode(encoding))
    assert read(file) == text
    assert caplog.text == ""


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("header", ["id,caption", "商品,標題", "Ābece,Āda"])
def test_utf_16_needs_no_mark_whatever_its_header_begins_with(tmp_path, encoding, header):
    text = f"{header}\n" + "".join(f"{n},赤いシャツ {n}\n" for n in range(50))
    file = tmp_path / "shop.csv"
    file.write_bytes(text.encode(encoding))
    assert read(file) == text


@given(st.sampled_from(["utf-16-le", "utf-16-be"]), st.lists(st.text("aé赤 👕", max_size=9)))
@settings(deadline=None)
def test_any_table_of_utf_16_is_read_as_it_was_written(tmp_path_factory, encoding, captions):
    text = "id,caption\n" + "".join(f"{n},{caption}\n" for n, caption in enumerate(captions))
    file = tmp_path_factory.mktemp("utf16") / "shop.csv"
    file.write_bytes(text.encode(encoding))
    assert read(file) == text


def test_damaged_lines_of_a_utf_8_file_make_it_no_other(tmp_path):
    japanese = captions("ja", 60)
    lines = [f"{number},{caption}".encode() for number, caption in enumerate(japanese)]
    cut = [line[:-1] if number % 3 == 0 else line for number, line in enumerate(lines)]
    file = tmp_path / "shop.csv"
    file.write_bytes(b"\n".join([b"id,caption", *cut]))
    for number, line in enumerate(read(file).splitlines()[1:]):
        if number % 3:
            assert line == f"{number},{japanese[number]}"
        else:
            assert line.startswith(f"{number},{japanese[number][:-1]}")


def test_too_little_of_another_script_is_refused_not_guessed(tmp_path):
    file = tmp_path / "shop.csv"
    file.write_bytes("id,caption\n1,赤いシャツ、白い靴、黒い帽子\n".encode("shift_jis"))
    with pytest.raises(
        CatalogueError, match=r"shop.csv: .*cannot be told.*line 2 .*save it as UTF"
    ):
        find_encoding(file)


def test_bytes_of_no_encoding_at_all_are_refused(tmp_path):
    file = tmp_path / "shop.csv"
    rubbish = bytes(range(0x80, 0x100)) * 4
    file.write_bytes(b"id,caption\n1," + rubbish + b"\n")
    with pytest.raises(CatalogueError, match=r"shop.csv: is in an encoding that cannot be told"):
        find_encoding(file)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_told_apart_in_files_of_any_size_and_line_end(tmp_path, end):
    text = table("ja", _BLOCK // 20).replace("\n", end)
    file = tmp_path / "shop.csv"
    file.write_bytes(text.encode())
    assert find_encoding(file) == "utf-8-sig"
    file.write_bytes(text.encode("cp932"))
    assert find_encoding(file) == "cp932"
    assert read(file) == text.replace(end, "\n")


def test_a_mark_is_not_read_as_a_letter(tmp_path):
    file = tmp_path / "shop.csv"
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF32_BE, "utf-32-be")):
        file.write_bytes(mark + "id,caption\n1,x\n".encode(encoding))
        assert read(file).startswith("id,")
