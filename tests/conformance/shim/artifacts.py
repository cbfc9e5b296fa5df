"""Builds what dbt's commands return from the artifacts that Refract writes."""

import json
from datetime import datetime, timezone
from pathlib import Path

from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact
from dbt.artifacts.schemas.results import NodeStatus, TimingInfo
from dbt.artifacts.schemas.run import RunExecutionResult, RunResult
from dbt.flags import get_flags
from dbt.tests.util import get_manifest

GLOBAL_WITH_VALUE = {"--project-dir", "--profiles-dir", "--target", "--log-level", "--log-format", "--log-path"}


class Target:
    """The artifacts' folder of one command, and which artifacts stood there before it."""

    def __init__(self, args):
        project = Path(value_of("--project-dir", args) or getattr(get_flags(), "PROJECT_DIR", None) or ".")
        self.folder = project / (value_of("--target-path", args) or configured(project) or "target")
        self.stamps = {path.name: path.stat().st_mtime_ns for path in self.folder.glob("*.json")}

    def read(self, name):
        """Gives the artifact, or None where the command did not write it."""
        path = self.folder / name
        if not path.exists() or path.stat().st_mtime_ns == self.stamps.get(name):
            return None
        return json.loads(path.read_text())


def value_of(option, args):
    return args[args.index(option) + 1] if option in args[:-1] else None


def configured(project):
    """Gives `target-path` of dbt_project.yml, as far as it is a plain line."""
    try:
        lines = (project / "dbt_project.yml").read_text().splitlines()
    except OSError:
        return None
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("target-path:")]
    return found[0].strip("\"'") if found else None


def command_of(args):
    """Gives the command's words: `["source", "freshness"]`, `["run"]`."""
    words = []
    skip = False
    for arg in args:
        if skip:
            skip = False
        elif arg.startswith("-"):
            if words:
                break
            skip = arg in GLOBAL_WITH_VALUE
        else:
            words.append(arg)
    return words


def result(args, printed, target):
    """Gives what `dbtRunner.invoke(args).result` holds after a command that ended by itself."""
    match command_of(args):
        case ["ls" | "list", *_]:
            return [line for line in printed.splitlines() if line]
        case ["docs", "generate", *_]:
            catalog = target.read("catalog.json")
            return catalog and CatalogArtifact.from_dict(catalog)
        case ["source", *_]:
            sources = target.read("sources.json")
            return sources and FreshnessExecutionResultArtifact.from_dict(sources)
        case ["parse", *_]:
            return get_manifest(target.folder.parent)
        case ["debug" | "deps" | "clean" | "init", *_]:
            return None
        case _:
            return executed(target)


def executed(target):
    """Gives run_results.json as dbt's commands return it: each result with its node; none where nothing ran."""
    written = target.read("run_results.json")
    if written is None:
        written = {"results": [], "elapsed_time": 0, "args": {}}
    nodes = nodes_of(target) if written["results"] else {}
    results = [run_result(entry, nodes.get(entry["unique_id"])) for entry in written["results"]]
    return RunExecutionResult(
        results=results,
        elapsed_time=written["elapsed_time"],
        generated_at=datetime.now(timezone.utc).replace(tzinfo=None),
        args=written["args"],
    )


def nodes_of(target):
    manifest = get_manifest(target.folder.parent)
    groups = [manifest.nodes, manifest.sources, manifest.unit_tests, manifest.exposures]
    return {unique_id: node for group in groups for unique_id, node in group.items()}


def run_result(entry, node):
    if node is not None and entry.get("compiled"):
        node.compiled = True
        node.compiled_code = entry["compiled_code"]
        node.relation_name = entry["relation_name"]
    return RunResult(
        status=NodeStatus(entry["status"]),
        timing=[TimingInfo.from_dict(timing) for timing in entry["timing"]],
        thread_id=entry["thread_id"],
        execution_time=entry["execution_time"],
        message=entry["message"],
        adapter_response=entry["adapter_response"],
        failures=entry["failures"],
        node=node,
        batch_results=None,
    )
