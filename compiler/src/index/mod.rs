//! The compact catalog index that the browser reads.
