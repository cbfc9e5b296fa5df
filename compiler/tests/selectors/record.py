"""Asks dbt which names each selection gives, and writes down what the Rust tests compare with.

Usage: python record.py   (with dbt-core and dbt-duckdb installed; writes cases.json and two manifests)

The project beside this file is copied, parsed once as it is (`before.json`), changed a little and parsed again
(`manifest.json`), so that `state:` has something to find.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from dbt.cli.main import dbtRunner

HERE = Path(__file__).parent

SELECTIONS = """
stg_orders
stg_*
*orders*
fct_orders stg_customers
shop.staging
staging
staging.web
shop.staging.*
shop.*
staging.stg_orders
marts.dim_customers
dim_customers
dim_customers.v1
dim_customers_v2
dim_customers.*
nothing_of_this_name
fqn:stg_orders
fqn:*
+fct_orders
fct_orders+
+fct_orders+
1+fct_orders
2+fct_orders
0+fct_orders
stg_customers+1
stg_customers+2
1+int_visits+1
@stg_orders
@stg_events
@dim_customers
tag:staging
tag:nightly
tag:n*
tag:pii
tag:pii+
tag:static
tag:keys
tag:slow
tag:weekly
+tag:weekly
tag:staging,stg_orders
tag:staging,config.materialized:view
tag:staging+,tag:marts
stg_orders+,+fct_orders
tag:staging tag:static
source:raw
source:raw.orders
source:raw.*
source:shop.web.events
source:*
source:raw+
source:web+1
+exposure:churn
exposure:*
exposure:sales_board
exposure:shop.churn
+exposure:sales_board,resource_type:source
resource_type:model
resource_type:source
resource_type:test
resource_type:unit_test
resource_type:exposure
resource_type:seed
resource_type:snapshot
resource_type:analysis
resource_type:model,tag:marts
path:models/staging
path:models/staging/
path:models/staging/stg_orders.sql
path:models/staging/_staging.yml
path:models/*/stg_orders.sql
path:models/**/*.sql
path:models/m*
path:seeds
path:tests
models/marts
models/staging/web/stg_events.sql
file:stg_orders.sql
file:stg_orders
file:stg_*
file:countries.csv
stg_events.sql
package:shop
package:helpers
package:this
package:h*
config.materialized:table
config.materialized:ephemeral
config.materialized:incremental
config.severity:warn
config.severity:WARN
config.meta.owner:ingest
config.meta.owner:finance
config.meta.tier:1
config.meta.contact.channel:orders
config.tags:nightly
config.enabled:true
config.group:finance
config.nothing:true
group:finance
group:f*
access:public
access:protected
access:private
version:latest
version:old
version:prerelease
version:none
test_type:generic
test_type:singular
test_type:data
test_type:unit
test_type:schema
test_name:unique
test_name:not_*
test_name:relationships
test_name:orders_are_joined
unit_test:*
unit_test:orders_are_joined
unit_test:shop.orders_are_joined
assert_totals
unique_stg_orders_id
stg_orders,test_type:generic
stg_orders,test_name:unique
fct_orders,test_type:singular
state:new
state:old
state:modified
state:unmodified
state:modified.body
state:modified.configs
state:modified.macros
state:modified.relation
state:modified.contract
state:modified+
state:modified,tag:staging
state:new state:modified.body
""".strip().splitlines()

EXCLUDES = [
    ("", "tag:staging"),
    ("", "fct_orders+"),
    ("+fct_orders", "stg_customers"),
    ("+fct_orders", "source:raw resource_type:seed"),
    ("tag:nightly", "tag:nightly,config.materialized:table"),
    ("fct_orders", "test_name:unique"),
    ("staging", "resource_type:test"),
    ("package:shop", "package:shop"),
    ("@stg_orders", "@stg_events"),
    ("*", "no_such_thing"),
]

INDIRECT = [
    "stg_orders",
    "stg_customers",
    "stg_orders stg_customers",
    "fct_orders",
    "+fct_orders",
    "tag:staging,stg_orders",
    "fct_orders+,tag:nightly",
    "source:raw+1",
    "dim_customers",
]


def kept(manifest):
    """The parts that selection looks at: without dbt's own macros, docs and what was compiled."""
    own = ("macro.shop.", "macro.helpers.")
    slim = {"metadata": {k: manifest["metadata"][k] for k in ("project_name", "adapter_type", "dbt_schema_version")}}
    for key in ("nodes", "sources", "exposures", "unit_tests", "groups"):
        slim[key] = {}
        for name, item in manifest[key].items():
            drop = {"created_at", "compiled_path", "build_path", "root_path", "extra_ctes", "doc_blocks", "loader"}
            if key == "nodes":
                drop |= {"refs", "sources", "metrics", "functions"}
            slim[key][name] = {
                k: v for k, v in item.items() if k not in drop and v not in (None, [], {}, "")
            }
    slim["macros"] = {k: {f: v[f] for f in ("name", "package_name", "unique_id", "macro_sql", "depends_on")}
                      for k, v in manifest["macros"].items() if k.startswith(own)}
    return slim


