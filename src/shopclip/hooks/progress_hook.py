"""One line a node, with its pair and how far the run has come."""

from __future__ import annotations

import logging
from typing import Any

from kedro.framework.hooks import hook_impl

logger = logging.getLogger(__name__)


class ProgressHook:
    """Counts the nodes of a run; Kedro's own lines name no pair and are a screen wide."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Any) -> None:
        self._started, self._nodes = 0, len(pipeline.nodes)

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        self._started += 1
        logger.info("%*d/%d %s", len(str(self._nodes)), self._started, self._nodes, node.name)
