"""Writes expected.json: what dbt's own Jinja makes of each case in cases.jinja.

Run it with a Python that has dbt-core: python expected.py
"""

import json
import pathlib
import types
from argparse import Namespace

from dbt.clients.jinja import MacroGenerator, MacroStack, get_rendered
from dbt.context.base import BaseContext
from dbt.flags import set_from_args
from dbt_common.clients.jinja import extract_toplevel_blocks

set_from_args(Namespace(show_all_deprecations=False, warn_error=False), None)
here = pathlib.Path(__file__).parent


def cases():
    for part in (here / "cases.jinja").read_text().split("=== ")[1:]:
        name, text = part.split("\n", 1)
        macros = ""
        if text.startswith("[[ "):
            macros, text = text[3:].split(" ]]\n", 1)
        yield name, macros, text


def rendered(macros, text):
    context = dict(BaseContext({}).to_dict())
    stack = MacroStack()
    for block in extract_toplevel_blocks(macros, allowed_blocks={"macro"}, collect_raw_data=False):
        macro = types.SimpleNamespace(
            name=block.block_name,
            macro_sql=block.full_block,
            unique_id="macro.shop." + block.block_name,
            package_name="shop",
            original_file_path="macros/all.sql",
        )
        context[block.block_name] = MacroGenerator(macro, context, None, stack)
    return get_rendered(text, context)


expected = {}
for name, macros, text in cases():
    if name in expected:
        raise SystemExit(f"two cases are named {name}")
    try:
        expected[name] = {"text": rendered(macros, text)}
    except Exception as error:
        expected[name] = {"error": str(error)}
(here / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
