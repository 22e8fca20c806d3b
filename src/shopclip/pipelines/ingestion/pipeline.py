"""params:catalogue ─ find_catalogue ─→ raw_catalogue
raw_catalogue ─ check_products ─→ products, rejected_products, catalogue_facts
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.ingestion.nodes import check_products, find_catalogue


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            node(find_catalogue, "params:catalogue", "raw_catalogue", name="find_catalogue"),
            node(
                check_products,
                ["raw_catalogue", "params:catalogue"],
                ["products", "rejected_products", "catalogue_facts"],
                name="check_products",
            ),
        ]
    )
