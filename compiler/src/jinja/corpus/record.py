"""Records what dbt's own Jinja makes of the corpus: `recorded/FOLDER/THEME.json` for each `FOLDER/THEME.jinja`.

Run it with a Python that has dbt-core and dbt-duckdb: python record.py
See mod.rs for the forms of the cases.
"""

import contextlib
import io
import json
import pathlib
import re
import types
from argparse import Namespace

from dbt.adapters.duckdb.column import DuckDBColumn
from dbt.adapters.duckdb.relation import DuckDBRelation
from dbt.clients.jinja import MacroGenerator, MacroStack, get_rendered
from dbt.context.base import BaseContext
from dbt.context.exceptions_jinja import wrapped_exports
from dbt.context.providers import RelationProxy
from dbt.flags import set_from_args
from dbt_common.clients.agate_helper import table_from_data_flat
from dbt_common.clients.jinja import extract_toplevel_blocks
from dbt_common.context import set_invocation_context

set_from_args(Namespace(show_all_deprecations=False, warn_error=False), None)
set_invocation_context({})
here = pathlib.Path(__file__).parent


def lines(text):
    """One template a line; a line of nothing but expressions is cut between them."""
    for line in text.splitlines():
        if not line or line.startswith("## "):
            continue
        if "{%" in line:
            yield line, "", line
            continue
        for part in re.split(r"(?<=\}\}) (?=\{\{)|(?<=\}\}\]) (?=\[\{\{)", line):
            yield part, "", part


def named(text):
    """Templates under a line `=== name`, after macros between `[[` and `]]`."""
    for part in text.removeprefix("=== ").split("\n=== "):
        name, text = part.split("\n", 1)
        macros = ""
        if text.startswith("[[ "):
            macros, text = text[3:].split(" ]]\n", 1)
        yield name, macros, text


def rows():
    """The result of a query that the context holds as `table`."""
    data = [
        {"id": 1, "name": "ann", "score": 1.5},
        {"id": 2, "name": "bob", "score": None},
        {"id": 3, "name": "ann", "score": 2.25},
    ]
    return table_from_data_flat(data, ["id", "name", "score"])


def context():
    quoting = {"database": True, "schema": True, "identifier": True}
    adapter = types.SimpleNamespace(
        Relation=DuckDBRelation, config=types.SimpleNamespace(quoting=quoting)
    )
    found = dict(BaseContext({}).to_dict())
    found["api"] = {"Relation": RelationProxy(adapter), "Column": DuckDBColumn}
    found["exceptions"] = wrapped_exports(None)
    found["table"] = rows()
    return found


def rendered(macros, text, parsing):
    names = context()
    stack = MacroStack()
    for block in extract_toplevel_blocks(macros, allowed_blocks={"macro"}, collect_raw_data=False):
        macro = types.SimpleNamespace(
            name=block.block_name,
            macro_sql=block.full_block,
            unique_id="macro.shop." + block.block_name,
            package_name="shop",
            original_file_path="macros/all.sql",
        )
        names[block.block_name] = MacroGenerator(macro, names, None, stack)
    return get_rendered(text, names, None, capture_macros=parsing)


def record(path):
    text = path.read_text()
    cases = list(named(text) if text.startswith("=== ") else lines(text))
    found = {}
    for name, macros, template in cases:
        if name in found:
            raise SystemExit(f"{path}: two cases are {name}")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                found[name] = rendered(macros, template, path.stem == "parsing")
        except Exception as error:
            found[name] = {"error": f"{type(error).__name__}: {error}"}
    target = here / "recorded" / path.parent.name / f"{path.stem}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


for folder in ["lines", "templates", "errors"]:
    for path in sorted((here / folder).glob("*.jinja")):
        record(path)
