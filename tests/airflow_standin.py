"""What a generated DAG file imports of Airflow 3, recorded instead of scheduled.

    python tests/airflow_standin.py dags/shopclip_dag.py

runs the tasks of a file one by one in an order that its edges allow.
"""

import os
import re
import runpy
import sys
from graphlib import TopologicalSorter
from types import ModuleType

TASK_ID = re.compile(r"[\w.-]{1,250}", re.ASCII)  # what Airflow accepts
IMPORTED_ONCE = ("kedro_mlflow.mlflow", "pandera", "torch", "transformers")  # imported once for all


class Task:
    def __init__(self, name, call):
        self.name, self.call, self.upstream, self.pool = name, call, set(), "default_pool"

    def __rshift__(self, later):
        later.upstream.add(self.name)
        return later


class Dag:
    """The tasks of a DAG by name, and what it was declared with."""

    def __init__(self, **settings):
        self.settings, self.tasks = settings, {}

    def add(self, name, call):
        if not TASK_ID.fullmatch(name) or name in self.tasks:
            raise ValueError(f"{name}: no task of Airflow's, or twice in the DAG")
        self.tasks[name] = Task(name, call)
        return self.tasks[name]

    def edges(self):
        return {(first, task.name) for task in self.tasks.values() for first in task.upstream}

    def order(self):
        """Every task after those it waits for, else from z to a; `graphlib.CycleError` if none."""
        sorter = TopologicalSorter({task.name: task.upstream for task in self.tasks.values()})
        sorter.prepare()
        names = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), reverse=True)
            names += ready
            sorter.done(*ready)
        return names


def record(file):
    """Execute a DAG file and return the one DAG that it makes."""
    made = []

    def dag(**settings):
        def decorated(build):
            def call():
                made.append(Dag(**settings))
                build()

            return call

        return decorated

    def task(task_id):
        return lambda call: lambda: made[-1].add(task_id, call)

    airflow, sdk = ModuleType("airflow"), ModuleType("airflow.sdk")
    sdk.dag, sdk.task = dag, task
    sys.modules |= {"airflow": airflow, "airflow.sdk": sdk}
    try:
        runpy.run_path(str(file))
    finally:
        del sys.modules["airflow"], sys.modules["airflow.sdk"]
    (only,) = made
    return only


def main(file):
    dag, environment = record(file), dict(os.environ)
    for name in dag.order():
        os.environ.update(environment)  # MLflow takes MLFLOW_RUN_ID out of it
        dag.tasks[name].call()
        end_mlflow_runs()
        print(f"done: {name}", flush=True)


def end_mlflow_runs():
    """What the end of a task's process does: kedro-mlflow opens its run once more at every node."""
    import mlflow

    while mlflow.active_run():
        mlflow.end_run()


if __name__ == "__main__":
    main(sys.argv[1])
