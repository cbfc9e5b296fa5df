"""Runs the test classes of dbt's adapters against Refract.

A pytest plugin (`-p shim`). The classes stay as published; of dbt it replaces one thing, the object that runs a
command in this process (`dbt.cli.main.dbtRunner`), by one that calls the `refract` binary. What a class prepares and
checks by SQL still goes through dbt's own adapter, so that it sees what stands in the warehouse, not what Refract
says of it.
"""

from io import StringIO
from pathlib import Path

import dbt.cli.main
import dbt.tests.adapter.basic.expected_catalog
import dbt.tests.util
import pytest

from shim import expected, runner, statistics

dbt.cli.main.dbtRunner = runner.Refract
dbt.tests.util.dbtRunner = runner.Refract


def run_dbt_and_capture(args=None, expect_pass=True):
    """Does what dbt's function of this name does: gives what the command returned, and what it printed."""
    with runner.printed_to(StringIO()) as printed:
        result = dbt.tests.util.run_dbt(args, expect_pass=expect_pass)
    return result, printed.getvalue()


dbt.tests.util.run_dbt_and_capture = run_dbt_and_capture
dbt.tests.adapter.basic.expected_catalog.no_stats = statistics.Any


def pytest_addoption(parser):
    parser.addoption("--suite", required=True, help="name of the suite in expected.txt")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Marks what is not expected to pass: pytest then fails a test that newly fails, and one that newly passes."""
    reasons = expected.read(Path(__file__).parent.parent / "expected.txt", config.getoption("--suite"))
    for item in items:
        reason = reasons.get(item.nodeid) or reasons.get(item.nodeid.rpartition("::")[0])
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=not reason.startswith("sometimes")))
