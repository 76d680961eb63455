//! Expands value sets over the code systems at hand (FHIR R4, section 4.9.5). What cannot be decided is kept as a
//! doubt, never as an answer.

use serde_json::Value;

use super::catalogue::Catalogue;
use super::code_list::{CodeList, Doubt};
use super::code_set::CodeSet;
use super::code_system::{CodeSystem, Completeness, Concept};
use super::draft::list;
use super::filter;

/// What may be looked at for one value set: concepts, conditions, and 64 bytes of each value set that it names. Chosen:
/// ten times SNOMED CT.
const WORK: usize = 4_000_000;
const WORK_BYTES: usize = 64;
/// Value sets inside each other.
const DEPTH: usize = 32;
/// Extensions that say that an expansion is not the whole.
const PARTIAL: [&str; 2] = [
    "http://hl7.org/fhir/StructureDefinition/valueset-unclosed",
    "http://hl7.org/fhir/StructureDefinition/valueset-toocostly",
];

/// The value set of a resource.
pub(super) fn expand(catalogue: &Catalogue, url: &str, json: &Value) -> CodeList {
    let mut expander = Expander { catalogue, above: Vec::new(), work: WORK };
    expander.value_set(url, json).finish(url)
}

struct Expander<'a> {
    catalogue: &'a Catalogue,
    above: Vec<String>,
    work: usize,
}

impl Expander<'_> {
    fn value_set(&mut self, url: &str, json: &Value) -> CodeSet {
        self.above.push(url.to_owned());
        let composed = json.get("compose").map(|compose| self.compose(compose));
        self.above.pop();
        match (composed, given(json)) {
            (Some(set), _) if set.is_closed() => set,
            (_, Some(expansion)) => expansion,
            (Some(set), None) => set,
            (None, None) => CodeSet::unknown(Doubt::Content(url.into())),
        }
    }

    fn compose(&mut self, compose: &Value) -> CodeSet {
        let mut set = CodeSet::default();
        for include in list(compose, "include") {
            let part = self.part(include);
            set.join(part);
            if set.is_too_large() {
                return CodeSet::unknown(Doubt::Size);
            }
        }
        for exclude in list(compose, "exclude") {
            let part = self.part(exclude);
            set.remove(&part);
        }
        set
    }

    /// What one include or exclude comes to: all of its conditions together.
    fn part(&mut self, include: &Value) -> CodeSet {
        if !self.spend(1) {
            return CodeSet::unknown(Doubt::Size);
        }
        let mut set = include["system"].as_str().map(|system| self.of_system(system, include));
        for canonical in list(include, "valueSet").iter().filter_map(Value::as_str) {
            let named = self.named(canonical);
            match &mut set {
                Some(set) => set.meet(named),
                None => set = Some(named),
            }
        }
        set.unwrap_or_default()
    }

    /// Whether there is so much work left.
    fn spend(&mut self, work: usize) -> bool {
        let left = self.work.checked_sub(work);
        self.work = left.unwrap_or(0);
        left.is_some()
    }

    fn named(&mut self, canonical: &str) -> CodeSet {
        let Some((url, json, bytes)) = self.catalogue.value_set_json(canonical) else {
            return CodeSet::unknown(Doubt::ValueSet(canonical.into()));
        };
        if self.above.contains(&url) {
            return CodeSet::unknown(Doubt::Cycle(url.into()));
        }
        if self.above.len() >= DEPTH || !self.spend(1 + bytes / WORK_BYTES) {
            return CodeSet::unknown(Doubt::Size);
        }
        self.value_set(&url, &json)
    }

    fn of_system(&mut self, system: &str, include: &Value) -> CodeSet {
        let mut set = CodeSet::default();
        // Also where nothing is chosen of it: its codes are known to be out.
        set.touch(system);
        let listed = list(include, "concept");
        let exact = include["version"].as_str().map(|version| format!("{system}|{version}"));
        let found = self.catalogue.code_system(exact.as_deref().unwrap_or(system));
        let other = exact.as_ref().filter(|_| found.is_none()).and_then(|_| self.catalogue.code_system(system));
        if !listed.is_empty() {
            for concept in listed {
                let Some(code) = concept["code"].as_str() else { continue };
                let known = found.or(other).and_then(|system| system.find(code));
                let display = concept["display"].as_str().or(known.map(|known| &*known.display));
                set.add(system, code, display.unwrap_or_default(), None);
            }
            return set;
        }
        let Some(definition) = found.or(other) else {
            set.open_system(system, Doubt::System(system.into()));
            return set;
        };
        if !self.spend(definition.concepts().len() * (1 + list(include, "filter").len())) {
            set.open_system(system, Doubt::Size);
            return set;
        }
        let versioned = other.and(exact).map(|exact| Doubt::Version(exact.into()));
        self.select(definition, list(include, "filter"), &versioned, &mut set);
        match (definition.completeness, versioned) {
            (_, Some(doubt)) => set.open_system(system, doubt),
            (Completeness::Complete, None) => {}
            (Completeness::Part, None) => set.open_system(system, Doubt::Part(system.into())),
            (Completeness::Absent, None) => set.open_system(system, Doubt::System(system.into())),
        }
        set
    }

    /// The concepts of a system that meet all filters.
    fn select(&self, system: &CodeSystem, filters: &[Value], doubt: &Option<Doubt>, set: &mut CodeSet) {
        let mut chosen: Vec<bool> = vec![true; system.concepts().len()];
        for filter in filters {
            match filter::matching(system, filter) {
                Some(matching) => chosen.iter_mut().zip(matching).for_each(|(one, matches)| *one &= matches),
                None => {
                    let property = filter["property"].as_str().unwrap_or_default();
                    return set.open_system(&system.url, Doubt::Filter(property.into()));
                }
            }
        }
        let usable = |concept: &&Concept| !concept.is_abstract;
        let concepts =
            system.concepts().iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(concept, _)| concept);
        for concept in concepts.filter(usable) {
            set.add(&system.url, &concept.code, &concept.display, doubt.clone());
        }
    }
}

/// The expansion that a value set brings with it, where it is the whole.
fn given(json: &Value) -> Option<CodeSet> {
    let expansion = json.get("expansion")?;
    let mut set = CodeSet::default();
    let mut count = 0_u64;
    let mut open: Vec<&Value> = list(expansion, "contains").iter().rev().collect();
    while let Some(one) = open.pop() {
        count += 1;
        if let (Some(system), Some(code), true) =
            (one["system"].as_str(), one["code"].as_str(), one["abstract"] != true)
        {
            set.add(system, code, one["display"].as_str().unwrap_or_default(), None);
        }
        open.extend(list(one, "contains").iter().rev());
        if set.is_too_large() {
            return None;
        }
    }
    let partial =
        list(expansion, "extension").iter().any(|extension| PARTIAL.iter().any(|url| extension["url"] == *url));
    let paged = expansion["offset"].as_u64().is_some_and(|offset| offset > 0)
        || expansion["total"].as_u64().is_some_and(|total| total > count);
    (count > 0 && !partial && !paged).then_some(set)
}
