"""What others report, to stand beside a run of their protocol."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """Percent, as printed; text and image encoder."""

    pair: str
    accuracy: str
    top100: str


PUBLISHED = (
    Published("BERT + ResNet", "0.74", "34.51"),
    Published("BERT + ViT", "0.87", "37.11"),
    Published("GPT-2 + ViT", "0.00", "0.10"),
    Published("chance", "0.0023", "0.225"),
)


class PublishedBenchmark(NamedTuple):
    """Text → image on the public benchmark, percent; recall is fractional, MRR cut at ten."""

    model: str
    avg_recall: str
    recall_at_1: str
    recall_at_10: str
    mrr: str


BENCHMARK_SOURCE = "the README of marqo-ai/marqo-FashionCLIP (its data set KAGL)"
BENCHMARK_GALLERY = 44_434
PUBLISHED_BENCHMARK = (
    PublishedBenchmark("Marqo-FashionSigLIP", "33.4", "17.9", "48.9", "29.3"),
    PublishedBenchmark("ViT-B-16-SigLIP (webli)", "31.9", "16.9", "46.8", "27.2"),
    PublishedBenchmark("Marqo-FashionCLIP", "30.3", "15.9", "44.6", "26.5"),
    PublishedBenchmark("ViT-B-16 laion2b", "29.5", "15.5", "43.5", "25.9"),
    PublishedBenchmark("FashionCLIP 2.0", "26.3", "12.2", "40.4", "21.7"),
    PublishedBenchmark("OpenFashionCLIP", "20.8", "9.1", "32.5", "17.0"),
)
