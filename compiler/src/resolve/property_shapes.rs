//! The shapes of entries of property files, as dbt 1.12's JSON schemas of them have it.
//!
//! What `config:` holds is checked where settings are put together; those of the semantic layer have a file of their own.

use super::properties::Entry;
use super::semantic::{GRAINS, shapes as semantic};
use crate::diag::Diagnostics;
use crate::yaml::shape::Shape::{
    Any, AnyCase, Bool, Date, Fields as Keys, List, Map, OneOf, OrNull, Text, Whole, Word,
};
use crate::yaml::shape::{Fields, Shape, check_fields};

/// Tells what does not fit in an entry; says whether everything did.
pub(super) fn fits(entry: &Entry, diagnostics: &mut Diagnostics) -> bool {
    let Some(fields) = of(entry.key) else {
        return true;
    };
    let name = format!("'{}' in '{}'", entry.name, entry.key);
    let place = |at| entry.place(at);
    check_fields(&name, &entry.node, entry.at, fields, &place, diagnostics)
}

/// The shape of an entry of this list; none where its reader knows better.
fn of(list: &str) -> Option<&'static Fields> {
    Some(match list {
        "models" => &MODEL,
        "seeds" | "snapshots" => &NODE,
        "analyses" | "data_tests" => &BARE,
        "macros" => &MACRO,
        "functions" => &FUNCTION,
        "sources" => &SOURCE,
        "exposures" => &EXPOSURE,
        "groups" => &GROUP,
        "unit_tests" => &UNIT_TEST,
        _ => return None,
    })
}

const TEXT_OR_NULL: Shape = OrNull(&Text);
const BOOL_OR_NULL: Shape = OrNull(&Bool);
const TEXTS: Shape = List(&Text);
const MAPPINGS: Shape = List(&Map);
const TESTS: Shape = List(&OneOf(&[Map, Text]));
/// A version's name: `2`, `1.5`, `beta`.
const VERSION: Shape = OneOf(&[Shape::Number, Text]);
const VERSIONS: Shape = OrNull(&List(&VERSION));

const DOCS: Shape = Keys(&Fields {
    keys: &[("show", Bool), ("node_color", TEXT_OR_NULL)],
    required: &[],
    closed: true,
});

const COLUMN: Fields = Fields {
    keys: &[
        ("name", OneOf(&[Text, Date])),
        ("description", Text),
        ("meta", Map),
        ("data_type", TEXT_OR_NULL),
        ("constraints", MAPPINGS),
        ("docs", DOCS),
        ("config", Map),
        ("data_tests", TESTS),
        ("tests", TESTS),
        ("quote", BOOL_OR_NULL),
        ("tags", TEXTS),
        ("granularity", OrNull(&GRAIN)),
        ("dimension", semantic::COLUMN_DIMENSION),
        ("entity", semantic::COLUMN_ENTITY),
    ],
    required: &["name"],
    closed: false,
};
/// The grain of a column of times.
const GRAIN: Shape = AnyCase(&GRAINS);
const COLUMNS: Shape = List(&Keys(&COLUMN));

const MODEL: Fields = Fields {
    keys: &[
        ("name", Text),
        ("description", Text),
        ("meta", Map),
        ("data_type", TEXT_OR_NULL),
        ("constraints", MAPPINGS),
        ("docs", DOCS),
        ("config", Map),
        ("data_tests", TESTS),
        ("tests", TESTS),
        ("columns", COLUMNS),
        ("quote_columns", BOOL_OR_NULL),
        ("access", Text),
        ("latest_version", OrNull(&VERSION)),
        ("versions", List(&Keys(&MODEL_VERSION))),
        ("semantic_model", semantic::MODEL_SETTINGS),
        ("primary_entity", TEXT_OR_NULL),
        ("agg_time_dimension", TEXT_OR_NULL),
        ("metrics", OrNull(&List(&Keys(&semantic::OWN_METRIC)))),
        ("derived_semantics", semantic::DERIVED),
        (
            "time_spine",
            OrNull(&Keys(&Fields {
                keys: &[
                    ("standard_granularity_column", Text),
                    (
                        "custom_granularities",
                        List(&Keys(&Fields {
                            keys: &[("name", Text), ("column_name", TEXT_OR_NULL)],
                            required: &["name"],
                            closed: true,
                        })),
                    ),
                ],
                required: &["standard_granularity_column"],
                closed: true,
            })),
        ),
    ],
    required: &["name"],
    closed: false,
};

