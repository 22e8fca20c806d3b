"""A steady load over HTTP: so many requests a second, whether or not the last ones are answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

CONNECTIONS = 32
TIMEOUT = 5.0  # seconds after which a request counts as an error


async def load(
    port: int, texts: Sequence[str], *, rate: float, seconds: float, server: int
) -> dict[str, Any]:
    """Ask for the top ten of these texts in turn, at a fixed rate.

    A request's time starts when it was due, so that a server that falls behind is seen to (what is
    called coordinated omission would hide it).

    Args:
        server: its process id, whose resident memory is read as the time goes.
    """
    due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    times: list[float] = []
    errors: list[str] = []
    workers = [asyncio.create_task(_ask(port, due, times, errors)) for _ in range(CONNECTIONS)]
    memory = asyncio.create_task(_memory(server, seconds))
    started = time.perf_counter()
    for number in range(int(rate * seconds)):
        at = started + number / rate
        if (left := at - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        due.put_nowait((at, _request(texts[number % len(texts)])))
    try:
        await asyncio.wait_for(due.join(), TIMEOUT)
    except TimeoutError:
        errors += ["never answered"] * (int(rate * seconds) - len(times) - len(errors))
    took = time.perf_counter() - started
    for worker in workers:
        worker.cancel()
    p50, p95, p99 = (np.percentile(times, [50, 95, 99]) * 1000).tolist()
    return {
        "requests": len(times) + len(errors),
        "asked_rate": rate,
        "answered_rate": round(len(times) / took, 1),
        "errors": len(errors),
        "first_errors": errors[:3],
        "p50_ms": round(p50, 2),
        "p95_ms": round(p95, 2),
        "p99_ms": round(p99, 2),
        "memory_mib": await memory,
    }


async def _ask(
    port: int, due: asyncio.Queue[tuple[float, bytes]], times: list[float], errors: list[str]
) -> None:
    streams = None
    while True:
        at, request = await due.get()
        try:
            streams = streams or await asyncio.open_connection("127.0.0.1", port)
            async with asyncio.timeout(TIMEOUT):
                hits = await _exchange(*streams, request)
            if hits == 10:
                times.append(time.perf_counter() - at)
            else:
                errors.append(f"{hits} hits")
        except Exception as error:  # whatever it is, it is what the load is there to find
            errors.append(repr(error))
            streams = None
        finally:
            due.task_done()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> int:
    """Send a request and count the hits of the answer; -1 where it is no 200."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
    body = await reader.readexactly(length)
    return len(json.loads(body)["hits"]) if lines[0].startswith(b"http/1.1 200") else -1


def _request(text: str) -> bytes:
    body = json.dumps({"text": text, "k": 10}).encode()
    head = (
        "POST /api/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _memory(server: int, seconds: float) -> list[int]:
    """Resident memory of the server in MiB, six times over the load."""
    told = []
    for _ in range(6):
        await asyncio.sleep(seconds / 6)
        told.append(resident(server))
    return told


def resident(process: int) -> int:
    """MiB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024
