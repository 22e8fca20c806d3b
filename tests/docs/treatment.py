"""How each command of the documentation is tested: the one table that decides it."""

import re
from dataclasses import dataclass
from typing import Literal

# trained    it has really run, in a project of tiny towers (--env test), before all others
# run        it really runs, in a copy of that project that the commands of its page share
# read       the stages that read a catalogue really run, in a copy of its own; the others do with
#            any catalogue the same
# rehearse   it starts, and stops when it has understood its arguments; of `kedro run`, parameters
#            are validated and nodes chosen too
# serve      rehearsed, and a server is really started once for all
# request    it really asks that server
# install    what it names is declared in pyproject.toml
# in_ci      .ci/run runs it
# shell      the shell's own: it changes where the next command is found
# elsewhere  it is a program of another environment, which no test has
How = Literal[
    "trained",
    "run",
    "read",
    "rehearse",
    "serve",
    "request",
    "install",
    "in_ci",
    "shell",
    "elsewhere",
]


@dataclass(frozen=True)
class Rule:
    """Commands that begin with `pattern`, a regular expression, how they are tested, and why so."""

    pattern: str
    how: How
    why: str


# The first that fits decides.
RULES = (
    Rule(r"source \.venv/bin/activate$", "shell", ""),
    Rule(r"python3 -m venv \.venv$", "in_ci", "takes a network and minutes"),
    Rule(r"pytest ", "in_ci", "this is it"),
    Rule(
        r"(pip install apache-airflow|export AIRFLOW|airflow )",
        "elsewhere",
        "Airflow is too large for the tests; tests/test_orchestrator.py has a stand-in",
    ),
    Rule(r"kedro airflow create", "rehearse", "tests/test_orchestrator.py runs it"),
    Rule(r"mlflow runs create", "run", ""),
    Rule(r"pip install ", "install", "takes a network and minutes"),
    Rule(r"pre-commit install", "rehearse", "it changes what git does in this clone"),
    Rule(r"mkdocs ", "rehearse", "tests/docs/test_site.py builds the site"),
    Rule(r"kedro run .*catalogue\.path=ashraq/", "rehearse", "downloads from the hub"),
    Rule(r"kedro run .*--env fashion( |$)", "rehearse", "full-size towers from the hub, for a GPU"),
    Rule(r"kedro run .*--env fashion_small", "rehearse", "an hour on two cores"),
    Rule(r"kedro run .*--env public", "rehearse", "tests/test_run_public.py runs it on folders"),
    Rule(r"kedro run .*--env wheels", "rehearse", "tests/test_run.py runs it"),
    Rule(r"kedro run .*--env minilm", "rehearse", "tests/test_run.py runs it"),
    Rule(r"kedro run .*--pipelines (\w+,)*tuning", "rehearse", "tests/test_run_tuning.py runs it"),
    Rule(r"kedro run .*--env tuned", "elsewhere", "the environment is what tuning writes"),
    Rule(r"torchrun ", "elsewhere", "tests/test_run_distributed.py runs it, with two processes"),
    Rule(
        r"kedro run .*(training\.workers|engine\.kind)=",
        "rehearse",
        "tests/test_run_distributed.py runs both, with two workers",
    ),
    Rule(r"kedro run .*training\.device=cuda", "rehearse", "needs a second GPU"),
    Rule(r"kedro run .*training\.device=cpu", "rehearse", "`kedro run` is the same without a GPU"),
    Rule(r"kedro run .*training\.seeds=3", "rehearse", "tests/test_run_seeds.py runs two seeds"),
    Rule(r"kedro run .*training\.state_seconds=", "rehearse", "tests/test_resume.py runs it"),
    Rule(r"kedro run .*training\.resume=false", "rehearse", "tests/test_run.py runs it"),
    Rule(
        r"kedro run .*--pipelines preflight",
        "rehearse",
        "tiny towers fail it, as they should; tests/dualencoder/test_preflight.py has better ones",
    ),
    Rule(
        r"kedro run .*--pipelines training --namespaces",
        "rehearse",
        "tests/test_run.py trains one pair alone",
    ),
    Rule(r"kedro run .*benchmark=truth", "rehearse", "tests/test_score_anew.py runs it"),
    Rule(
        r"kedro run .*--pipelines (\w+,)*embedding", "rehearse", "tests/test_score_anew.py runs it"
    ),
    Rule(
        r"kedro run .*--pipelines (evaluation|reporting)",
        "rehearse",
        "tests/test_run.py runs each stage alone",
    ),
    Rule(r"kedro run .*--pipelines ingestion,preprocessing", "run", ""),
    Rule(r"kedro run .*catalogue\.path=", "read", "tests/test_run.py trains on one of its own"),
    Rule(r"kedro run .*--only-missing-outputs", "run", ""),
    Rule(r"kedro run$", "trained", ""),
    Rule(r"kedro viz run", "rehearse", "a server, whose graph `kedro viz build` builds too"),
    Rule(r"kedro viz build", "run", ""),
    Rule(r"mlflow ui", "rehearse", "a server of somebody else"),
    Rule(r"python -m shopclip\.search serve", "serve", ""),
    Rule(r"python -m shopclip\.search", "run", ""),
    Rule(r"curl .*127\.0\.0\.1:7860/", "request", ""),
    Rule(r"python -c ", "run", ""),
    Rule(r"python benchmarks/", "rehearse", "minutes to hours; what came of it is in docs/results"),
)


def rule_for(command):
    """The first rule that fits; None if nothing says how to test the command."""
    plain = str(command).replace("'", "")
    return next((rule for rule in RULES if re.match(rule.pattern, plain)), None)


def how(command):
    """How the command is tested."""
    rule = rule_for(command)
    return rule.how if rule else None