def change(project):
    """What `state:` is to find: a new model, another body, another configuration, another macro."""
    (project / "models/staging/stg_returns.sql").write_text("select 1 as id from {{ ref('stg_orders') }}\n")
    path = project / "models/marts/dim_customers_v1.sql"
    path.write_text(path.read_text().replace("id, name", "id, upper(name) as name"))
    path = project / "models/staging/web/stg_events.sql"
    path.write_text("{{ config(materialized='table', alias='events') }}\n" + path.read_text())
    path = project / "macros/cents.sql"
    path.write_text(path.read_text().replace("100.0", "100"))
    path = project / "seeds/countries.csv"
    path.write_text(path.read_text() + "fr\n")


def main():
    work = Path(tempfile.mkdtemp())
    project = work / "project"
    shutil.copytree(HERE / "project", project)
    os.chdir(project)
    common = ["--project-dir", str(project), "--profiles-dir", str(project), "--quiet"]
    assert dbtRunner().invoke(["deps", *common]).success
    assert dbtRunner().invoke(["parse", *common]).success
    state = work / "state"
    state.mkdir()
    shutil.copy(project / "target/manifest.json", state / "manifest.json")
    (HERE / "before.json").write_text(json.dumps(kept(json.load(open(state / "manifest.json"))), indent=0) + "\n")
    change(project)
    parsed = dbtRunner().invoke(["parse", *common])
    assert parsed.success
    manifest = json.load(open(project / "target/manifest.json"))
    (HERE / "manifest.json").write_text(json.dumps(kept(manifest), indent=0) + "\n")

    def ls(arguments):
        runner = dbtRunner(manifest=parsed.result)
        answer = runner.invoke(["ls", *common, "--state", str(state), "--output", "json",
                                "--output-keys", "unique_id", *arguments])
        if not answer.success:
            return {"error": True}
        return {"ids": sorted(json.loads(line)["unique_id"] for line in answer.result)}

    cases = []
    for select in SELECTIONS:
        types = ["--resource-type", "all"] if "analysis" in select else []
        cases.append({"select": select, "all": bool(types), **ls(["--select", select, *types])})
    for select, exclude in EXCLUDES:
        words = ["--select", select] if select else []
        cases.append({"select": select, "exclude": exclude, **ls([*words, "--exclude", exclude])})
    for select in INDIRECT:
        for way in ("eager", "cautious", "buildable", "empty"):
            answer = ls(["--select", select, "--indirect-selection", way])
            cases.append({"select": select, "indirect": way, **answer})
    for name in ("staging_only", "nightly_without_versions", "strict", "both", "at_orders", "tier_one", "less"):
        cases.append({"selector": name, **ls(["--selector", name])})
    import yaml

    selectors = yaml.safe_load((project / "selectors.yml").read_text())["selectors"]
    text = json.dumps({"selectors": selectors, "cases": cases}, indent=0)
    (HERE / "cases.json").write_text(text + "\n")
    print(len(cases), "cases", file=sys.stderr)


main()
