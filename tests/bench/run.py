#!/usr/bin/env python3
"""Times a run of 1,000 models on DuckDB with 4 threads: Refract, the same compiled statements without any engine, dbt v2
and dbt 1.12, in one go, on the same DuckDB library.

usage: run.py --refract BIN --statements BIN --dbt BIN --dbt-v2 BIN --folder DIR [--models N] [--repeat N]

Each round starts from the same copy of the warehouse. The least wall time of N rounds counts. dbt 1.12 runs once.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys

from measure import judge, measure, put_aside, row, sweep, turns

HERE = pathlib.Path(__file__).parent


def prepare(options):
    """The project, with its raw tables and seeds in `pristine.duckdb` and its compiled statements in `manifest.json`."""
    project = options.folder / f"run-{options.models}"
    shutil.rmtree(project, ignore_errors=True)
    subprocess.run(
        [sys.executable, HERE / "generate.py", "--models", str(options.models), "--out", project, "--load"],
        check=True, stdout=subprocess.DEVNULL,
    )
    for command in ("seed", "compile"):
        measure([options.refract, command], project)
    shutil.copy(project / "dev.duckdb", project / "pristine.duckdb")
    shutil.copy(project / "target" / "manifest.json", project / "manifest.json")
    return project


def main():
    parser = argparse.ArgumentParser()
    for tool in ("refract", "statements", "dbt", "dbt-v2"):
        parser.add_argument(f"--{tool}", required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    project = prepare(options)
    run = ["run", "--threads", "4", "--quiet"]
    commands = {
        "refract": [options.refract, *run],
        "statements only": [options.statements, "manifest.json", "dev.duckdb", "4"],
        "dbt v2": [options.dbt_v2, *run, "--no-partial-parse"],
        "dbt 1.12": [options.dbt, *run, "--no-partial-parse"],
    }
    best = {}
    for turn, names in turns(list(commands), options.repeat):
        for name in names:
            if name == "dbt 1.12" and turn > 0:
                continue  # minutes each time
            put_aside(project / "target")
            for left in project.glob("dev.duckdb*"):
                left.unlink()
            shutil.copy(project / "pristine.duckdb", project / "dev.duckdb")
            found = measure(commands[name], project)
            best[name] = min(best.get(name, found), found, key=lambda it: it[1])
    sweep(project)

    print(row([f"`run --threads 4`, {options.models:,} models, DuckDB", "wall", "processor", "peak memory"]))
    print("|---|---|---|---|")
    for name, (processor, wall, peak) in best.items():
        print(row([name, f"{wall:.2f} s", f"{processor:.2f} s", f"{peak:.0f} MiB"]))
    print()
    own = best["refract"]
    judge([
        ("run, wall time against the statements alone", own[1] / best["statements only"][1], 1.3),
        ("run, wall time against dbt v2", own[1] / best["dbt v2"][1], 1),
        ("run, wall time against dbt 1.12", own[1] / best["dbt 1.12"][1], 1),
        ("run, peak memory against dbt v2", own[2] / best["dbt v2"][2], 1),
    ])


if __name__ == "__main__":
    main()
