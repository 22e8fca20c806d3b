import subprocess
import sys

import pytest

from shopclip.dualencoder.tokenization import train_tokenizer

CAPTIONS = [
    f"{brand} {word} Shirt No {n}"
    for brand in ("Arden", "Vintrel")
    for n, word in enumerate(["Red", "Blue", "Grey", "Navy", "Olive", "Peach", "Café"] * 4)
]
SCRIPT = f"""
from shopclip.dualencoder.tokenization import train_tokenizer
print(sorted(train_tokenizer("MODEL", {CAPTIONS!r}, 120).get_vocab().items(), key=lambda i: i[1]))
"""


@pytest.mark.parametrize("model_type", ["bert", "gpt2"])
def test_two_processes_train_the_same_vocabulary(model_type):
    script = SCRIPT.replace("MODEL", model_type)
    first, second = (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert first.stdout == second.stdout
    assert len(first.stdout) > 1000


def test_bert_frames_a_caption_and_lowercases_it():
    tokenizer = train_tokenizer("bert", CAPTIONS, 400)
    words = tokenizer.convert_ids_to_tokens(tokenizer("Arden RED shirt")["input_ids"])
    assert words == ["[CLS]", "arden", "red", "shirt", "[SEP]"]


def test_gpt_reads_any_text_back():
    tokenizer = train_tokenizer("gpt2", CAPTIONS, 400)
    caption = "Arden Café 衬衫 🙂"
    assert tokenizer.decode(tokenizer(caption)["input_ids"]) == caption


def test_a_vocabulary_keeps_its_limit():
    assert len(train_tokenizer("gpt2", CAPTIONS, 300)) <= 300
