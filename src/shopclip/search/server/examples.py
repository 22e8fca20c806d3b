"""Examples in the API's documentation that find something in the catalogue that is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from shopclip.search.engine import SearchEngine
from shopclip.search.server.engines import Engines

FEW = 30  # values of an attribute that a shopper would filter by; more name single products


def with_examples(app: FastAPI, engines: Engines) -> Callable[[], dict[str, Any]]:
    """The application's OpenAPI document, with an example of every request."""
    plain = app.openapi

    def document() -> dict[str, Any]:
        schema = plain()
        for path, request in requests(engines[None]).items():
            for operation in schema["paths"][path].values():
                if "requestBody" in operation:
                    operation["requestBody"]["content"]["application/json"]["example"] = request
                for parameter in operation.get("parameters", []):
                    parameter["example"] = request[parameter["name"]]
        return schema

    return document


def requests(engine: SearchEngine) -> dict[str, dict[str, Any]]:
    """By path, the body or the parameters of a request that finds the catalogue's first product."""
    product = engine.index.products.products([0])[0]
    where = {
        name: value
        for name, value in product.attributes.items()
        if isinstance(value, str) and len(engine.index.products.values(name)) <= FEW
    }
    some = dict(list(where.items())[:2])
    return {
        "/api/catalogue": {"pair": engine.pair},
        "/api/search": {"text": product.caption, "k": 5, "where": some},
        "/api/similar": {"id": product.id, "k": 5, "where": some},
        "/api/browse": {"k": 5, "where": some},
        "/api/product": {"id": product.id},
        "/api/describe": {"id": product.id, "k": 3},
        "/api/image": {"id": product.id},
    }
