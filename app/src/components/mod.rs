//! Parts that draw, one per file.

pub mod badge;
pub mod code_block;
pub mod code_pair;
pub mod detail_table;
pub mod editor;
pub mod graph;
pub mod icon;
pub mod markdown_view;
pub mod offer;
pub mod run_dialog;
pub mod search_box;
pub mod selector_input;
pub mod side;
pub mod state_view;
pub mod tabs;
pub mod test_line;
pub mod toast;
pub mod top_bar;
pub mod tree_view;
pub mod trouble;
pub mod when;
