//! SARIF 2.1.0 (OASIS): one run, a table of the rules that were broken, a result for each issue.

use serde_json::{Value, json};

use super::report::Report;
use crate::domain::issue::{Issue, Severity};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

impl Report {
    /// The SARIF log.
    pub(super) fn sarif(&self) -> String {
        let mut rules: Vec<&'static str> =
            self.inputs.iter().flat_map(|input| &input.issues).map(|issue| issue.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        let results: Vec<Value> = self
            .inputs
            .iter()
            .flat_map(|input| input.issues.iter().map(|issue| self.result(&input.file, issue, &rules)))
            .collect();
        let rules: Vec<Value> = rules.iter().map(|id| json!({ "id": id })).collect();
        json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "Lariat", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        })
        .to_string()
    }

    fn result(&self, file: &str, issue: &Issue, rules: &[&str]) -> Value {
        let mut physical = json!({ "artifactLocation": { "uri": uri(file) } });
        if let Some(place) = issue.position {
            physical["region"] = json!({ "startLine": place.line, "startColumn": place.column });
        }
        let mut location = json!({ "physicalLocation": physical });
        if !issue.at.is_empty() {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": issue.at }]);
        }
        let (message, remedy) = (issue.message.in_language(self.language), issue.remedy.in_language(self.language));
        json!({
            "ruleId": issue.rule,
            "ruleIndex": rules.binary_search(&issue.rule).ok(),
            "level": match issue.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Information => "note",
            },
            "message": { "text": format!("{message} {remedy}") },
            "locations": [location],
        })
    }
}

/// A path as a URI reference; standard input has a name.
fn uri(file: &str) -> String {
    if file == "-" {
        return "stdin".to_owned();
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut out = String::new();
    if file.starts_with('/') {
        out.push_str("file://");
    }
    for byte in file.bytes() {
        match is_plain(byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
