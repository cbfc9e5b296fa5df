//! Compiling a node: from the manifest and its raw code to SQL.
