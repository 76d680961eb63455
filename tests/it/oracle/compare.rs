//! Both verdicts side by side, and the table of where they agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::sync::OnceLock;

use lariat::definitions::{Library, PackageLimits};
use lariat::domain::issue::Severity;
use lariat::validation::{Validator, resource};
use serde_json::Value;

use super::corpus::{Case, Part};
use super::here;
use super::verdicts::{Finding, Verdict, Verdicts};

/// Disagreements that are known: `name or kind of mutation | rule or message | why`.
const KNOWN: &str = "tests/oracle/disagreements.txt";
/// What other tests make and have judged goes by this name.
pub(super) const MADE_HERE: &str = "made-here";
/// How many names of one kind of disagreement are printed.
const SHOWN: usize = 4;

/// What one part of the corpus came to.
#[derive(Default)]
struct Row {
    cases: usize,
    agreed: usize,
    missed: usize,
    false_alarms: usize,
    both_refuse: usize,
    same_place: usize,
    explained: usize,
    not_judged: usize,
}

/// The table, and what disagrees by kind.
pub(super) struct Report {
    rows: BTreeMap<Part, Row>,
    missed: BTreeMap<String, Vec<String>>,
    alarms: BTreeMap<String, Vec<String>>,
    /// The lines of [`KNOWN`], and how many disagreements each explains.
    used: Vec<(String, usize)>,
}

/// What the judge knows too: R4, SDOH Clinical Care, US Core, and what this repository ships.
fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let reference = here("../shared/reference");
        let paths = [
            reference.join("sdoh-clinical-care-3.0.0/conformance"),
            reference.join("packages/hl7.fhir.us.core-7.0.0.tgz"),
            here("profiles/structure-definitions"),
            here("profiles/value-sets"),
            here("profiles/code-systems"),
            here("profiles/questionnaires"),
            here("tests/oracle/questionnaires"),
        ];
        Library::read(&paths, PackageLimits::default()).unwrap()
    })
}

/// What Lariat says of a resource: place and rule of each error.
fn ours(value: &Value) -> Vec<(String, &'static str)> {
    let issues = resource(value, &Validator::new(library()), &[]);
    let errors = issues.into_iter().filter(|issue| issue.severity == Severity::Error);
    errors.map(|issue| (issue.at, issue.rule)).collect()
}

/// The lines of [`KNOWN`].
fn known(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(|line| line.split('|').map(str::trim).collect()).collect()
}

/// Which line of [`KNOWN`] says why `word`, a rule of ours or a message of theirs, stands against a case.
fn explanation(known: &[Vec<&str>], name: &str, word: &str) -> Option<usize> {
    known.iter().position(|line| (name.contains(line[0]) || line[0] == "*") && line[1] == word)
}

/// What the judge finds wrong with a case, without what it could not know and what is known to be its own fault.
pub(super) fn faults<'v>(name: &str, verdict: &'v Verdict) -> Vec<&'v Finding> {
    let text = fs::read_to_string(here(KNOWN)).unwrap_or_default();
    let known = known(&text);
    verdict.iter().filter(|one| !one.unknown && explanation(&known, name, &one.message).is_none()).collect()
}

pub(super) fn compare(cases: &[Case], verdicts: &Verdicts) -> Report {
    let text = fs::read_to_string(here(KNOWN)).unwrap_or_default();
    let known = known(&text);
    let used = known.iter().map(|line| (line[..2].join("|"), 0)).collect();
    let mut report = Report { rows: BTreeMap::new(), missed: BTreeMap::new(), alarms: BTreeMap::new(), used };
    for case in cases {
        report.add(case, verdicts.of(&case.key()), &known);
    }
    report
}

