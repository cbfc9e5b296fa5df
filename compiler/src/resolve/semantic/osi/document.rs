//! An OSI document ("Open Semantic Interchange") as far as dbt 1.12 reads it, and what it must be for that.

use serde_json::Value as Json;

use crate::artifacts::osi::DATATYPES;
use crate::parse::python::{float_text, str_of};

/// Versions of the format that dbt 1.12 reads.
pub(super) const VERSIONS: [&str; 2] = ["0.1.0", "0.1.1"];

/// The SQL that is read where an expression is written in several languages.
const PREFERRED: &str = "ANSI_SQL";
const DIALECTS: [&str; 5] = [PREFERRED, "SNOWFLAKE", "MDX", "TABLEAU", "DATABRICKS"];
const VENDORS: [&str; 5] = ["COMMON", "SNOWFLAKE", "SALESFORCE", "DBT", "DATABRICKS"];
/// What is wrong with a document: the path of the value, and the words.
pub(super) type Wrong = (String, String);

pub(super) struct Document {
    pub(super) version: String,
    pub(super) models: Vec<Model>,
}

/// A set of datasets with the metrics over them.
pub(super) struct Model {
    pub(super) datasets: Vec<Dataset>,
    pub(super) relationships: Vec<Relationship>,
    pub(super) metrics: Vec<Metric>,
}

pub(super) struct Dataset {
    /// Its path in the document.
    pub(super) path: String,
    pub(super) name: String,
    /// `database.schema.table`
    pub(super) source: String,
    pub(super) primary_key: Vec<String>,
    /// The columns of all unique keys.
    pub(super) unique_keys: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) name: String,
    pub(super) expression: Expression,
    pub(super) is_time: bool,
    /// In the semantic layer's word.
    pub(super) datatype: Option<&'static str>,
    pub(super) label: Option<String>,
    pub(super) description: Option<String>,
}

/// A foreign key.
pub(super) struct Relationship {
    pub(super) from: String,
    pub(super) from_columns: Vec<String>,
}

pub(super) struct Metric {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) expression: Expression,
    pub(super) description: Option<String>,
}

/// The same expression in several languages.
pub(super) struct Expression(Vec<(String, String)>);

impl Expression {
    /// The text that is read: the plain SQL, or else the first there is.
    pub(super) fn text(&self) -> &str {
        let plain = self.0.iter().find(|(dialect, _)| dialect == PREFERRED);
        plain.map_or_else(|| self.first(), |(_, text)| text)
    }

    /// The text in the language that is named first.
    pub(super) fn first(&self) -> &str {
        self.0.first().map_or("", |(_, text)| text)
    }
}

/// Reads a document, or tells everything that is wrong with it.
pub(super) fn read(whole: &Json) -> Result<Document, Vec<Wrong>> {
    let mut reader = Reader { wrong: Vec::new() };
    let root = At {
        value: whole,
        path: String::new(),
    };
    let document = reader.document(&root);
    if reader.wrong.is_empty() {
        Ok(document)
    } else {
        Err(reader.wrong)
    }
}

/// A value and its path.
struct At<'a> {
    value: &'a Json,
    path: String,
}

impl<'a> At<'a> {
    /// The value of a key, where it is set.
    fn set(&self, key: &str) -> Option<At<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}/{key}"),
        };
        Some(At { value, path })
    }
}

struct Reader {
    wrong: Vec<Wrong>,
}

impl Reader {
    fn tell(&mut self, at: &At, message: String) {
        self.wrong.push((at.path.clone(), message));
    }

    fn document(&mut self, at: &At) -> Document {
        self.words(at, "dialects", &DIALECTS);
        self.words(at, "vendors", &VENDORS);
        let version = match at.value.get("version") {
            None => VERSIONS[1].to_owned(),
            Some(_) => self.text(at, "version"),
        };
        let models = self.items(at, "semantic_model", true);
        Document {
            version,
            models: models.iter().map(|model| self.model(model)).collect(),
        }
    }

    fn model(&mut self, at: &At) -> Model {
        self.text(at, "name");
        self.common(at);
        let datasets = self.items(at, "datasets", true);
        let relationships = self.items(at, "relationships", false);
        let metrics = self.items(at, "metrics", false);
        Model {
            datasets: datasets.iter().map(|it| self.dataset(it)).collect(),
            relationships: relationships
                .iter()
                .map(|it| self.relationship(it))
                .collect(),
            metrics: metrics.iter().map(|it| self.metric(it)).collect(),
        }
    }

    fn dataset(&mut self, at: &At) -> Dataset {
        self.common(at);
        let unique = self.items(at, "unique_keys", false);
        let unique_keys = unique.iter().flat_map(|key| self.texts_in(key)).collect();
        let fields = self.items(at, "fields", false);
        Dataset {
            path: at.path.clone(),
            name: self.text(at, "name"),
            source: self.text(at, "source"),
            primary_key: self.texts(at, "primary_key", false),
            unique_keys,
            description: self.text_if_set(at, "description"),
            fields: fields.iter().map(|field| self.field(field)).collect(),
        }
    }

    fn field(&mut self, at: &At) -> Field {
        self.common(at);
        Field {
            name: self.text(at, "name"),
            expression: self.expression(at),
            is_time: at.set("dimension").is_some_and(|it| self.is_time(&it)),
            datatype: self.datatype(at),
            label: self.text_if_set(at, "label"),
            description: self.text_if_set(at, "description"),
        }
    }

