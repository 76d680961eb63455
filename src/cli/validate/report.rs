//! What was found, for people and for programs.

use serde_json::{Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::domain::issue::{Issue, Severity};
use crate::domain::routing::Language;
use crate::fhir::operation_outcome;

/// One resource that was checked.
pub(super) struct Checked {
    /// Where it was read, as the caller wrote it.
    pub(super) file: String,
    /// Its line, in a file of lines.
    pub(super) line: Option<usize>,
    /// What was found.
    pub(super) issues: Vec<Issue>,
}

impl Checked {
    fn name(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }

    fn count(&self, severity: Severity) -> usize {
        self.issues.iter().filter(|issue| issue.severity == severity).count()
    }
}

/// Everything that was checked.
pub(super) struct Report {
    pub(super) language: Language,
    pub(super) inputs: Vec<Checked>,
}

impl Report {
    pub(super) fn new(language: Language) -> Self {
        Self { language, inputs: Vec::new() }
    }

    pub(super) fn add(&mut self, checked: Checked) {
        self.inputs.push(checked);
    }

    fn count(&self, severity: Severity) -> usize {
        self.inputs.iter().map(|input| input.count(severity)).sum()
    }

    /// By input: where, by which rule, why, what to do.
    pub(super) fn human(&self) -> String {
        let frame = Frame::of(self.language);
        self.inputs.iter().map(|input| self.input(input, &frame)).collect()
    }

    fn input(&self, input: &Checked, frame: &Frame) -> String {
        let (errors, warnings) = (input.count(Severity::Error), input.count(Severity::Warning));
        let mark = match (errors, warnings) {
            (0, 0) => "ok",
            (0, _) => "!!",
            _ => "xx",
        };
        let mut out = format!("{mark}  {}", input.name());
        if errors + warnings > 0 {
            out.push_str(&format!(": {}", (frame.counted)(errors, warnings)));
        }
        out.push('\n');
        for issue in &input.issues {
            let at = if issue.at.is_empty() { frame.whole } else { &issue.at };
            let place =
                issue.position.map(|place| format!("{}:{}  ", place.line, place.column)).unwrap_or_default();
            let word = match issue.severity {
                Severity::Error => frame.error,
                Severity::Warning => frame.warning,
                Severity::Information => frame.note,
            };
            let where_ = format!("{place}{at}");
            out.push_str(&format!("  --> {where_:<60}  {} {}\n", frame.rule, issue.rule));
            out.push_str(&format!("      {word}{}{}\n", frame.colon, issue.message.in_language(self.language)));
            out.push_str(&format!(
                "      {}{}{}\n",
                frame.fix,
                frame.colon,
                issue.remedy.in_language(self.language)
            ));
        }
        out
    }

    /// `lariat/validate/1`.
    pub(super) fn json(&self) -> String {
        let inputs: Vec<Value> = self
            .inputs
            .iter()
            .map(|input| {
                let issues: Vec<Value> = input.issues.iter().map(|issue| self.issue(issue)).collect();
                json!({ "file": input.file, "line": input.line, "issues": issues })
            })
            .collect();
        let counted = |severity| self.count(severity);
        json!({
            "schema": "lariat/validate/1",
            "inputs": inputs,
            "errors": counted(Severity::Error),
            "warnings": counted(Severity::Warning),
            "information": counted(Severity::Information),
        })
        .to_string()
    }

    fn issue(&self, issue: &Issue) -> Value {
        json!({
            "rule": issue.rule,
            "severity": issue.severity.code(),
            "code": operation_outcome::code(issue.fault),
            "at": issue.at,
            "line": issue.position.map(|place| place.line),
            "column": issue.position.map(|place| place.column),
            "message": issue.message.in_language(self.language),
            "fix": issue.remedy.in_language(self.language),
        })
    }

    /// One OperationOutcome, or a collection of them where there are several inputs.
    pub(super) fn operation_outcome(&self) -> String {
        let outcome = |input: &Checked| operation_outcome::from_issues(&input.issues, self.language);
        match self.inputs.as_slice() {
            [only] => outcome(only).to_string(),
            several => {
                let entries: Vec<Value> = several
                    .iter()
                    .enumerate()
                    .map(|(number, one)| json!({ "fullUrl": urn(number), "resource": outcome(one) }))
                    .collect();
                json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string()
            }
        }
    }

    /// How the command ends.
    pub(super) fn ended(&self, warnings_as_errors: bool) -> Result<(), Failure> {
        let is_bad = |input: &&Checked| {
            input.count(Severity::Error) > 0 || warnings_as_errors && input.count(Severity::Warning) > 0
        };
        let bad = self.inputs.iter().filter(is_bad).count();
        if bad == 0 {
            return Ok(());
        }
        let (message, fix) = (Frame::of(self.language).ended)(bad, self.inputs.len());
        Err(Failure::new(Exit::Input, "input", message, fix))
    }
}

/// The words around issues.
struct Frame {
    error: &'static str,
    warning: &'static str,
    note: &'static str,
    fix: &'static str,
    rule: &'static str,
    whole: &'static str,
    colon: &'static str,
    counted: fn(usize, usize) -> String,
    ended: fn(usize, usize) -> (String, &'static str),
}

impl Frame {
    fn of(language: Language) -> Self {
        match language {
            Language::English => Self {
                error: "error",
                warning: "warning",
                note: "note",
                fix: "fix",
                rule: "rule",
                whole: "(the whole)",
                colon: ": ",
                counted: |errors, warnings| {
                    format!("{}, {}", many(errors, "error", "errors"), many(warnings, "warning", "warnings"))
                },
                ended: |bad, all| {
                    (format!("faults in {bad} of {}", many(all, "resource", "resources")), "mend what is listed")
                },
            },
            Language::French => Self {
                error: "erreur",
                warning: "avertissement",
                note: "remarque",
                fix: "à faire",
                rule: "règle",
                whole: "(le tout)",
                colon: " : ",
                counted: |errors, warnings| {
                    let errors = many(errors, "erreur", "erreurs");
                    format!("{errors}, {}", many(warnings, "avertissement", "avertissements"))
                },
                ended: |bad, all| {
                    let all = many(all, "ressource", "ressources");
                    (format!("des fautes dans {bad} sur {all}"), "corrigez ce qui est signalé")
                },
            },
        }
    }
}

/// A name for an entry that nobody refers to.
fn urn(number: usize) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012x}")
}

fn many(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
