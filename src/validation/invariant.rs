//! Rules in FHIRPath: those of base types, elements and profiles. The few that every resource has are known natively.

use serde_json::Value;

use crate::definitions::{Content, Definitions, Invariant, Library, Membership, Weight};
use crate::domain::issue::Severity;
use crate::fhirpath::{self, Context, Environment, EvaluationError, Expression, Item, Node, ParseError};

use super::at::At;
use super::narrative;
use super::said::{Layout, Profiled, Unevaluated};
use super::scope::{CONTAINED, Scope, Target};
use super::session::Walk;

/// Work of one rule.
const LIMITS: fhirpath::Limits = fhirpath::Limits { steps: 500_000, text_bytes: 1 << 20 };
/// Rules that may take too much work before no more are evaluated.
const COSTLY_MAX: usize = 10;

/// Rules that R4 published otherwise than it meant them, as R5 has mended them: a FHIR boolean is no `Boolean` of
/// FHIRPath's own, two are more than one (que-12), and what has no name or probability has no wrong one.
const MENDED: [(&str, &str); 4] = [
    (
        "enableWhen.count() > 2 implies enableBehavior.exists()",
        "enableWhen.count() > 1 implies enableBehavior.exists()",
    ),
    (
        "probability is decimal implies (probability as decimal) <= 100",
        "probability.empty() or ((probability is decimal) implies ((probability as decimal) <= 100))",
    ),
    ("operator = 'exists' implies (answer is Boolean)", "operator = 'exists' implies (answer is boolean)"),
    (
        "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
        "name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
    ),
];

/// A rule, ready.
struct Compiled {
    native: Native,
    expression: Result<Expression, ParseError>,
}

/// What the walk knows of a rule by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Native {
    /// Nothing.
    No,
    /// It is told where the walk finds it broken: ref-1 with references, txt-1 and txt-2 with narratives, dom-2 with
    /// what is contained.
    Elsewhere,
    /// It holds where nothing is contained (dom-3 to dom-5), and of what is contained itself dom-2 has been told.
    OfContained,
    /// It compares two times (per-1, Task's inv-1): those of which one is less precise are compared as far as both go,
    /// which R5 writes as boundaries and R4 left without an answer.
    Order(&'static str, &'static str),
    /// Good practice between people, of no use between systems that render for themselves (dom-6).
    GoodPractice,
}

impl Native {
    fn of(expression: &str) -> Self {
        match expression {
            "text.`div`.exists()" => Self::GoodPractice,
            "htmlChecks()" | "contained.contained.empty()" => Self::Elsewhere,
            "start.hasValue().not() or end.hasValue().not() or (start <= end)" => Self::Order("start", "end"),
            "lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn" => {
                Self::Order("authoredOn", "lastModified")
            }
            text if text.starts_with("reference.startsWith('#').not() or (reference.substring(1)") => {
                Self::Elsewhere
            }
            text if text.starts_with("contained.") => Self::OfContained,
            _ => Self::No,
        }
    }
}

/// An element that rules are asked of.
#[derive(Clone, Copy)]
pub(super) struct Subject<'v> {
    pub(super) value: &'v Value,
    /// What stands under `_name` beside a primitive.
    pub(super) beside: Option<&'v Value>,
    pub(super) content: Content,
}

impl<'d> Walk<'d> {
    pub(super) fn invariants<'i>(
        &mut self,
        invariants: impl IntoIterator<Item = &'i std::sync::Arc<Invariant>>,
        subject: Subject<'_>,
        scope: Scope<'_>,
        at: &At<'_>,
    ) where
        'd: 'i,
    {
        for invariant in invariants {
            self.invariant(invariant, subject, scope, at);
        }
    }

    fn invariant(&mut self, invariant: &Invariant, subject: Subject<'_>, scope: Scope<'_>, at: &At<'_>) {
        let make = |text: &str| {
            let text = MENDED.iter().find(|(published, _)| *published == text).map_or(text, |(_, mended)| mended);
            Compiled { native: Native::of(text), expression: fhirpath::parse(text) }
        };
        let Some(compiled) = invariant.compiled(make) else { return };
        let text = |name| subject.value.get(name).and_then(Value::as_str);
        let holds = match compiled.native {
            Native::No => false,
            Native::Elsewhere | Native::GoodPractice => true,
            Native::OfContained => {
                subject.value.get(CONTAINED).is_none() || !std::ptr::eq(scope.container.value, subject.value)
            }
            Native::Order(first, last) => match (text(first), text(last)) {
                (Some(first), Some(last)) => may_be_in_order(first, last),
                _ => true,
            },
        };
        if holds {
            return;
        }
        if self.session.costly.get() >= COSTLY_MAX {
            return self.unchecked(&self.session.costly, Layout::RulesUnchecked, at);
        }
        let Ok(expression) = &compiled.expression else {
            return self.unevaluated(invariant, Unevaluated::Unreadable, at);
        };
        let surroundings = Surroundings { walk: self, scope, unknown: std::cell::Cell::new(false) };
        let this = Node::element(self.definitions, subject.content, Some(subject.value), subject.beside);
        let context = Context {
            definitions: self.definitions,
            this,
            resource: Node::resource(self.definitions, scope.resource),
            root: Node::resource(self.definitions, scope.container.value),
            environment: &surroundings,
            limits: LIMITS,
        };
        let verdict = expression.holds(&context);
        let unknown = surroundings.unknown.get();
        match verdict {
            Ok(true) => {}
            Ok(false) if unknown => self.unevaluated(invariant, Unevaluated::NotAtHand, at),
            Ok(false) => self.broken(invariant, at),
            Err(EvaluationError::TooCostly) => {
                self.session.costly.set(self.session.costly.get() + 1);
                self.unevaluated(invariant, Unevaluated::TooCostly, at);
            }
            Err(_) => self.unevaluated(invariant, Unevaluated::NoAnswer, at),
        }
    }

    /// Whether a FHIRPath over the resource around finds an element; `None` when it cannot be told.
    pub(super) fn is_found(&self, text: &str, element: &Value, scope: Scope<'_>) -> Option<bool> {
        let expression = fhirpath::parse(text).ok()?;
        let surroundings = Surroundings { walk: self, scope, unknown: std::cell::Cell::new(false) };
        let resource = Node::resource(self.definitions, scope.resource);
        let root = Node::resource(self.definitions, scope.container.value);
        let context =
            Context { root, limits: LIMITS, ..Context::of_resource(self.definitions, resource, &surroundings) };
        let found = expression.evaluate(&context).ok()?;
        let is_it = |node: &Node<'_>| {
            let is = |json: Option<&Value>| json.is_some_and(|json| std::ptr::eq(json, element));
            is(node.json()) || is(node.beside())
        };
        let is_found = found.iter().filter_map(Item::node).any(is_it);
        (is_found || !surroundings.unknown.get()).then_some(is_found)
    }

    fn broken(&mut self, invariant: &Invariant, at: &At<'_>) {
        let said = Profiled::Broken { key: &invariant.key, human: &invariant.human };
        match invariant.weight {
            Weight::Warning => self.remark(Severity::Warning, said, at),
            Weight::Error => self.error(said, at),
        }
    }

    fn unevaluated(&mut self, invariant: &Invariant, why: Unevaluated, at: &At<'_>) {
        self.unchecked(invariant, Profiled::Unevaluated { key: &invariant.key, why }, at);
    }
}

