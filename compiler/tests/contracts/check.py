"""Checks exported contracts against the published JSON schema of the Open Data Contract Standard.

Usage: python check.py SCHEMA FILE...
SCHEMA is `odcs-3.1.0.schema.json`, which the PyPI package `datacontract-cli` carries under `datacontract/schemas`.
Needs `jsonschema` and `pyyaml`. A file `NAME.json` beside `NAME.yaml`, where there is one, must have the same content.
"""

import json
import sys
from pathlib import Path

import jsonschema
import yaml


def main(schema_path, *paths):
    schema = json.loads(Path(schema_path).read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    for path in map(Path, paths):
        document = yaml.safe_load(path.read_text())
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
        twin = path.with_suffix(".json")
        if twin.exists() and json.loads(twin.read_text()) != document:
            errors.append("the YAML does not read as the JSON beside it")
        if errors:
            sys.exit("\n".join([f"{path} is not valid", *errors]))
        print(f"{path}: valid")


main(*sys.argv[1:])
