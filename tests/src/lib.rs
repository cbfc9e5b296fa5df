//! Helpers that the suites share: the binary under test, temporary projects, redactions.
