"""The JSON API. Every route is fixed: nothing in an address reaches the file system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Response

from shopclip.search.engine import Hit, SearchEngine
from shopclip.search.errors import QueryError
from shopclip.search.pictures import to_jpeg
from shopclip.search.server.engines import Engines
from shopclip.search.server.messages import (
    Browsed,
    BrowseQuery,
    Catalogue,
    Described,
    DescribeQuery,
    Facet,
    Found,
    FoundProduct,
    Id,
    Pair,
    Problem,
    SearchQuery,
    ShownProduct,
    SimilarQuery,
    decoded,
    plain,
)
from shopclip.search.server.picture_lane import Decode, PictureLane

MAX_OPTIONS = 200  # values of a filter that a page can show
EXAMPLES = 6


def create_api(engines: Engines, pictures: PictureLane) -> APIRouter:
    """The routes under /api."""
    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (400, 404, 413, 422, 503)
    }
    opening = CapacityLimiter(1)

    async def opened(pair: str | None) -> SearchEngine:
        """One pair at a time, for it takes seconds; those that are open do not wait for it."""
        if (ready := engines.ready(pair)) is not None:
            return ready
        return await to_thread.run_sync(engines.__getitem__, pair, limiter=opening)

    api = APIRouter(prefix="/api", responses=problems)

    @api.get("/catalogue")
    async def catalogue(pair: Annotated[Pair, Query()] = None) -> Catalogue:
        """The pairs, the values that can be filtered by, and examples of queries."""
        return await to_thread.run_sync(_catalogue, engines, await opened(pair))

    @api.post("/search")
    async def search(query: SearchQuery) -> Found:
        """Products whose pictures are nearest to a text, a picture, or both."""
        engine = await opened(query.pair)
        if query.picture is None and query.id is None:
            return await to_thread.run_sync(_search, query, engine, None)
        return await pictures.run(
            lambda decode: _search(query, engine, _picture(query, engine, decode))
        )

    @api.post("/similar")
    async def similar(query: SimilarQuery) -> Found:
        """Products whose pictures are nearest to that of a product, itself left out."""
        engine = await opened(query.pair)
        return await to_thread.run_sync(_similar, query, engine)

    @api.post("/browse")
    async def browse(query: BrowseQuery) -> Browsed:
        """Products without a query, and how many have each value that can be filtered by."""
        return await to_thread.run_sync(_browse, query, await opened(query.pair))

    @api.get("/product")
    def product(id: Annotated[Id, Query()]) -> ShownProduct:
        """Caption and attributes of a product of the catalogue."""
        return ShownProduct(**vars(engines[None].product(id)))

    @api.post("/describe")
    async def describe(query: DescribeQuery) -> Described:
        """The nearest captions of a picture and its most likely attributes."""
        engine = await opened(query.pair)
        return await pictures.run(lambda decode: _describe(query, engine, decode))

    @api.get("/image", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
    def image(id: Annotated[Id, Query()]) -> Response:
        """The picture of a product of the catalogue."""
        pixels = engines[None].picture(id)
        kept = {"Cache-Control": "private, max-age=3600"}
        return Response(to_jpeg(pixels), media_type="image/jpeg", headers=kept)

    return api


def _search(query: SearchQuery, engine: SearchEngine, picture: np.ndarray | None) -> Found:
    hits = engine.search(
        query.text, picture, weight=query.weight, k=query.k, where=plain(query.where)
    )
    return _found(engine, hits, query)


def _similar(query: SimilarQuery, engine: SearchEngine) -> Found:
    return _found(engine, engine.similar(query.id, query.k, where=plain(query.where)), query)


def _browse(query: BrowseQuery, engine: SearchEngine) -> Browsed:
    where = plain(query.where)
    shown = engine.browse(query.k, where=where)
    return Browsed(
        pair=engine.pair,
        products=[ShownProduct(**vars(product)) for product in shown],
        facets={
            name: [Facet(value=value, count=count) for value, count in counts.items()]
            for name, counts in engine.facets(where).items()
            if len(counts) <= MAX_OPTIONS
        },
        notes=engine.unknown_values(where),
    )


def _found(engine: SearchEngine, hits: Sequence[Hit], query: SearchQuery | SimilarQuery) -> Found:
    return Found(
        pair=engine.pair,
        hits=[FoundProduct.of(hit) for hit in hits],
        notes=engine.unknown_values(plain(query.where)),
    )


def _describe(query: DescribeQuery, engine: SearchEngine, decode: Decode) -> Described:
    if query.id is not None and query.picture is None:
        return Described.of(engine.pair, engine.describe_product(query.id, k=query.k))
    picture = _picture(query, engine, decode)
    if picture is None:
        raise QueryError("an empty query; give a picture or the id of a product")
    return Described.of(engine.pair, engine.describe(picture, k=query.k))


def _picture(
    query: SearchQuery | DescribeQuery, engine: SearchEngine, decode: Decode
) -> np.ndarray | None:
    if query.picture is not None and query.id is not None:
        raise QueryError("give either a picture or the id of a product")
    if query.picture is not None:
        return decode(decoded(query.picture), engine.size)
    return None if query.id is None else engine.picture(query.id)


def _catalogue(engines: Engines, engine: SearchEngine) -> Catalogue:
    products, texts = engine.index.products, engine.index.texts
    filters = {name: products.values(name) for name in products.attributes}
    drawn = [len(texts) * place // EXAMPLES for place in range(min(EXAMPLES, len(texts)))]
    return Catalogue(
        pair=engine.pair,
        pairs=engines.pairs,
        products=len(products),
        filters={name: values for name, values in filters.items() if len(values) <= MAX_OPTIONS},
        examples=[product.caption for product in texts.products(drawn)],
    )