const MODEL_VERSION: Fields = Fields {
    keys: &[
        ("v", VERSION),
        ("defined_in", TEXT_OR_NULL),
        ("description", Text),
        ("access", TEXT_OR_NULL),
        ("config", Map),
        ("constraints", MAPPINGS),
        ("docs", DOCS),
        ("data_tests", OrNull(&TESTS)),
        ("tests", OrNull(&TESTS)),
        (
            "columns",
            List(&OneOf(&[
                Keys(&Fields {
                    keys: &[
                        ("include", OneOf(&[Word(&["*", "all"]), TEXTS])),
                        ("exclude", TEXTS),
                    ],
                    required: &["include"],
                    closed: true,
                }),
                Keys(&COLUMN),
            ])),
        ),
        ("deprecation_date", Any),
    ],
    required: &["v"],
    closed: false,
};

/// Seeds and snapshots.
const NODE: Fields = Fields {
    keys: &[
        ("name", Text),
        ("description", Text),
        ("meta", Map),
        ("constraints", MAPPINGS),
        ("docs", DOCS),
        ("config", Map),
        ("data_tests", TESTS),
        ("tests", TESTS),
        ("columns", COLUMNS),
        ("quote_columns", BOOL_OR_NULL),
    ],
    required: &["name"],
    closed: false,
};

/// Analyses and singular tests.
const BARE: Fields = Fields {
    keys: &[
        ("name", Text),
        ("description", Text),
        ("meta", Map),
        ("docs", DOCS),
        ("config", Map),
        (
            "columns",
            List(&Keys(&Fields {
                keys: &[("name", Text), ("description", Text), ("meta", Map)],
                required: &["name"],
                closed: false,
            })),
        ),
    ],
    required: &["name"],
    closed: false,
};

const MACRO: Fields = Fields {
    keys: &[
        ("name", Text),
        ("description", Text),
        ("meta", Map),
        ("docs", DOCS),
        ("config", Map),
        (
            "arguments",
            List(&Keys(&Fields {
                keys: &[
                    ("name", Text),
                    ("type", TEXT_OR_NULL),
                    ("description", Text),
                ],
                required: &["name"],
                closed: true,
            })),
        ),
    ],
    required: &["name"],
    closed: false,
};

const FUNCTION: Fields = Fields {
    keys: &[
        ("name", Text),
        ("description", Text),
        ("meta", Map),
        ("docs", DOCS),
        ("config", Map),
        ("returns", Map),
        ("arguments", MAPPINGS),
        ("overloads", MAPPINGS),
    ],
    required: &["name"],
    closed: false,
};

const QUOTING: Shape = Keys(&Fields {
    keys: &[
        ("database", BOOL_OR_NULL),
        ("schema", BOOL_OR_NULL),
        ("identifier", BOOL_OR_NULL),
        ("column", BOOL_OR_NULL),
    ],
    required: &[],
    closed: true,
});

const THRESHOLD: Shape = OrNull(&Keys(&Fields {
    keys: &[
        ("count", OrNull(&Whole)),
        ("period", OrNull(&Word(&["minute", "hour", "day"]))),
    ],
    required: &[],
    closed: true,
}));

const FRESHNESS: Shape = OrNull(&Keys(&Fields {
    keys: &[
        ("warn_after", THRESHOLD),
        ("error_after", THRESHOLD),
        ("filter", TEXT_OR_NULL),
    ],
    required: &[],
    closed: true,
}));

const EXTERNAL: Shape = OrNull(&Keys(&Fields {
    keys: &[
        ("location", TEXT_OR_NULL),
        ("file_format", TEXT_OR_NULL),
        ("row_format", TEXT_OR_NULL),
        ("tbl_properties", TEXT_OR_NULL),
        (
            "partitions",
            OrNull(&List(&OneOf(&[
                Keys(&Fields {
                    keys: &[
                        ("name", Text),
                        ("description", Text),
                        ("data_type", Text),
                        ("meta", Map),
                    ],
                    required: &[],
                    closed: false,
                }),
                Text,
            ]))),
        ),
    ],
    required: &[],
    closed: false,
}));

const SOURCE_CONFIG: Shape = Keys(&Fields {
    keys: &[
        ("enabled", Bool),
        ("meta", Map),
        ("freshness", OrNull(&Map)),
    ],
    required: &[],
    closed: false,
});

const TABLE_CONFIG: Shape = Keys(&Fields {
    keys: &[
        ("enabled", Bool),
        ("meta", OrNull(&Map)),
        ("freshness", OrNull(&Map)),
    ],
    required: &[],
    closed: false,
});

