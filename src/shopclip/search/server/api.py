"""The JSON API. Every route is fixed: nothing in an address reaches the file system."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from shopclip.search.engine import SearchEngine
from shopclip.search.errors import QueryError
from shopclip.search.pictures import to_jpeg
from shopclip.search.server.engines import Engines
from shopclip.search.server.messages import (
    Catalogue,
    Described,
    DescribeQuery,
    Found,
    FoundProduct,
    Id,
    Pair,
    Problem,
    SearchQuery,
    SimilarQuery,
    decoded,
    plain,
)

MOST_OPTIONS = 200  # values of a filter that a page can show
EXAMPLES = 6


def create_api(engines: Engines) -> APIRouter:
    """The routes under /api."""
    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (400, 413, 422)
    }
    api = APIRouter(prefix="/api", responses=problems)

    @api.get("/catalogue")
    def catalogue(pair: Annotated[Pair, Query()] = None) -> Catalogue:
        """The pairs, the values that can be filtered by, and examples of queries."""
        return _catalogue(engines, engines[pair])

    @api.post("/search")
    def search(query: SearchQuery) -> Found:
        """Products whose pictures are nearest to a text, a picture, or both."""
        engine = engines[query.pair]
        picture = _picture(query, engine)
        hits = engine.search(
            query.text, picture, weight=query.weight, k=query.k, where=plain(query.where)
        )
        return Found(pair=engine.pair, hits=[FoundProduct.of(hit) for hit in hits])

    @api.post("/similar")
    def similar(query: SimilarQuery) -> Found:
        """Products whose pictures are nearest to that of a product, itself left out."""
        engine = engines[query.pair]
        hits = engine.similar(query.id, query.k, where=plain(query.where))
        return Found(pair=engine.pair, hits=[FoundProduct.of(hit) for hit in hits])

    @api.post("/describe")
    def describe(query: DescribeQuery) -> Described:
        """The nearest captions of a picture and its most likely attributes."""
        engine = engines[query.pair]
        if query.id is not None and query.picture is None:
            return Described.of(engine.pair, engine.describe_product(query.id, k=query.k))
        picture = _picture(query, engine)
        if picture is None:
            raise QueryError("an empty query; give a picture or the id of a product")
        return Described.of(engine.pair, engine.describe(picture, k=query.k))

    @api.get("/image", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
    def image(id: Annotated[Id, Query()]) -> Response:
        """The picture of a product of the catalogue."""
        pixels = engines[None].picture(id)
        kept = {"Cache-Control": "private, max-age=3600"}
        return Response(to_jpeg(pixels), media_type="image/jpeg", headers=kept)

    return api


def _picture(query: SearchQuery | DescribeQuery, engine: SearchEngine) -> Any:
    if query.picture is not None and query.id is not None:
        raise QueryError("give either a picture or the id of a product")
    if query.picture is not None:
        return decoded(query.picture)
    return None if query.id is None else engine.picture(query.id)


def _catalogue(engines: Engines, engine: SearchEngine) -> Catalogue:
    products, texts = engine.index.products, engine.index.texts
    filters = {name: products.values(name) for name in products.attributes}
    drawn = [len(texts) * place // EXAMPLES for place in range(min(EXAMPLES, len(texts)))]
    return Catalogue(
        pair=engine.pair,
        pairs=engines.pairs,
        products=len(products),
        filters={name: values for name, values in filters.items() if len(values) <= MOST_OPTIONS},
        examples=[product.caption for product in texts.products(drawn)],
    )
