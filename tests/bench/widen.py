#!/usr/bin/env python3
"""Gives the models of a manifest more columns, until all nodes have so many together.

usage: widen.py MANIFEST OUT COLUMNS
"""
import json
import pathlib
import sys

WORDS = ("gross", "net", "first", "last", "daily", "weekly", "median", "rolling", "previous", "expected", "refund", "margin", "basket", "visit")


def main():
    source, out, wanted = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    manifest = json.loads(source.read_text())
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    described = [*manifest["nodes"].values(), *manifest["sources"].values()]
    missing = wanted - sum(len(node["columns"]) for node in described)
    for at in range(max(missing, 0)):
        word, other = WORDS[at % len(WORDS)], WORDS[at // len(WORDS) % len(WORDS)]
        name = f"{word}_{other}_{at % 4001}"
        models[at % len(models)]["columns"][name] = {"name": name, "description": f"The {word} {other} of the day"}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(manifest))


if __name__ == "__main__":
    main()
