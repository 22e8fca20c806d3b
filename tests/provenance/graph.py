"""A project of a few files, which nodes of one line make of each other."""

from shopclip.provenance.fingerprints import Fingerprint
from shopclip.provenance.records import Record, Records

# node: its stage, what it reads, what it writes
NODES = {
    "check_products": ("ingestion", [], ["products", "facts"]),
    "join_examples": ("preprocessing", ["products"], ["examples"]),
    "pair.train": ("training", ["examples"], ["model", "captions_seen"]),
    "pair.embed": ("embedding", ["model", "examples"], ["embeddings"]),
    "pair.score": ("evaluation", ["embeddings", "captions_seen", "facts"], ["metrics"]),
}


class Project:
    """Its files lie in `data`, its records beside them."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.records = Records(self.data / ".provenance")

    def run(self, node, word="", *, until="end"):
        """Make what a node makes: the word, and all that it reads."""
        stage, reads, writes = NODES[node]
        inputs = {name: self.records.of(name).outputs[name].digest for name in reads}
        content = word + "".join((self.data / name).read_text() for name in reads)
        self.records.begin(node, writes, stage)
        if until == "begin":
            return
        for name in writes:
            (self.data / name).write_text(f"{name}({content})")
            if until == "first output":
                return
        outputs = {name: Fingerprint.take(self.data / name) for name in writes}
        self.records.finish(
            Record(node, outputs, inputs, stage=stage, env="test", standalone=node == "pair.train")
        )

    def run_all(self, word=""):
        for node in NODES:
            self.run(node, word)
        return self
