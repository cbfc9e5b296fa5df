//! The shapes of what the semantic layer is written with, as dbt 1.12's `contracts/graph/unparsed.py` has them.

use super::GRAINS;
use crate::diag::Diagnostics;
use crate::resolve::properties::Entry;
use crate::yaml::shape::Shape::{
    AnyCase, Bool, Fields as Keys, List, Map, Number, OneOf, OrNull, Text, Whole,
};
use crate::yaml::shape::{Fields, Shape, check_fields};

const TEXT_OR_NULL: Shape = OrNull(&Text);
const TEXTS: Shape = List(&Text);
const FILTER: Shape = OrNull(&OneOf(&[Text, TEXTS]));
const GRAIN_OR_NULL: Shape = OrNull(&AnyCase(&GRAINS));
const DIMENSION_TYPE: Shape = AnyCase(&["categorical", "time"]);
const ENTITY_TYPE: Shape = AnyCase(&["foreign", "natural", "primary", "unique"]);
const METRIC_TYPE: Shape = AnyCase(&["conversion", "cumulative", "derived", "ratio", "simple"]);
const CALCULATION: Shape = AnyCase(&["conversion_rate", "conversions"]);
const PERIOD_AGGREGATION: Shape = AnyCase(&["average", "first", "last"]);
const AGGREGATION: Shape = AnyCase(&[
    "average",
    "count",
    "count_distinct",
    "max",
    "median",
    "min",
    "percentile",
    "sum",
    "sum_boolean",
]);

/// Tells what does not fit in an entry of the semantic layer; says whether everything did.
pub(super) fn fits(entry: &Entry, diagnostics: &mut Diagnostics) -> bool {
    let fields = match entry.key {
        "semantic_models" => &SEMANTIC_MODEL,
        "saved_queries" => &SAVED_QUERY,
        "metrics" if entry.node.contains("type_params") => &METRIC,
        // The newer language.
        _ => &OWN_METRIC,
    };
    let name = format!("'{}' in '{}'", entry.name, entry.key);
    let place = |at| entry.place(at);
    check_fields(&name, &entry.node, entry.at, fields, &place, diagnostics)
}

const fn closed(
    keys: &'static [(&'static str, Shape)],
    required: &'static [&'static str],
) -> Fields {
    Fields {
        keys,
        required,
        closed: true,
    }
}

const VALIDITY: Shape = OrNull(&Keys(&closed(&[("is_start", Bool), ("is_end", Bool)], &[])));

const SEMANTIC_MODEL: Fields = closed(
    &[
        ("name", Text),
        ("model", Text),
        ("config", Map),
        ("description", TEXT_OR_NULL),
        ("label", TEXT_OR_NULL),
        (
            "defaults",
            OrNull(&Keys(&closed(&[("agg_time_dimension", TEXT_OR_NULL)], &[]))),
        ),
        ("entities", List(&Keys(&ENTITY))),
        ("measures", List(&Keys(&MEASURE))),
        ("dimensions", List(&Keys(&DIMENSION))),
        ("primary_entity", TEXT_OR_NULL),
    ],
    &["name", "model"],
);

const ENTITY: Fields = closed(
    &[
        ("name", Text),
        ("type", ENTITY_TYPE),
        ("description", TEXT_OR_NULL),
        ("label", TEXT_OR_NULL),
        ("config", Map),
        ("role", TEXT_OR_NULL),
        ("expr", TEXT_OR_NULL),
    ],
    &["name", "type"],
);

const DIMENSION: Fields = closed(
    &[
        ("name", Text),
        ("type", DIMENSION_TYPE),
        ("description", TEXT_OR_NULL),
        ("label", TEXT_OR_NULL),
        ("is_partition", Bool),
        ("config", Map),
        (
            "type_params",
            OrNull(&Keys(&closed(
                &[
                    ("time_granularity", AnyCase(&GRAINS)),
                    ("validity_params", VALIDITY),
                ],
                &["time_granularity"],
            ))),
        ),
        ("expr", TEXT_OR_NULL),
    ],
    &["name", "type"],
);

