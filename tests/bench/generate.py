#!/usr/bin/env python3
"""Synthetic, runnable dbt project generator (standard library only).

  generate.py --models N --out DIR [--profile duckdb|postgres] [--rows 1000] [--seed 7] [--load]

Layout of the result:
  20 % staging (1:1 on a source table), 50 % intermediate (1-3 refs, 4 levels), 30 % marts (1-3 refs)
  one .yml per ~20 models (description + every column described + unique/not_null on the key,
  every 10th model a relationships test, every 7th an accepted_values test): ~2.2 tests a model
  5 macros, of which every model calls at least 3; var(), env_var(), config() in every model
  3 seeds, N/500 snapshots, N/100 exposures, N/100 singular tests, doc blocks, 1 macro-argument doc
  load_raw.sql creates the raw tables (same text for DuckDB and PostgreSQL); --load runs it on DuckDB
  (needs the duckdb module of the python that runs this).
Every model keeps the key `id` = 1..rows, so joins stay 1:1 and all tests pass.
"""
import argparse, os, random, shutil, sys

DOMAINS = ["billing", "crm", "product", "marketing", "finance", "support", "logistics", "hr", "web", "partners"]
ENTITIES = ["orders", "customers", "payments", "invoices", "sessions", "events", "tickets", "shipments", "refunds",
            "subscriptions", "plans", "accounts", "contacts", "leads", "campaigns", "clicks", "employees", "contracts",
            "warehouses", "returns"]
COLS = [("id", "Surrogate key, unique in this model"), ("customer_id", "Customer the row belongs to"),
        ("name", "Display name, trimmed and lower-cased"), ("status", "One of new, open, paid, closed"),
        ("amount", "Amount in the account currency"), ("amount_usd", "Amount converted to US dollars"),
        ("quantity", "Number of units"), ("country_code", "ISO country code"),
        ("created_at", "When the row was made in the source system"), ("updated_at", "Last change in the source system")]
CNAMES = [c for c, _ in COLS]