/// The settings of exposures.
const EXPOSURE_CONFIG: Shape = Keys(&Fields {
    keys: &[
        ("enabled", Bool),
        ("meta", Map),
        ("tags", OneOf(&[Text, TEXTS])),
    ],
    required: &[],
    closed: false,
});

/// The settings of unit tests.
const UNIT_TEST_CONFIG: Shape = Keys(&Fields {
    keys: &[("enabled", Bool), ("meta", Map)],
    required: &[],
    closed: false,
});

const SOURCE: Fields = Fields {
    keys: &[
        ("name", Text),
        ("description", Text),
        ("meta", Map),
        ("database", TEXT_OR_NULL),
        ("schema", TEXT_OR_NULL),
        ("loader", Text),
        ("quoting", QUOTING),
        ("freshness", FRESHNESS),
        ("loaded_at_field", TEXT_OR_NULL),
        ("loaded_at_query", TEXT_OR_NULL),
        ("tables", OrNull(&List(&Keys(&TABLE)))),
        ("tags", TEXTS),
        ("config", SOURCE_CONFIG),
        ("overrides", Any),
    ],
    required: &["name"],
    closed: true,
};

const TABLE: Fields = Fields {
    keys: &[
        ("name", Text),
        ("description", Text),
        ("meta", Map),
        ("data_type", TEXT_OR_NULL),
        ("constraints", MAPPINGS),
        ("docs", DOCS),
        ("config", TABLE_CONFIG),
        ("data_tests", TESTS),
        ("tests", TESTS),
        ("columns", COLUMNS),
        ("loaded_at_field", TEXT_OR_NULL),
        ("loaded_at_query", TEXT_OR_NULL),
        ("identifier", TEXT_OR_NULL),
        ("quoting", QUOTING),
        ("freshness", FRESHNESS),
        ("external", EXTERNAL),
        ("tags", TEXTS),
    ],
    required: &["name"],
    closed: false,
};

const OWNER: Shape = Keys(&Fields {
    keys: &[
        ("email", OrNull(&OneOf(&[Text, TEXTS]))),
        ("name", TEXT_OR_NULL),
    ],
    required: &[],
    closed: false,
});

const EXPOSURE: Fields = Fields {
    keys: &[
        ("name", Text),
        (
            "type",
            Word(&["dashboard", "notebook", "analysis", "ml", "application"]),
        ),
        ("owner", OWNER),
        ("description", Text),
        ("label", TEXT_OR_NULL),
        ("maturity", OrNull(&Word(&["low", "medium", "high"]))),
        ("meta", Map),
        ("tags", TEXTS),
        ("url", TEXT_OR_NULL),
        ("depends_on", TEXTS),
        ("config", EXPOSURE_CONFIG),
    ],
    required: &["name", "type", "owner"],
    closed: true,
};

const GROUP: Fields = Fields {
    keys: &[
        ("name", Text),
        ("owner", OWNER),
        ("description", TEXT_OR_NULL),
        ("config", Map),
    ],
    required: &["name", "owner"],
    closed: true,
};

const ROWS: Shape = OrNull(&OneOf(&[Text, MAPPINGS]));
const FORMAT: Shape = Word(&["csv", "dict", "sql"]);

const UNIT_TEST: Fields = Fields {
    keys: &[
        ("name", Text),
        ("model", Text),
        (
            "given",
            List(&Keys(&Fields {
                keys: &[
                    ("input", Text),
                    ("rows", ROWS),
                    ("format", FORMAT),
                    ("fixture", TEXT_OR_NULL),
                ],
                required: &["input"],
                closed: true,
            })),
        ),
        (
            "expect",
            Keys(&Fields {
                keys: &[
                    ("rows", ROWS),
                    ("format", FORMAT),
                    ("fixture", TEXT_OR_NULL),
                ],
                required: &[],
                closed: true,
            }),
        ),
        ("description", Text),
        (
            "overrides",
            OrNull(&Keys(&Fields {
                keys: &[("macros", Map), ("vars", Map), ("env_vars", Map)],
                required: &[],
                closed: true,
            })),
        ),
        ("config", UNIT_TEST_CONFIG),
        (
            "versions",
            OrNull(&Keys(&Fields {
                keys: &[("include", VERSIONS), ("exclude", VERSIONS)],
                required: &[],
                closed: true,
            })),
        ),
    ],
    required: &["name", "model", "given", "expect"],
    closed: true,
};