const MEASURE: Fields = closed(
    &[
        ("name", Text),
        ("agg", AGGREGATION),
        ("description", TEXT_OR_NULL),
        ("label", TEXT_OR_NULL),
        ("expr", OrNull(&OneOf(&[Text, Bool, Whole]))),
        (
            "agg_params",
            OrNull(&Keys(&closed(
                &[
                    ("percentile", OrNull(&Number)),
                    ("use_discrete_percentile", Bool),
                    ("use_approximate_percentile", Bool),
                ],
                &[],
            ))),
        ),
        (
            "non_additive_dimension",
            OrNull(&Keys(&closed(
                &[
                    ("name", Text),
                    ("window_choice", AGGREGATION),
                    ("window_groupings", TEXTS),
                ],
                &["name", "window_choice"],
            ))),
        ),
        ("agg_time_dimension", TEXT_OR_NULL),
        ("create_metric", Bool),
        ("config", Map),
    ],
    &["name", "agg"],
);

const INPUT_MEASURE: Shape = OneOf(&[
    Text,
    Keys(&closed(
        &[
            ("name", Text),
            ("filter", FILTER),
            ("alias", TEXT_OR_NULL),
            ("join_to_timespine", Bool),
            ("fill_nulls_with", OrNull(&Whole)),
        ],
        &["name"],
    )),
]);

const INPUT_METRIC: Shape = OneOf(&[
    Text,
    Keys(&closed(
        &[
            ("name", Text),
            ("filter", FILTER),
            ("alias", TEXT_OR_NULL),
            ("offset_window", TEXT_OR_NULL),
            ("offset_to_grain", TEXT_OR_NULL),
        ],
        &["name"],
    )),
]);

const CONSTANT_PROPERTIES: Shape = OrNull(&List(&Keys(&closed(
    &[("base_property", Text), ("conversion_property", Text)],
    &["base_property", "conversion_property"],
))));

const METRIC: Fields = closed(
    &[
        ("name", Text),
        ("type", METRIC_TYPE),
        ("label", Text),
        ("description", Text),
        ("filter", FILTER),
        ("time_granularity", TEXT_OR_NULL),
        ("config", Map),
        ("meta", Map),
        ("tags", TEXTS),
        (
            "type_params",
            Keys(&closed(
                &[
                    ("measure", OrNull(&INPUT_MEASURE)),
                    ("numerator", OrNull(&INPUT_METRIC)),
                    ("denominator", OrNull(&INPUT_METRIC)),
                    ("expr", OrNull(&OneOf(&[Text, Bool]))),
                    ("window", TEXT_OR_NULL),
                    ("grain_to_date", TEXT_OR_NULL),
                    ("metrics", OrNull(&List(&INPUT_METRIC))),
                    (
                        "conversion_type_params",
                        OrNull(&Keys(&closed(
                            &[
                                ("base_measure", INPUT_MEASURE),
                                ("conversion_measure", INPUT_MEASURE),
                                ("entity", Text),
                                ("calculation", CALCULATION),
                                ("window", TEXT_OR_NULL),
                                ("constant_properties", CONSTANT_PROPERTIES),
                            ],
                            &["base_measure", "conversion_measure", "entity"],
                        ))),
                    ),
                    (
                        "cumulative_type_params",
                        OrNull(&Keys(&closed(
                            &[
                                ("window", TEXT_OR_NULL),
                                ("grain_to_date", TEXT_OR_NULL),
                                ("period_agg", PERIOD_AGGREGATION),
                            ],
                            &[],
                        ))),
                    ),
                ],
                &[],
            )),
        ),
    ],
    &["name", "type_params"],
);

