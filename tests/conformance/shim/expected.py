"""The list of what does not pass: `SUITE ID  # REASON`, one a line; empty lines and lines of `#` say more."""


def read(path, suite):
    """Gives {test id: reason} of one suite. An id without a method stands for every method of its class."""
    reasons = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        entry, separator, reason = line.partition("  # ")
        if not separator or not reason:
            raise ValueError(f"{path}:{number}: no reason given")
        name, _, identity = entry.partition(" ")
        if name == suite:
            reasons[identity] = reason
    return reasons
