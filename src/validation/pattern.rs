//! Fixed values and patterns (FHIR R4, ElementDefinition.fixed[x] and pattern[x]).

use serde_json::Value;

/// Whether a value holds at least what a pattern says: every property, and of an array every item, in any order.
pub(super) fn holds_pattern(value: &Value, pattern: &Value) -> bool {
    match (value, pattern) {
        (Value::Object(map), Value::Object(wanted)) => {
            wanted.iter().all(|(name, inner)| map.get(name).is_some_and(|value| holds_pattern(value, inner)))
        }
        (Value::Array(items), Value::Array(wanted)) => {
            wanted.iter().all(|inner| items.iter().any(|item| holds_pattern(item, inner)))
        }
        (value, pattern) => value == pattern,
    }
}

/// The first property, by path, in which a value does not hold a pattern; empty for the value itself.
pub(super) fn first_difference(value: &Value, pattern: &Value) -> String {
    let (Value::Object(map), Value::Object(wanted)) = (value, pattern) else { return String::new() };
    for (name, inner) in wanted {
        match map.get(name) {
            Some(found) if holds_pattern(found, inner) => {}
            Some(found) => {
                let rest = first_difference(found, inner);
                return if rest.is_empty() { name.clone() } else { format!("{name}.{rest}") };
            }
            None => return name.clone(),
        }
    }
    String::new()
}
