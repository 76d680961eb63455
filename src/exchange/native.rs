//! A source that does not speak FHIR: its schema, its mapping, and a submission made of its record.

use serde_json::Value;

use crate::exchange::{Caller, Desk, Refusal, Submission, Why};
use crate::mapping::{Mapping, Trace};
use crate::validation::NativeSchema;

/// How a source's own records are read.
#[derive(Debug)]
pub struct Native {
    /// What its records must look like.
    pub schema: NativeSchema,
    /// What becomes of them.
    pub mapping: Mapping,
}

impl Native {
    /// The FHIR transaction Bundle that a record means.
    ///
    /// # Errors
    /// What is wrong with the record, each with its JSON pointer.
    pub fn bundle(&self, record: &Value) -> Result<Value, Refusal> {
        let issues = self.schema.check(record);
        if !issues.is_empty() {
            return Err(Refusal::all(Why::Rule, issues));
        }
        self.mapping.apply(record).map_err(|issues| Refusal::all(Why::Rule, issues))
    }

    /// A refusal of the Bundle, told of the record: each path is the field that the element was made from. The
    /// conditions in the Bundle are the mapping's, not the sender's, who is told what they mean.
    pub fn told(&self, record: &Value, mut refusal: Refusal) -> Refusal {
        if refusal.why == Why::Ambiguous {
            refusal.why = Why::Rule;
        }
        let Ok(mapped) = self.mapping.explain(record) else { return refusal };
        for issue in refusal.issues.iter_mut().filter(|issue| issue.at.starts_with("Bundle")) {
            // Of an identifier, the system's field stands before the value's.
            let field = Trace::origin(&mapped.trace, &issue.at).and_then(|trace| trace.from.last());
            issue.at = field.map(|field| pointer(field)).unwrap_or_default();
            if issue.rule == "R-REF-CONDITION" {
                issue.message = "this names nobody who is known here; nothing was stored".into();
                issue.remedy = "check how it is spelled, or ask the operator to add it to the directory".into();
            }
        }
        refusal
    }
}

/// `client.contact[1].value` as a JSON pointer.
fn pointer(field: &str) -> String {
    format!("/{}", field.replace(['.', '['], "/").replace(']', ""))
}

impl Submission {
    /// A source's own record. It is kept as received beside what was made of it.
    ///
    /// # Errors
    /// What is wrong with the record, each with its JSON pointer.
    pub fn native(
        desk: &Desk,
        caller: &Caller,
        native: &Native,
        record: &Value,
        bytes: &[u8],
        key: Option<String>,
    ) -> Result<Self, Refusal> {
        Self::mapped(desk, caller, native.bundle(record)?, bytes, key)
    }
}
