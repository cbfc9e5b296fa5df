//! Parsing project files into unresolved nodes.
//!
//! | module | reads |
//! |---|---|
//! | [`project`] | `dbt_project.yml` |
//! | [`behavior`] | its behavior flags |
//! | [`profile`] | `profiles.yml` |
//! | `dbt_version` | `require-dbt-version` |
//! | [`packages`] | `packages.yml`, `dependencies.yml`, the folder of installed packages |
//! | [`files`] | which files of a package are what |
//! | [`render`] | the strings of YAML files |
//! | [`expr`], [`template`], [`statics`] | Jinja's syntax where nothing has to run |
//! | [`test_call`] | a generic test's code with its arguments |
//! | [`python`] | values as Python prints them |

pub mod behavior;
pub(crate) mod dbt_version;
pub mod expr;
pub mod files;
pub mod packages;
pub mod profile;
pub mod profile_keys;
pub mod project;
mod project_shape;
pub mod python;
pub mod python_model;
pub mod render;
pub mod secretive;
pub mod statics;
pub mod template;
pub mod test_call;
