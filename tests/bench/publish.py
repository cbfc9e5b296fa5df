#!/usr/bin/env python3
"""Puts what a benchmark printed into a document, between `<!-- NAME -->` and `<!-- /NAME -->`.

usage: publish.py NAME DOCUMENT < RESULT
"""
import pathlib
import sys


def main():
    name, document = sys.argv[1], pathlib.Path(sys.argv[2])
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    text = document.read_text()
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        sys.exit(f"{document} has no place '{begin.strip()}' to '{end}'")
    document.write_text(f"{before}{begin}\n{sys.stdin.read().strip()}\n\n{end}{after}")


if __name__ == "__main__":
    main()
