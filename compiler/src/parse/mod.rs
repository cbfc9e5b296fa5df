//! Parsing project files into unresolved nodes.