    fn relationship(&mut self, at: &At) -> Relationship {
        self.common(at);
        self.text(at, "name");
        self.text(at, "to");
        self.texts(at, "to_columns", true);
        let from = ["from", "from_dataset"];
        let from = from.into_iter().find(|key| at.set(key).is_some());
        Relationship {
            from: self.text(at, from.unwrap_or("from")),
            from_columns: self.texts(at, "from_columns", true),
        }
    }

    fn metric(&mut self, at: &At) -> Metric {
        self.common(at);
        self.datatype(at);
        Metric {
            path: at.path.clone(),
            name: self.text(at, "name"),
            expression: self.expression(at),
            description: self.text_if_set(at, "description"),
        }
    }

    fn expression(&mut self, at: &At) -> Expression {
        let Some(inner) = at.set("expression") else {
            self.tell(at, "`expression` is missing".to_owned());
            return Expression(Vec::new());
        };
        let dialects = self.items(&inner, "dialects", true);
        let each = dialects.iter().map(|it| {
            let dialect = self.text(it, "dialect");
            if it.set("dialect").is_some() && !DIALECTS.contains(&dialect.as_str()) {
                self.tell(it, one_of("dialect", &dialect, &DIALECTS));
            }
            (dialect, self.text(it, "expression"))
        });
        Expression(each.collect())
    }

    /// What any part may have, which nothing is read from.
    fn common(&mut self, at: &At) {
        if let Some(context) = at.set("ai_context")
            && context.value.is_array()
        {
            self.tell(
                &context,
                "`ai_context` is neither text nor a mapping".to_owned(),
            );
        }
        for extension in self.items(at, "custom_extensions", false) {
            self.text(&extension, "data");
            let vendor = self.text(&extension, "vendor_name");
            if !vendor.is_empty() && !VENDORS.contains(&vendor.as_str()) {
                self.tell(&extension, one_of("vendor_name", &vendor, &VENDORS));
            }
        }
    }

    fn datatype(&mut self, at: &At) -> Option<&'static str> {
        let given = self.text_if_set(at, "datatype")?;
        let found = DATATYPES.iter().find(|(word, _)| *word == given);
        if found.is_none() {
            let words = DATATYPES.map(|(word, _)| word);
            self.tell(at, one_of("datatype", &given, &words));
        }
        found.map(|(_, word)| *word)
    }

    fn is_time(&mut self, at: &At) -> bool {
        let given = at.value.get("is_time").map(|value| match value {
            Json::Bool(_) => value.to_string(),
            value => str_of(value).to_lowercase(),
        });
        match given.as_deref() {
            Some("true" | "1" | "yes" | "y" | "on" | "t") => true,
            Some("false" | "0" | "no" | "n" | "off" | "f") => false,
            Some(_) => {
                self.tell(at, "`is_time` is neither true nor false".to_owned());
                false
            }
            None => {
                self.tell(at, "`is_time` is missing".to_owned());
                false
            }
        }
    }

    /// The values of a list.
    fn items<'a>(&mut self, at: &At<'a>, key: &str, is_required: bool) -> Vec<At<'a>> {
        let Some(list) = at.set(key) else {
            if is_required {
                self.tell(at, format!("`{key}` is missing"));
            }
            return Vec::new();
        };
        let Some(items) = list.value.as_array() else {
            self.tell(&list, format!("`{key}` is not a list"));
            return Vec::new();
        };
        let each = items.iter().enumerate().map(|(number, value)| At {
            value,
            path: format!("{}/{number}", list.path),
        });
        each.collect()
    }

    fn texts(&mut self, at: &At, key: &str, is_required: bool) -> Vec<String> {
        let items = self.items(at, key, is_required);
        items.iter().map(|item| self.plain(item)).collect()
    }

    fn texts_in(&mut self, at: &At) -> Vec<String> {
        let Some(items) = at.value.as_array() else {
            self.tell(at, "a key is a list of columns".to_owned());
            return Vec::new();
        };
        items.iter().map(str_of).collect()
    }

    fn words(&mut self, at: &At, key: &str, known: &[&str]) {
        for word in self.items(at, key, false) {
            let text = self.plain(&word);
            if !known.contains(&text.as_str()) {
                self.tell(&word, one_of(key, &text, known));
            }
        }
    }

    fn text(&mut self, at: &At, key: &str) -> String {
        if let Some(found) = at.set(key) {
            return self.plain(&found);
        }
        self.tell(at, format!("`{key}` is missing"));
        String::new()
    }

    fn text_if_set(&mut self, at: &At, key: &str) -> Option<String> {
        at.set(key).map(|found| self.plain(&found))
    }

    /// A text; numbers and the like are taken for theirs, as dbt does.
    fn plain(&mut self, at: &At) -> String {
        match at.value {
            Json::Number(number) if number.is_f64() => {
                float_text(number.as_f64().unwrap_or_default())
            }
            Json::String(_) | Json::Number(_) | Json::Bool(_) => str_of(at.value),
            _ => {
                let key = at.path.rsplit('/').next().unwrap_or_default();
                self.tell(at, format!("`{key}` is not text"));
                String::new()
            }
        }
    }
}

fn one_of(key: &str, given: &str, known: &[&str]) -> String {
    format!(
        "`{key}` is '{given}', which is none of {}",
        known.join(", ")
    )
}
