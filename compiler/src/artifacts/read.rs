//! Artifacts that dbt or Refract wrote, read back.

use serde::Deserialize;

use super::manifest::Manifest;

/// Why an artifact could not be read.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    /// It is no JSON, or not the JSON of an artifact.
    #[error("not a {artifact}: {reason}")]
    Invalid {
        /// `manifest.json`.
        artifact: &'static str,
        /// The parser's words.
        reason: String,
    },
    /// It is an artifact of a version that is not read.
    #[error("manifest version {found} is not supported; versions 10 to 12 are (dbt 1.6 and later)")]
    Version {
        /// What the file says.
        found: String,
    },
}

/// Reads `manifest.json`, versions 10 to 12.
pub fn manifest(text: &str) -> Result<Manifest, ReadError> {
    #[derive(Deserialize)]
    struct Head {
        metadata: HeadMetadata,
    }
    #[derive(Deserialize)]
    struct HeadMetadata {
        dbt_schema_version: String,
    }
    let invalid = |error: serde_json::Error| ReadError::Invalid {
        artifact: "manifest.json",
        reason: error.to_string(),
    };
    let head: Head = serde_json::from_str(text).map_err(invalid)?;
    let version = head.metadata.dbt_schema_version;
    let number = version
        .rsplit_once("/manifest/v")
        .and_then(|(_, rest)| rest.strip_suffix(".json"));
    match number.and_then(|number| number.parse::<u32>().ok()) {
        Some(10..=12) => serde_json::from_str(text).map_err(invalid),
        Some(number) => Err(ReadError::Version {
            found: number.to_string(),
        }),
        None => Err(ReadError::Invalid {
            artifact: "manifest.json",
            reason: format!("its schema is '{version}'"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_checked() {
        let text = |version: u32| {
            format!(
                r#"{{"metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v{version}.json"}}, "nodes": {{}}}}"#
            )
        };
        for version in 10..=12 {
            assert!(manifest(&text(version)).is_ok(), "{version}");
        }
        assert_eq!(
            manifest(&text(9)),
            Err(ReadError::Version { found: "9".into() })
        );
        assert!(manifest("{}").is_err());
        assert!(manifest("nonsense").is_err());
    }
}
