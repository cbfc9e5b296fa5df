#!/usr/bin/env python3
"""Times reading a project: Refract, dbt 1.12 and dbt v2 on the same generated projects, in one run.

usage: parse.py --refract BIN --dbt BIN --dbt-v2 BIN --folder DIR [--repeat N]

Prints a table of processor seconds (user and system, of all processes), wall seconds and peak memory, and how Refract
stands against each limit that it has set itself. Each command runs N times; the least processor time counts, since
noise only ever adds.
"""
import argparse
import pathlib
import subprocess
import sys

from measure import judge, measure, put_aside, row, sweep, turns

HERE = pathlib.Path(__file__).parent


def commands(binary, tool, model):
    """The compared commands of one tool, by what they are called in the table."""
    fresh = [] if tool == "refract" else ["--no-partial-parse"]
    return {
        "parse": [binary, "parse", *fresh],
        f"ls --select +{model}": [binary, "ls", *fresh, "--select", f"+{model}", "--quiet"],
        f"compile --select {model}": [binary, "compile", *fresh, "--select", model],
    }


def generate(folder, models):
    """A project of that many models, its raw tables loaded with `refract` where it is to be compiled."""
    project = folder / f"models-{models}"
    if not project.is_dir():
        subprocess.run(
            [sys.executable, HERE / "generate.py", "--models", str(models), "--out", project],
            check=True, stdout=subprocess.DEVNULL,
        )
    return project


def main():
    parser = argparse.ArgumentParser()
    for tool in ("refract", "dbt", "dbt-v2"):
        parser.add_argument(f"--{tool}", required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    tools = {"refract": options.refract, "dbt v2": options.dbt_v2, "dbt 1.12": options.dbt}
    small, large = generate(options.folder, 1000), generate(options.folder, 10000)
    model = next(path.stem for path in sorted((small / "models").rglob("*.sql")) if "mart" in str(path))
    best = {}
    for turn, names in turns(list(tools), options.repeat):
        for tool in names:
            if tool == "dbt 1.12" and turn > 0:
                continue  # a minute each time; once is enough for a ratio of sixty
            for label, command in commands(tools[tool], tool, model).items():
                put_aside(small / "target")
                found = measure(command, small)
                key = (label, tool)
                best[key] = min(best.get(key, found), found)
        put_aside(large / "target")
        found = measure([tools["refract"], "parse"], large)
        best["large"] = min(best.get("large", found), found)
    sweep(small)
    sweep(large)

    print(row(["1,000 models, nothing cached", *tools]))
    print("|---|" + "---|" * len(tools))
    for label in commands("", "refract", model):
        cells = []
        for tool in tools:
            processor, wall, peak = best[(label, tool)]
            cells.append(f"{processor:.2f} s ({wall:.2f} s wall), {peak:.0f} MiB")
        print(row([f"`{label}`", *cells]))
    processor, wall, peak = best["large"]
    print(f"\n10,000 models, `parse`: {processor:.2f} s ({wall:.2f} s wall), {peak:.0f} MiB\n")

    own, second, first = (best[("parse", tool)] for tool in tools)
    limits = [
        ("parse, processor time against dbt v2", own[0] / second[0], 1 / 10),
        ("parse, processor time against dbt 1.12", own[0] / first[0], 1 / 60),
        ("parse, peak memory against dbt v2", own[2] / second[2], 1 / 2),
        ("parse, 10,000 models against 1,000", processor / own[0], 10.5),
    ]
    for label in list(commands("", "refract", model))[1:]:
        limits.append((f"{label}, processor time against dbt v2", best[(label, "refract")][0] / best[(label, "dbt v2")][0], 1 / 10))
        limits.append((f"{label}, processor time against dbt 1.12", best[(label, "refract")][0] / best[(label, "dbt 1.12")][0], 1 / 60))
    judge(limits)


if __name__ == "__main__":
    main()
