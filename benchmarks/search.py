"""What a search costs: latency, load over HTTP, cold start, and a million vectors.

    python benchmarks/search.py --from . --pair bert_resnet
    python benchmarks/search.py --from . --only vectors --vectors 1000000

Needs a project whose pairs are trained and indexed. Queries are captions of the catalogue with a
number behind them, so that none is asked twice. Results go to benchmarks/results/search.json, next
to the load of the machine before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from search_load import load, resident
from search_vectors import compare

RESULTS = Path(__file__).parent / "results" / "search.json"
PARTS = ("latency", "http", "cold", "vectors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="folder", default=".")
    parser.add_argument("--pair")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    parser.add_argument("--seconds", type=float, default=60, help="of the load")
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument(
        "--threads", type=int, default=2, help="that build the index of the vectors"
    )
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    measures = {"latency": latency, "http": http, "cold": cold, "vectors": vectors}
    results = json.loads(options.output.read_text()) if options.output.is_file() else {}
    for part in options.only:
        before = os.getloadavg()[0]
        measured = measures[part](options)
        busy = {"load_before": round(before, 2), "load_after": round(os.getloadavg()[0], 2)}
        results[part] = {
            **measured,
            **busy,
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
        }
        show(part, results[part])
        options.output.parent.mkdir(exist_ok=True)
        options.output.write_text(json.dumps(results, indent=1) + "\n")


def latency(options: argparse.Namespace) -> dict[str, Any]:
    """Text → ten products in this process, text tower included, one query at a time."""
    import faiss
    import torch

    from shopclip.search import SearchEngine

    torch.set_num_threads(1)  # as the server does: towers this small wait for a second one
    faiss.omp_set_num_threads(1)
    engine = SearchEngine.open(options.folder, pair=options.pair)
    asked = texts(engine, options.queries)
    for text in asked[:20]:
        engine.search(text)
    where = {"gender": "Women"} if "gender" in engine.index.products.attributes else None
    number = engine.index.products.products(range(min(200, len(engine.index.products))))
    return {
        "products": len(engine.index.products),
        "pair": engine.pair,
        "kind": engine.index.facts["kind"],
        "threads": 1,
        "text": timed([lambda text=text: engine.search(text) for text in asked]),
        "text, filtered": timed(
            [lambda text=text: engine.search(text, where=where) for text in asked[:300]]
        ),
        "text tower alone": timed(
            [lambda text=text: engine.towers.embed_captions([text]) for text in asked[:300]]
        ),
        "similar": timed([lambda one=one: engine.similar(one.id) for one in number]),
        "describe": timed(
            [lambda one=one: engine.describe(engine.picture(one.id)) for one in number]
        ),
    }


def http(options: argparse.Namespace) -> dict[str, Any]:
    """A steady load on a server of its own process, on the same machine as the load itself."""
    from shopclip.search import SearchEngine

    engine = SearchEngine.open(options.folder, pair=options.pair)
    asked = texts(engine, options.queries * 12)
    del engine
    with served(options) as (port, server):
        asyncio.run(load(port, asked[::-1], rate=50, seconds=4, server=server.pid))  # warm
        idle = resident(server.pid)
        told = asyncio.run(
            load(port, asked, rate=options.rate, seconds=options.seconds, server=server.pid)
        )
    return {**told, "memory_mib_before": idle, "seconds": options.seconds}


def cold(options: argparse.Namespace) -> dict[str, Any]:
    """From the start of a process to its first answer; the best and worst of three."""
    command = [sys.executable, "-m", "shopclip.search"]
    place = ["--from", options.folder, *(["--pair", options.pair] if options.pair else [])]
    once, server = [], []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([*command, "red shirt", "--json", *place], check=True, capture_output=True)
        once.append(round(time.perf_counter() - started, 2))
        started = time.perf_counter()
        with served(options):
            server.append(round(time.perf_counter() - started, 2))
    return {"command_seconds": sorted(once), "server_seconds": sorted(server)}


def vectors(options: argparse.Namespace) -> dict[str, Any]:
    return compare(options.vectors, options.threads)


@contextmanager
def served(options: argparse.Namespace) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The port of a server and its process, once it has answered a query."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "shopclip.search", "serve", "--from", options.folder]
    command += ["--port", str(port), *(["--pair", options.pair] if options.pair else [])]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    query = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/search",
        b'{"text": "red shirt"}',
        {"Content-Type": "application/json"},
    )
    try:
        while server.poll() is None:
            try:
                urllib.request.urlopen(query, timeout=5).read()
                break
            except OSError:
                time.sleep(0.02)
        yield port, server
    finally:
        server.terminate()
        server.wait(20)


def texts(engine: Any, count: int) -> list[str]:
    """Captions, each with a number that no other query has."""
    products = engine.index.products.products(
        np.random.default_rng(0).integers(0, len(engine.index.products), count)
    )
    return [f"{product.caption} {place}" for place, product in enumerate(products)]


def timed(calls: Sequence[Any]) -> dict[str, float]:
    times = []
    for call in calls:
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    p50, p95 = np.percentile(times, [50, 95])
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def show(part: str, measured: dict[str, Any]) -> None:
    print(f"\n{part} (load {measured['load_before']} before, {measured['load_after']} after)")
    for name, value in measured.items():
        if not name.startswith("load_"):
            print(f"  {name:22} {value}")


if __name__ == "__main__":
    main()
