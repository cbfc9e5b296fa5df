"""What the benchmarks share: measuring one command, and a table of limits."""
import os
import shutil
import subprocess
import sys
import time


def measure(command, folder):
    """(processor seconds, wall seconds, peak MiB) of one command, which must do well."""
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "NO_COLOR": "1"}
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output.decode(errors='replace')[-2000:]}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def put_aside(folder):
    """Renames a folder, since deleting thousands of files leaves the disk busy during the round that follows."""
    if folder.is_dir():
        folder.rename(folder.with_name(f".{folder.name}-{time.monotonic_ns()}"))


def sweep(project):
    """Deletes what rounds in this project put aside, once all are measured."""
    for left in project.glob(".target-*"):
        shutil.rmtree(left, ignore_errors=True)


def turns(names, count):
    """The names once for each turn, beginning with another each time, so that none has the quiet machine to itself."""
    for turn in range(count):
        shift = turn % len(names)
        yield turn, names[shift:] + names[:shift]


def row(cells):
    return "| " + " | ".join(cells) + " |"


def judge(limits):
    """Prints (name, ratio, limit) as a table."""
    print(row(["Limit", "Measured", "Allowed", ""]))
    print("|---|---|---|---|")
    for name, ratio, limit in limits:
        print(row([name, f"{ratio:.3g}", f"{limit:.3g}", "kept" if ratio <= limit else "**missed**"]))