/// A metric of the newer language, in `metrics` or in a model.
pub(in crate::resolve) const OWN_METRIC: Fields = closed(
    &[
        ("name", Text),
        ("type", METRIC_TYPE),
        ("label", TEXT_OR_NULL),
        ("description", Text),
        ("filter", FILTER),
        ("time_granularity", TEXT_OR_NULL),
        ("config", Map),
        ("hidden", Bool),
        ("agg", OrNull(&AGGREGATION)),
        ("percentile", OrNull(&Number)),
        ("percentile_type", TEXT_OR_NULL),
        ("join_to_timespine", OrNull(&Bool)),
        ("fill_nulls_with", OrNull(&Whole)),
        ("expr", OrNull(&OneOf(&[Text, Whole]))),
        (
            "non_additive_dimension",
            OrNull(&Keys(&closed(
                &[
                    ("name", Text),
                    ("window_agg", AGGREGATION),
                    ("group_by", TEXTS),
                ],
                &["name", "window_agg"],
            ))),
        ),
        ("agg_time_dimension", TEXT_OR_NULL),
        ("window", TEXT_OR_NULL),
        ("grain_to_date", TEXT_OR_NULL),
        ("period_agg", PERIOD_AGGREGATION),
        ("input_metric", OrNull(&INPUT_METRIC)),
        ("numerator", OrNull(&INPUT_METRIC)),
        ("denominator", OrNull(&INPUT_METRIC)),
        ("input_metrics", OrNull(&List(&INPUT_METRIC))),
        ("entity", TEXT_OR_NULL),
        ("calculation", OrNull(&CALCULATION)),
        ("base_metric", OrNull(&INPUT_METRIC)),
        ("conversion_metric", OrNull(&INPUT_METRIC)),
        ("constant_properties", CONSTANT_PROPERTIES),
    ],
    &["name"],
);

/// `dimension` of a column.
pub(in crate::resolve) const COLUMN_DIMENSION: Shape = OrNull(&OneOf(&[
    DIMENSION_TYPE,
    Keys(&closed(
        &[
            ("type", DIMENSION_TYPE),
            ("name", TEXT_OR_NULL),
            ("description", TEXT_OR_NULL),
            ("label", TEXT_OR_NULL),
            ("is_partition", Bool),
            ("config", Map),
            ("validity_params", VALIDITY),
        ],
        &["type"],
    )),
]));

/// `entity` of a column.
pub(in crate::resolve) const COLUMN_ENTITY: Shape = OrNull(&OneOf(&[
    ENTITY_TYPE,
    Keys(&closed(
        &[
            ("type", ENTITY_TYPE),
            ("name", TEXT_OR_NULL),
            ("description", TEXT_OR_NULL),
            ("label", TEXT_OR_NULL),
            ("config", Map),
        ],
        &["type"],
    )),
]));

/// `derived_semantics` of a model.
pub(in crate::resolve) const DERIVED: Shape = OrNull(&Keys(&closed(
    &[
        (
            "entities",
            List(&Keys(&closed(
                &[
                    ("type", ENTITY_TYPE),
                    ("name", Text),
                    ("description", TEXT_OR_NULL),
                    ("label", TEXT_OR_NULL),
                    ("config", Map),
                    ("expr", Text),
                ],
                &["type", "name", "expr"],
            ))),
        ),
        (
            "dimensions",
            List(&Keys(&closed(
                &[
                    ("type", DIMENSION_TYPE),
                    ("name", Text),
                    ("description", TEXT_OR_NULL),
                    ("label", TEXT_OR_NULL),
                    ("is_partition", Bool),
                    ("config", Map),
                    ("validity_params", VALIDITY),
                    ("expr", Text),
                    ("granularity", GRAIN_OR_NULL),
                ],
                &["type", "name", "expr"],
            ))),
        ),
    ],
    &[],
)));

/// `semantic_model` of a model.
pub(in crate::resolve) const MODEL_SETTINGS: Shape = OrNull(&OneOf(&[
    Bool,
    Keys(&closed(
        &[
            ("name", TEXT_OR_NULL),
            ("enabled", Bool),
            ("group", TEXT_OR_NULL),
            ("config", OrNull(&Keys(&closed(&[("meta", Map)], &[])))),
        ],
        &[],
    )),
]));

const SAVED_QUERY: Fields = closed(
    &[
        ("name", Text),
        (
            "query_params",
            Keys(&Fields {
                keys: &[
                    ("metrics", TEXTS),
                    ("group_by", TEXTS),
                    ("where", OrNull(&OneOf(&[Text, TEXTS]))),
                    ("order_by", TEXTS),
                    ("limit", OrNull(&Whole)),
                ],
                required: &[],
                closed: true,
            }),
        ),
        ("description", TEXT_OR_NULL),
        ("label", TEXT_OR_NULL),
        (
            "exports",
            List(&Keys(&Fields {
                keys: &[("name", Text), ("config", Map)],
                required: &["name"],
                closed: true,
            })),
        ),
        ("config", Map),
        ("tags", OneOf(&[Text, TEXTS])),
    ],
    &["name", "query_params"],
);
