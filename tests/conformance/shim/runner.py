"""Calls the `refract` binary in place of dbt, and gives back what dbt's programmatic interface would."""

import os
import subprocess
from contextlib import contextmanager

from dbt.adapters.factory import FACTORY
from dbt.cli.exceptions import DbtUsageException
from dbt.cli.main import dbtRunnerResult
from dbt.exceptions import ParsingError
from dbt_common.exceptions import CompilationError, DbtDatabaseError

from shim import artifacts

BINARY = os.environ["REFRACT_BINARY"]
SECONDS = 120

_printed = []


@contextmanager
def printed_to(stream):
    """Writes what Refract prints to `stream` too."""
    _printed.append(stream)
    try:
        yield stream
    finally:
        _printed.pop()


class Refused(CompilationError, ParsingError, DbtDatabaseError, DbtUsageException):
    """What dbt would have thrown. Refract tells by its exit code that it stopped, and by its words why, not at which
    stage."""

    def __init__(self, message):
        super().__init__(message)


class Refract:
    """Stands in for `dbt.cli.main.dbtRunner`."""

    def __init__(self, manifest=None, callbacks=None):
        if callbacks:
            raise NotImplementedError("Refract has no events of dbt's Python interface")

    def invoke(self, args, **kwargs):
        args = [str(arg) for arg in args] + flags(kwargs)
        release_warehouse()
        before = artifacts.Target(args)
        done = subprocess.run(
            [BINARY, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS
        )
        print(done.stdout)
        for stream in _printed:
            stream.write(done.stdout)
        exception = Refused(done.stdout) if done.returncode == 2 else None
        result = None if exception else artifacts.result(args, done.stdout, before)
        return dbtRunnerResult(success=done.returncode == 0, exception=exception, result=result)


def flags(settings):
    """Gives keyword arguments of dbt's interface as words of a command line: `fail_fast=True` is `--fail-fast`."""
    words = []
    for name, value in settings.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            words.append(option)
        elif isinstance(value, (list, tuple)):
            words += [option, *value]
        elif value is not None and value is not False:
            words += [option, str(value)]
    return words


def release_warehouse():
    """Ends the connections of this process: DuckDB's file has one writer, and an open transaction holds locks."""
    FACTORY.cleanup_connections()
    for adapter in FACTORY.adapters.values():
        environment = getattr(adapter.connections, "_ENV", None)
        if environment is not None:
            environment.close()
            type(adapter.connections)._ENV = None
