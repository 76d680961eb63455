//! Filters of value sets over a code system (FHIR R4, ValueSet.compose.include.filter; `descendent-leaf` and `child-of`
//! are R5's).

use serde_json::Value;

use super::code_system::{CodeSystem, Concept};

/// Names that mean the code itself in a filter's property.
const CODE: [&str; 2] = ["concept", "code"];
/// Bytes of a compiled expression. Chosen: one of a guide takes a few kilobytes.
const REGEX_BYTES: usize = 1 << 20;

/// For each concept whether it meets the filter; `None` where that cannot be told.
pub(super) fn matching(system: &CodeSystem, filter: &Value) -> Option<Vec<bool>> {
    let property = filter["property"].as_str()?;
    let value = filter["value"].as_str()?;
    let is_code = CODE.contains(&property);
    let each = |meets: &dyn Fn(&Concept) -> bool| Some(system.concepts().iter().map(meets).collect());
    let listed = || value.split(',').map(str::trim).collect::<Vec<_>>();
    match filter["op"].as_str()? {
        "is-a" if is_code => Some(numbered(system, &system.reach(value, true), true)),
        "descendent-of" if is_code => {
            Some(numbered(system, system.reach(value, true).get(1..).unwrap_or_default(), true))
        }
        "is-not-a" if is_code => Some(numbered(system, &system.reach(value, true), false)),
        "generalizes" if is_code => Some(numbered(system, &system.reach(value, false), true)),
        "child-of" if is_code => Some(numbered(system, system.next(value, true), true)),
        "descendent-leaf" if is_code => {
            let mut leaves = system.reach(value, true);
            leaves.retain(|number| system.is_leaf(*number));
            Some(numbered(system, &leaves, true))
        }
        "=" if property == "parent" => Some(numbered(system, system.next(value, true), true)),
        "=" if property == "child" => Some(numbered(system, system.next(value, false), true)),
        "=" => each(&|concept| values(concept, property).any(|found| found == value)),
        "in" => each(&|concept| values(concept, property).any(|found| listed().contains(&found))),
        "not-in" => each(&|concept| !values(concept, property).any(|found| listed().contains(&found))),
        "exists" => {
            let wanted = value.parse::<bool>().ok()?;
            each(&|concept| values(concept, property).next().is_some() == wanted)
        }
        "regex" => {
            // The whole value must match (FHIR R4, FilterOperator).
            let whole = regex::RegexBuilder::new(&format!("^(?:{value})$")).size_limit(REGEX_BYTES).build().ok()?;
            each(&|concept| values(concept, property).any(|found| whole.is_match(found)))
        }
        _ => None,
    }
}

fn numbered(system: &CodeSystem, numbers: &[u32], wanted: bool) -> Vec<bool> {
    let mut chosen = vec![!wanted; system.concepts().len()];
    numbers.iter().for_each(|number| chosen[*number as usize] = wanted);
    chosen
}

/// The values that a property has for a concept.
fn values<'a>(concept: &'a Concept, property: &'a str) -> impl Iterator<Item = &'a str> {
    let own: Option<&str> = match property {
        "display" => Some(&*concept.display).filter(|display| !display.is_empty()),
        name if CODE.contains(&name) => Some(&concept.code),
        _ => None,
    };
    let named = concept.properties.iter().filter(move |(name, _)| **name == *property).map(|(_, value)| &**value);
    own.into_iter().chain(named)
}
