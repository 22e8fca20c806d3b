"""The API keeps to its own OpenAPI document, whatever the document lets anybody ask."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.search.serving import served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REQUESTS = 150  # of every operation


@pytest.fixture(scope="module")
def document(project):
    with served(project, "--pair", "tiny") as url:
        yield schemathesis.openapi.from_url(f"{url}/openapi.json")


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/catalogue", "GET"),
        ("/api/search", "POST"),
        ("/api/similar", "POST"),
        ("/api/browse", "POST"),
        ("/api/product", "GET"),
        ("/api/describe", "POST"),
        ("/api/image", "GET"),
    ],
)
def test_what_the_document_allows_is_answered_as_it_says(document, path, method):
    seen = set()

    @given(case=document[path][method].as_strategy())
    @settings(
        max_examples=REQUESTS,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        seen.add(response.status_code)
        if response.status_code != 200:
            assert response.json()["error"], "refused without a reason"

    ask()
    assert len(seen) > 1  # neither is all refused, nor is nothing
