#!/usr/bin/env python3
"""Records what dbt makes of the projects in this folder, for parity.rs to compare with.

    path/to/venv/bin/python record.py [project ...]

Needs dbt-core 1.12 with dbt-duckdb. For each project, in a copy: `dbt deps`, `dbt parse`, `dbt compile`. Writes
`expected/PROJECT.json`: the manifest reduced to what does not change from run to run, the compiled SQL, and, where
there is a semantic layer, the whole of `semantic_manifest.json` and `osi_document.json`. The same reduction is in parity.rs; keep the two alike.
"""
import argparse
import json
import os
import shutil
import tempfile

from dbt.cli.main import dbtRunner

HERE = os.path.dirname(os.path.abspath(__file__))
INTERNAL = ("macro.dbt.", "macro.dbt_duckdb.", "doc.dbt.")
# Times, and what only compiling adds.
DROPPED = {"created_at", "build_path", "root_path", "compiled_path", "compiled", "compiled_code", "extra_ctes",
           "extra_ctes_injected"}
# Lists whose order dbt takes from a set.
SETS = {"tags", "sources", "primary_key", "macros", "nodes"}
SECTIONS = ["nodes", "sources", "macros", "docs", "exposures", "groups", "metrics", "semantic_models", "saved_queries",
            "unit_tests", "functions", "selectors", "disabled", "parent_map", "child_map", "group_map"]
METADATA = ["dbt_schema_version", "dbt_version", "project_name", "project_id", "adapter_type", "quoting"]


def reduce(value, key=""):
    """Without what changes from run to run, without built-in macros, and without what is empty."""
    if isinstance(value, dict):
        kept = {}
        for name, inner in value.items():
            if name in DROPPED or name.startswith(INTERNAL):
                continue
            inner = reduce(inner, name)
            if inner not in (None, [], {}):
                kept[name] = inner
        return kept
    if isinstance(value, list):
        items = [reduce(item) for item in value]
        items = [item for item in items if not (isinstance(item, str) and item.startswith(INTERNAL))]
        if key in SETS:
            items.sort(key=lambda item: json.dumps(item, sort_keys=True))
        return items
    return value


def read(folder, name):
    with open(os.path.join(folder, "target", name)) as file:
        return json.load(file)


def compiled(manifest):
    """The SQL of what could be compiled."""
    nodes = {**manifest["nodes"], **manifest["functions"]}
    return {id: node["compiled_code"] for id, node in nodes.items() if node.get("compiled_code") is not None}


def record(project):
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, project)
        shutil.copytree(os.path.join(HERE, "projects", project), copy)
        os.chdir(copy)
        common = ["--project-dir", copy, "--profiles-dir", HERE, "--quiet"]

        def dbt(*command):
            return dbtRunner().invoke([*command, *common])

        for command in (["deps"], ["parse", "--no-partial-parse"]):
            result = dbt(*command)
            if not result.success:
                raise SystemExit(f"{project}: dbt {command[0]} failed: {result.exception}")
        manifest = read(copy, "manifest.json")
        semantic = read(copy, "semantic_manifest.json")
        osi = read(copy, "osi_document.json")
        dbt("compile")
        sql = compiled(read(copy, "manifest.json"))
        os.chdir(HERE)
    reduced = {section: reduce(manifest[section]) for section in SECTIONS}
    reduced["metadata"] = {key: manifest["metadata"][key] for key in METADATA}
    reduced["compiled"] = sql
    if any(manifest[section] for section in ("metrics", "semantic_models", "saved_queries")):
        reduced["semantic_manifest"] = semantic
        reduced["osi_document"] = osi
    path = os.path.join(HERE, "expected", project + ".json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(reduced, file, indent=1, sort_keys=True, ensure_ascii=False)
        file.write("\n")
    print(path)


def main():
    os.environ.update(DBT_SEND_ANONYMOUS_USAGE_STATS="0", PARITY_SET="from the environment")
    parser = argparse.ArgumentParser()
    parser.add_argument("projects", nargs="*")
    arguments = parser.parse_args()
    for project in arguments.projects or sorted(os.listdir(os.path.join(HERE, "projects"))):
        record(project)


if __name__ == "__main__":
    main()