/// Whether the first of two times is surely not after the last: where both have a time of day, FHIRPath decides.
fn may_be_in_order(first: &str, last: &str) -> bool {
    let is_whole = |time: &str| time.contains('T');
    if is_whole(first) && is_whole(last) {
        return false;
    }
    let shared = first.len().min(last.len()).min("2026-01-01".len());
    first.get(..shared) <= last.get(..shared)
}

/// What a rule may ask for that does not stand in its resource.
struct Surroundings<'e, 'd> {
    walk: &'e Walk<'d>,
    scope: Scope<'e>,
    /// Whether it asked for something that nobody here knows.
    unknown: std::cell::Cell<bool>,
}

impl Surroundings<'_, '_> {
    fn library(&self) -> &Library {
        self.walk.library
    }

    fn definitions(&self) -> &Definitions {
        self.walk.definitions
    }

    fn noted<T>(&self, answer: Option<T>) -> Option<T> {
        if answer.is_none() {
            self.unknown.set(true);
        }
        answer
    }

    /// Whether a code, Coding or CodeableConcept is in a value set.
    fn membership(&self, item: &Item<'_>, value_set: &str) -> Option<bool> {
        let list = self.library().value_set(value_set)?;
        let member = |system: Option<&str>, code: &str| match system {
            Some(system) => list.membership(system, code),
            None => list.membership_of_code(code),
        };
        let Some(json) = item.node().and_then(Node::json).filter(|json| json.is_object()) else {
            return decided(item.text().map(|code| member(None, code)).into_iter());
        };
        let codings = json.get("coding").map_or(std::slice::from_ref(json), super::layer::each);
        // A code is in a value set with its system only.
        decided(codings.iter().filter_map(|one| Some(member(Some(one["system"].as_str()?), one["code"].as_str()?))))
    }
}

/// Whether any is in; `None` when none is and one may be.
fn decided<'m>(memberships: impl Iterator<Item = Membership<'m>>) -> Option<bool> {
    let mut unknown = false;
    for one in memberships {
        match one {
            Membership::In => return Some(true),
            Membership::Unknown(_) => unknown = true,
            Membership::Out => {}
        }
    }
    (!unknown).then_some(false)
}

impl<'a, 'e: 'a, 'd> Environment<'a> for Surroundings<'e, 'd> {
    fn now(&self) -> jiff::Zoned {
        self.noted(self.walk.session.now).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC)
    }

    fn resolve(&self, reference: &str) -> Option<Node<'a>> {
        let found = self.scope.resolve(reference, self.definitions());
        self.noted(match found {
            Target::Found(value, _) => Some(Node::resource(self.definitions(), value)),
            Target::Elsewhere(name) => name.and_then(|name| Node::absent(self.definitions(), name)),
            Target::NotContained | Target::NotInBundle | Target::Unreadable => None,
        })
    }

    fn member_of(&self, item: &Item<'a>, value_set: &str) -> Option<bool> {
        self.noted(self.membership(item, value_set))
    }

    fn conforms_to(&self, node: &Node<'a>, profile: &str) -> Option<bool> {
        let shape = match node.kind() {
            fhirpath::Kind::Resource(shape) | fhirpath::Kind::Object(shape) => Some(shape),
            fhirpath::Kind::Primitive(_) | fhirpath::Kind::Unknown => None,
        };
        self.noted(node.json().and_then(|json| self.walk.meets_profile(json, shape, profile, self.scope)))
    }

    fn html_is_allowed(&self, div: &str) -> Option<bool> {
        Some(narrative::check(div) == Ok(true))
    }
}