impl Report {
    fn add(&mut self, case: &Case, verdict: Option<&Verdict>, known: &[Vec<&str>]) {
        let row = self.rows.entry(case.part).or_default();
        row.cases += 1;
        let Some(verdict) = verdict else {
            row.not_judged += 1;
            return;
        };
        let theirs: Vec<_> = verdict.iter().filter(|one| !one.unknown).collect();
        let ours = ours(&case.resource);
        let explain = |words: &[&str]| -> Option<Vec<usize>> {
            words.iter().map(|word| explanation(known, &case.name, word)).collect()
        };
        let words: Vec<&str> = match theirs.is_empty() {
            true => ours.iter().map(|(_, rule)| *rule).collect(),
            false => theirs.iter().map(|one| &*one.message).collect(),
        };
        if theirs.is_empty() != ours.is_empty()
            && let Some(mut lines) = explain(&words)
        {
            row.explained += 1;
            lines.sort_unstable();
            lines.dedup();
            lines.into_iter().for_each(|line| self.used[line].1 += 1);
            return;
        }
        match (theirs.is_empty(), ours.is_empty()) {
            (true, true) => row.agreed += 1,
            (false, false) => {
                row.agreed += 1;
                row.both_refuse += 1;
                let same = |place: &str| theirs.iter().any(|one| near(&plain(&one.at), &plain(place)));
                row.same_place += usize::from(ours.iter().any(|(at, _)| same(at)));
            }
            (false, true) => {
                row.missed += 1;
                let kind = format!("{} <{}>", theirs[0].message, case.mutation());
                self.missed.entry(kind).or_default().push(format!("{} at {}", case.name, theirs[0].at));
            }
            (true, false) => {
                row.false_alarms += 1;
                let rules: BTreeSet<&str> = ours.iter().map(|(_, rule)| *rule).collect();
                let rules = rules.into_iter().collect::<Vec<_>>().join(", ");
                let kind = format!("{rules} <{}>", case.mutation());
                self.alarms.entry(kind).or_default().push(format!("{} at {}", case.name, ours[0].0));
            }
        }
    }

    /// Fails where the two disagree and no line of [`KNOWN`] says why.
    pub(super) fn check(&self) {
        let judged: usize = self.rows.values().map(|row| row.cases - row.not_judged).sum();
        let agreed: usize = self.rows.values().map(|row| row.agreed + row.explained).sum();
        assert!(judged > 0, "there is no verdict at all");
        assert_eq!(agreed, judged, "apart for no reason on file: see what was missed, and the false alarms");
        // Which mutants there are is a matter of the seed, and of the rest what other tests make is not among the cases.
        let is_idle = |line: &str| !line.contains('#') && !line.starts_with('-') && !line.starts_with(MADE_HERE);
        let idle = self.used.iter().filter(|(line, count)| *count == 0 && is_idle(line));
        let idle: Vec<_> = idle.map(|(line, _)| line).collect();
        assert!(idle.is_empty(), "lines of {KNOWN} that explain nothing: {idle:?}");
    }
}

/// A path without slice names, types of choices and indices, which the two write each in their own way.
fn plain(path: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0;
    for (index, letter) in path.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            '(' if path[..index].ends_with(".ofType") => {
                plain.truncate(plain.len() - ".ofType".len());
                depth += 1;
            }
            ')' if depth > 0 => depth -= 1,
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// The same element, or one of them the other's parent: what is missing is told here at the parent, there at itself.
fn near(one: &str, other: &str) -> bool {
    let parent = |path: &str| path.rsplit_once('.').map(|(parent, _)| parent.to_owned()).unwrap_or_default();
    one == other || parent(one) == other || one == parent(other)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| corpus | resources | agree | explained | missed | false alarms | both refuse | same element | no verdict |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|")?;
        for (part, row) in &self.rows {
            writeln!(
                f,
                "| {part:?} | {} | {} | {} | {} | {} | {} | {} | {} |",
                row.cases,
                row.agreed,
                row.explained,
                row.missed,
                row.false_alarms,
                row.both_refuse,
                row.same_place,
                row.not_judged
            )?;
        }
        let mut used: Vec<_> = self.used.iter().collect();
        used.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        used.iter().try_for_each(|(line, count)| writeln!(f, "explained: {count} by {line}"))?;
        for (title, kinds) in [("missed", &self.missed), ("false alarm", &self.alarms)] {
            let mut kinds: Vec<_> = kinds.iter().collect();
            kinds.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
            for (kind, names) in kinds {
                writeln!(f, "{title}: {kind} ({})", names.len())?;
                for name in names.iter().take(SHOWN) {
                    writeln!(f, "    {name}")?;
                }
            }
        }
        Ok(())
    }
}