def w(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--models", type=int, required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--profile", default="duckdb", choices=["duckdb", "postgres"])
    ap.add_argument("--rows", type=int, default=1000)
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--pg-port", type=int, default=55441)
    ap.add_argument("--no-ephemeral", action="store_true", help="views where the project would have ephemeral models (for sqlmesh)")
    ap.add_argument("--load", action="store_true", help="build the raw tables in DIR/dev.duckdb")
    a = ap.parse_args()
    rnd = random.Random(a.seed)
    N, out = a.models, a.out
    if os.path.exists(out):
        shutil.rmtree(out)
    n_stg, n_int = round(N * .2), round(N * .5)
    n_mart = N - n_stg - n_int

    w(f"{out}/dbt_project.yml", """name: synth
version: '1.0.0'
config-version: 2
profile: synth
model-paths: [models]
seed-paths: [seeds]
test-paths: [tests]
snapshot-paths: [snapshots]
macro-paths: [macros]
clean-targets: [target, dbt_packages]
vars:
  start_date: '2020-01-01'
  min_quantity: 0
  usd_rate: 1.1
models:
  synth:
    +persist_docs: {relation: false, columns: false}
    staging: {+materialized: view, +tags: [staging]}
    intermediate: {+materialized: view, +tags: [intermediate]}
    marts: {+materialized: table, +tags: [marts]}
seeds:
  synth: {+quote_columns: false}
flags:
  send_anonymous_usage_stats: false
""")
    w(f"{out}/profiles.yml", f"""synth:
  target: {'duck' if a.profile == 'duckdb' else 'pg'}
  outputs:
    duck:
      type: duckdb
      path: dev.duckdb
      threads: 4
    pg:
      type: postgres
      host: 127.0.0.1
      port: {a.pg_port}
      user: h1
      password: h1
      dbname: synth{N}
      schema: main
      threads: 4
""")
    w(f"{out}/.gitignore", "target/\nlogs/\ndbt_packages/\n*.duckdb\n")
    w(f"{out}/macros/money.sql", """{% macro cents_to_dollars(column_name, scale=2) -%}
  cast({{ column_name }} / 100.0 as decimal(18, {{ scale }}))
{%- endmacro %}

{% macro to_usd(column_name) -%}
  cast({{ column_name }} * {{ var('usd_rate') }} as decimal(18, 2))
{%- endmacro %}
""")
    w(f"{out}/macros/text.sql", """{% macro clean_string(column_name) -%}
  lower(trim({{ column_name }}))
{%- endmacro %}
""")
    w(f"{out}/macros/columns.sql", """{% macro standard_columns(alias, exclude=[]) -%}
  {%- set cols = ['id', 'customer_id', 'name', 'status', 'amount', 'amount_usd', 'quantity', 'country_code', 'created_at', 'updated_at'] -%}
  {%- for c in cols if c not in exclude %}
    {{ alias }}.{{ c }}{{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
""")
    w(f"{out}/macros/filters.sql", """{% macro recent_only(column_name) -%}
  {{ column_name }} >= cast('{{ var("start_date") }}' as date)
  {%- if target.name == 'dev' %} and {{ column_name }} <= current_date{% endif %}
{%- endmacro %}
""")
    w(f"{out}/macros/macros.yml", """version: 2
macros:
  - name: cents_to_dollars
    description: Turns an integer number of cents into dollars.
    arguments:
      - {name: column_name, type: string, description: The column in cents}
      - {name: scale, type: integer, description: Digits after the point}
""")
    w(f"{out}/models/docs.md", "\n".join(
        f"{{% docs {c} %}}\n{d}. Documented once as a *doc block* and reused in every model of the project.\n\n"
        f"| property | value |\n|---|---|\n| owner | data team |\n{{% enddocs %}}\n" for c, d in COLS))
    w(f"{out}/seeds/country_codes.csv", "country_code,country_name\n" + "".join(
        f"{c},{n}\n" for c, n in [("us", "United States"), ("gb", "United Kingdom"), ("de", "Germany"), ("fr", "France"), ("cn", "China")]))
    w(f"{out}/seeds/statuses.csv", "status,is_open\nnew,1\nopen,1\npaid,0\nclosed,0\n")
    w(f"{out}/seeds/rates.csv", "currency,rate\nusd,1.0\neur,1.1\ngbp,1.3\n")
    w(f"{out}/seeds/seeds.yml", "version: 2\nseeds:\n" + "".join(
        f"  - name: {n}\n    description: Static mapping of {n}\n    columns:\n      - name: {c}\n        description: Key\n        data_tests: [unique, not_null]\n"
        for n, c in [("country_codes", "country_code"), ("statuses", "status"), ("rates", "currency")]))

    yml = {}                                   # folder -> list of model yaml blocks

    def add_yaml(folder, i, name, what, extra=""):
        cols = []
        for c, d in COLS:
            desc = f'"{{{{ doc(\'{c}\') }}}}"' if c in ("customer_id", "country_code") else f"{d}."
            t = ""
            if c == "id":
                t = "        data_tests: [unique, not_null]\n"
            elif c == "customer_id" and i % 10 == 0:
                t = ("        data_tests:\n          - relationships:\n              arguments: {to: ref('%s'), field: id}\n" % first_stg)
            elif c == "status" and i % 7 == 0:
                t = "        data_tests:\n          - accepted_values:\n              arguments: {values: [new, open, paid, closed]}\n"
            cols.append(f"      - name: {c}\n        description: {desc}\n{t}")
        yml.setdefault(folder, []).append(
            f"  - name: {name}\n    description: >\n      {what} This model has one row per id and is kept fresh by the nightly job;\n"
            f"      see the runbook for the owner and for the rules that the columns follow.\n"
            f"    config:\n      meta: {{owner: team_{i % 8}, tier: {1 + i % 3}}}\n{extra}    columns:\n" + "".join(cols))

    # ---- sources + staging
    stg, src, first_stg = [], {}, None
    raw_sql = ["create schema if not exists raw;"]
    for i in range(n_stg):
        dom, ent = DOMAINS[i % len(DOMAINS)], ENTITIES[(i // len(DOMAINS)) % len(ENTITIES)]
        table = f"{dom}_{ent}_{i:05d}"
        name = f"stg_{dom}__{ent}_{i:05d}"
        first_stg = first_stg or name
        src.setdefault(dom, []).append((table, i))
        raw_sql.append(
            f"create table if not exists raw.{table} as select i as id, 1 + (i * 7) % {a.rows} as customer_id, "
            f"' Name ' || i as name, case i % 4 when 0 then 'new' when 1 then 'open' when 2 then 'paid' else 'closed' end as status, "
            f"(i * 37) % 100000 as amount_cents, i % 9 as quantity, case i % 3 when 0 then 'us' when 1 then 'gb' else 'de' end as country_code, "
            f"timestamp '2024-01-01 00:00:00' + (i * interval '1 hour') as created_at, "
            f"timestamp '2024-06-01 00:00:00' + (i * interval '1 hour') as updated_at "
            f"from generate_series(1, {a.rows}) as t(i);")
        w(f"{out}/models/staging/{dom}/{name}.sql", f"""{{{{ config(materialized='view', tags=['{dom}', 'daily']) }}}}

with source as (

    select * from {{{{ source('{dom}', '{table}') }}}}

),

renamed as (

    select
        id,
        customer_id,
        {{{{ clean_string('name') }}}} as name,
        status,
        {{{{ cents_to_dollars('amount_cents') }}}} as amount,
        {{{{ to_usd('amount_cents / 100.0') }}}} as amount_usd,
        quantity,
        country_code,
        created_at,
        updated_at
    from source
    where {{{{ recent_only('created_at') }}}}
      and quantity >= {{{{ var('min_quantity', 0) }}}}

)

select * from renamed
""")
        add_yaml(f"staging/{dom}", i, name, f"Cleaned {ent} of the {dom} system.")
        stg.append(name)
    for dom, tabs in src.items():
        w(f"{out}/models/staging/{dom}/_{dom}__sources.yml", f"version: 2\nsources:\n  - name: {dom}\n    schema: raw\n"
          f"    description: Tables replicated from the {dom} system\n    tables:\n" + "".join(
              f"      - name: {t}\n        description: Raw {t}, loaded hourly\n        config:\n          loaded_at_field: updated_at\n"
              f"          freshness: {{warn_after: {{count: 400000, period: hour}}, error_after: {{count: 800000, period: hour}}}}\n"
              f"        columns:\n          - name: id\n            description: Primary key\n"
              + ("            data_tests: [unique, not_null]\n" if i % 5 == 0 else "") for t, i in tabs))

    def body(refs, agg):
        ctes = "".join(f"{'with ' if k == 0 else ''}{chr(97 + k)} as (\n\n    select * from {{{{ ref('{r}') }}}}\n\n),\n\n" for k, r in enumerate(refs))
        joins = "".join(f"    left join {chr(97 + k)} on a.id = {chr(97 + k)}.id\n" for k in range(1, len(refs)))
        derived = "".join(f",\n        coalesce({chr(97 + k)}.quantity, 0) as quantity_{chr(97 + k)}" for k in range(1, len(refs)))
        flag = "{{ 'true' if var('min_quantity') == 0 else 'false' }}"
        return (f"{ctes}joined as (\n\n    select\n        {{{{ standard_columns('a', exclude=['name', 'amount_usd']) }}}},\n"
                f"        {{{{ clean_string('a.name') }}}} as name,\n        {{{{ to_usd('a.amount') }}}} as amount_usd,\n"
                f"        case when a.status in ('new', 'open') then 1 else 0 end as is_open,\n        {flag} as all_quantities{derived}\n"
                f"    from a\n{joins}    where {{{{ recent_only('a.created_at') }}}}\n\n)" + agg)

    # ---- intermediate: 4 levels; odd levels are tables so that views do not nest deeply
    levels, ints = [stg], []
    per = [n_int // 4 + (1 if k < n_int % 4 else 0) for k in range(4)]
    i = n_stg
    for lv, cnt in enumerate(per):
        cur = []
        for _ in range(cnt):
            dom, ent = DOMAINS[i % len(DOMAINS)], ENTITIES[(i // len(DOMAINS)) % len(ENTITIES)]
            name = f"int_{dom}__{ent}_l{lv + 1}_{i:05d}"
            refs = [rnd.choice(levels[-1])]
            for _k in range(rnd.choice([0, 1, 1, 2])):
                c = rnd.choice(levels[rnd.randrange(len(levels))])
                if c not in refs:
                    refs.append(c)
            mat = "table" if lv % 2 else ("ephemeral" if i % 20 == 3 and not a.no_ephemeral else "view")
            w(f"{out}/models/intermediate/{dom}/{name}.sql",
              f"{{{{ config(materialized='{mat}', tags=['{dom}', 'level{lv + 1}']) }}}}\n\n" + body(refs, "\n\nselect * from joined\n"))
            add_yaml(f"intermediate/{dom}", i, name, f"Intermediate step {lv + 1} for {ent} in {dom}.")
            cur.append(name)
            i += 1
        if cur:
            levels.append(cur)
            ints += cur
    # ---- marts
    marts = []
    for k in range(n_mart):
        dom, ent = DOMAINS[i % len(DOMAINS)], ENTITIES[(i // len(DOMAINS)) % len(ENTITIES)]
        name = f"{'dim' if k % 3 == 0 else 'fct'}_{dom}__{ent}_{i:05d}"
        pool = ints or stg
        refs = []
        for _k in range(rnd.choice([1, 2, 2, 3])):
            c = rnd.choice(levels[-1] if rnd.random() < .5 else pool)
            if c not in refs:
                refs.append(c)
        inc = k % 5 == 4
        cfg = ("materialized='incremental', unique_key='id', on_schema_change='append_new_columns'" if inc else "materialized='table'")
        agg = "\n\nselect * from joined\n"
        if inc:
            agg += "{% if is_incremental() %}\nwhere updated_at > (select max(updated_at) from {{ this }})\n{% endif %}\n"
        w(f"{out}/models/marts/{dom}/{name}.sql", f"{{{{ config({cfg}, tags=['{dom}', 'bi']) }}}}\n\n-- environment: {{{{ env_var('SYNTH_ENV', 'local') }}}}\n" + body(refs, agg))
        add_yaml(f"marts/{dom}", i, name, f"Mart of {ent} for the {dom} team.")
        marts.append(name)
        i += 1
    for folder, blocks in yml.items():
        for k in range(0, len(blocks), 20):
            w(f"{out}/models/{folder}/_{folder.replace('/', '_')}_{k // 20}.yml", "version: 2\nmodels:\n" + "\n".join(blocks[k:k + 20]))
    for k in range(max(1, N // 100)):
        m = rnd.choice(marts)
        w(f"{out}/tests/assert_amount_not_negative_{k:03d}.sql", f"select * from {{{{ ref('{m}') }}}} where amount < 0\n")
    w(f"{out}/snapshots/snapshots.yml", "snapshots:\n" + "".join(
        f"  - name: snap_{k:03d}\n    relation: ref('{rnd.choice(stg)}')\n    config: {{schema: snapshots, unique_key: id, strategy: timestamp, updated_at: updated_at}}\n"
        for k in range(max(1, N // 500))))
    w(f"{out}/models/marts/_exposures.yml", "version: 2\nexposures:\n" + "".join(
        f"  - name: dashboard_{k:03d}\n    label: Dashboard {k}\n    type: dashboard\n    maturity: high\n    url: https://bi.example.com/{k}\n"
        f"    description: Weekly dashboard number {k}\n    depends_on: [{', '.join(chr(34) + 'ref(' + chr(39) + m + chr(39) + ')' + chr(34) for m in rnd.sample(marts, min(3, len(marts))))}]\n"
        f"    owner: {{name: Analyst {k}, email: a{k}@example.com}}\n" for k in range(max(1, N // 100))))
    w(f"{out}/load_raw.sql", "\n".join(raw_sql) + "\n")
    if a.load:
        import duckdb
        con = duckdb.connect(f"{out}/dev.duckdb")
        con.execute("begin")
        for s in raw_sql:
            con.execute(s)
        con.execute("commit")
        con.close()
    print(f"{out}: {n_stg} staging + {n_int} intermediate + {n_mart} marts, {n_stg} source tables")


if __name__ == "__main__":
    main()
