import pandas


def helper(x):
    return x


def model(dbt, session):
    dbt.config(materialized="incremental", packages=["numpy", "pandas==1.0"], tags=["py"], submission_method="x")
    base = dbt.ref("base")
    other = dbt.ref("python_models", "versioned", v=1)
    src = dbt.source("s", "t")
    if dbt.is_incremental:
        limit = dbt.config.get("limit", 3)
    name = dbt.config.get("custom")
    return base
