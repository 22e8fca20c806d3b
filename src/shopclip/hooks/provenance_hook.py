"""No node reads what was made from other things than those that lie there now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from shopclip.hooks.made_by import agree, given_in_vain, is_standalone, path_of, relevant
from shopclip.parameters import plain
from shopclip.parameters.renamed import present_names
from shopclip.provenance import ProvenanceError, Record, Records, require
from shopclip.provenance.lineage import Lineage, kedro_command
from shopclip.provenance.records import FOLDER

PARAMETERS = "parameters"  # all of them, which a node takes that tells how things were made


class ProvenanceHook:
    """Writes a record of every node, and compares before anything is read.

    What may be used beside other things than it was made from says so itself (`standalone`, as a
    dual encoder does).
    """

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._records = Records(Path(context.project_path) / "data" / FOLDER)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        """Everything that an earlier run left, before the first node of this one."""
        self._run, self._catalog = run_params, catalog
        self._saved: dict[str, set[str]] = {}
        self._inputs: dict[str, dict[str, str]] = {}
        self._made: set[str] = set()
        self._records.load()
        self._stages = _stages()
        inputs = pipeline.inputs()
        if run_params.get("only_missing_outputs"):
            inputs |= pipeline.all_outputs()
        lineage = self._require(inputs)
        coming = {node.name: self._parameters(node) for node in pipeline.nodes}
        if run_params.get("only_missing_outputs"):
            self._refuse_other_parameters(pipeline, coming)
        earlier = {node: r for node, r in _made(lineage).items() if node not in coming}
        given_in_vain(present_names(run_params.get("runtime_params") or {}), earlier)
        if any(PARAMETERS in node.inputs for node in pipeline.nodes):
            made = {node: record.parameters for node, record in earlier.items()}
            agree({**made, **coming}, self._all_parameters())

    @hook_impl
    def before_dataset_loaded(self, dataset_name: str) -> None:
        """Also of what a runner chose to leave out, because it was there already."""
        if dataset_name not in self._made:
            self._require([dataset_name])

    @hook_impl
    def before_node_run(self, node: Any, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """Remember what it reads; tell it by which parameters the things were made."""
        read = [path for name in node.inputs if (path := path_of(self._catalog, name))]
        locations = [self._records.location(path) for path in read]
        records = {location: self._records.of(location) for location in locations}
        self._inputs[node.name] = {
            location: record.outputs[location].digest
            for location, record in records.items()
            if record
        }
        if PARAMETERS not in inputs:
            return None
        made = _made(Lineage(self._records, read))
        parameters = {name: record.parameters for name, record in made.items()}
        return {PARAMETERS: agree(parameters, plain(inputs[PARAMETERS]))}

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, node: Any) -> None:
        """From here on, and until all outputs are saved, none of them can be relied upon."""
        if node.name not in self._saved:
            self._saved[node.name] = set()
            if paths := self._outputs(node):
                locations = [self._records.location(path) for path in paths.values()]
                self._records.begin(node.name, locations, self._stages.get(node.name))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Any) -> None:
        saved, paths = self._saved[node.name], self._outputs(node)
        saved.add(dataset_name)
        if not paths or not saved >= set(node.outputs):
            return
        from shopclip.provenance.fingerprints import Fingerprint

        self._records.finish(
            Record(
                node=node.name,
                outputs={
                    self._records.location(path): Fingerprint.take(path) for path in paths.values()
                },
                inputs=self._inputs.get(node.name, {}),
                parameters=self._parameters(node),
                stage=self._stages.get(node.name),
                env=self._run.get("env"),
                standalone=any(is_standalone(self._catalog, name) for name in node.outputs),
            )
        )
        self._made |= set(node.outputs)

    def _require(self, names: Iterable[str]) -> Lineage:
        paths = [path for name in sorted(names) if (path := path_of(self._catalog, name))]
        return require(self._records, paths, remedy=self._remedy)

    def _remedy(self, lineage: Lineage) -> str:
        """The stages that this run was to be, and those before it that are needed first."""
        chosen = self._run.get("pipeline_names") or []
        if self._run.get("only_missing_outputs") or not chosen or "__default__" in chosen:
            return kedro_command((), env=self._run.get("env"))
        makers = {
            self._stages.get(node.name)
            for node in _all_nodes()
            for path in self._outputs(node).values()
            if self._records.location(path) in {one.location for one in lineage.breaks}
        }
        stages = {stage for stage in {*chosen, *lineage.stages(), *makers} if stage}
        return kedro_command(stages, env=self._run.get("env"))

    def _refuse_other_parameters(self, pipeline: Any, coming: Mapping[str, Any]) -> None:
        """Outputs that are there are missing nevertheless, where they are of other parameters.

        Raises:
            ProvenanceError: there are such.
        """
        for node in pipeline.nodes:
            for path in self._outputs(node).values():
                record = self._records.of(self._records.location(path))
                if not record or not path.exists():
                    continue
                if present_names(record.parameters) != coming[node.name]:
                    raise ProvenanceError(
                        f"{path.name}: {node.name} made it by other parameters than those of this "
                        "run, and --only-missing-outputs would leave it. Leave out that option: "
                        f"{kedro_command((), env=self._run.get('env'))}"
                    )

    def _parameters(self, node: Any) -> dict[str, Any]:
        given = {
            name.removeprefix("params:"): plain(self._catalog.load(name))
            for name in node.inputs
            if name.startswith("params:")
        }
        # As they are when they have been written and read.
        return json.loads(json.dumps(relevant(node.name, given), default=str))

    def _all_parameters(self) -> dict[str, Any]:
        return plain(self._catalog.load(PARAMETERS))

    def _outputs(self, node: Any) -> dict[str, Path]:
        paths = ((name, path_of(self._catalog, name, saving=True)) for name in node.outputs)
        return {name: path for name, path in paths if path}


def _made(lineage: Lineage) -> dict[str, Record]:
    """Records of an earlier version have former names of parameters."""
    return {
        node: replace(record, parameters=present_names(record.parameters))
        for node, record in lineage.made.items()
    }


def _all_nodes() -> Iterable[Any]:
    from kedro.framework.project import pipelines

    return [node for pipeline in pipelines.values() for node in pipeline.nodes]


def _stages() -> dict[str, str]:
    """The stage of each node."""
    from kedro.framework.project import pipelines

    return {
        node.name: stage
        for stage, pipeline in pipelines.items()
        if stage != "__default__"
        for node in pipeline.nodes
    }
