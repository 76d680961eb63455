//! Functions on elements: the tree, types, the clock, and what FHIR adds (R4, section "FHIRPath").

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::call::truth;
use super::evaluate::{Evaluated, Evaluator, Scope, one, truth_value};
use super::function::Function;
use super::item::{Collection, Item, Kind, Node, Value};
use super::temporal::Temporal;
use super::tree::{Call, Extra, Name};
use super::types::{self, Ask};
use super::{EvaluationError, navigate};
use crate::definitions::Role;

static EXTENSION: LazyLock<Name> = LazyLock::new(|| Name::new("extension"));
static URL: LazyLock<Name> = LazyLock::new(|| Name::new("url"));

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn children(&self, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        for node in input.iter().filter_map(Item::node) {
            navigate::each_child(self.context.definitions, node, &mut |_, child| found.push(Item::Node(child)));
        }
        self.budget.spend(found.len())?;
        Ok(found)
    }

    /// Everything below, parents before their children.
    pub(super) fn descendants(&self, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let resource = &self.context.resource;
        if !matches!(input, [Item::Node(node)] if node.is_same(resource)) {
            return self.below(input);
        }
        let found = match self.below_resource.get() {
            Some(found) => found,
            None => {
                let found = self.below(input)?;
                self.below_resource.get_or_init(|| found)
            }
        };
        self.budget.spend(found.len())?;
        Ok(found.clone())
    }

    fn below(&self, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        let mut waiting: Vec<Node<'a>> = input.iter().rev().filter_map(Item::node).copied().collect();
        let mut is_input = waiting.len();
        while let Some(node) = waiting.pop() {
            // The input itself is not below.
            if waiting.len() < is_input {
                is_input = waiting.len();
            } else {
                found.push(Item::Node(node));
            }
            let known = waiting.len();
            navigate::each_child(self.context.definitions, &node, &mut |_, child| waiting.push(child));
            self.budget.spend(1 + waiting.len() - known)?;
            waiting[known..].reverse();
        }
        Ok(found)
    }

    pub(super) fn is(&self, call: &Call, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let item = self.single(input, call.at, "is")?;
        let Extra::Type(wanted) = &call.extra else { return Ok(Collection::new()) };
        Ok(truth_value(item.map(|item| types::is(self.context.definitions, item, wanted, Ask::Is))))
    }

    pub(super) fn of_type(&self, call: &Call, mut input: Collection<'a>) -> Evaluated<Collection<'a>> {
        let Extra::Type(wanted) = &call.extra else { return Ok(Collection::new()) };
        let had = !input.is_empty();
        input.retain(|item| types::is(self.context.definitions, item, wanted, Ask::As));
        if had && input.is_empty() && !types::exists(self.context.definitions, wanted) {
            return Err(EvaluationError::UnknownType { offset: call.at, name: wanted.name.to_string() });
        }
        Ok(input)
    }

    pub(super) fn types(&self, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        Ok(input.iter().map(|item| types::type_of(self.context.definitions, item).into()).collect())
    }

    pub(super) fn clock(&self, function: Function) -> Value<'a> {
        let now = self.now.get_or_init(|| Temporal::instant(&self.context.environment.now()));
        Value::Temporal(match function {
            Function::Today => now.as_date(),
            Function::TimeOfDay => now.as_time(),
            _ => *now,
        })
    }

    pub(super) fn extension(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let url = self.text_argument(call, 0, scope)?;
        let Some(url) = url.as_ref().and_then(Item::text) else { return Ok(Collection::new()) };
        let mut found = self.members(input, &EXTENSION)?;
        let is_wanted = |item: &Item<'a>| {
            let mut urls = Collection::new();
            if let Some(node) = item.node() {
                navigate::members(self.context.definitions, node, &URL, &mut urls);
            }
            urls.first().and_then(Item::text) == Some(url)
        };
        found.retain(|item| is_wanted(item));
        Ok(found)
    }

    pub(super) fn value(&self, call: &Call, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let item = self.single(input, call.at, "getValue()")?;
        Ok(item.and_then(Item::value).map_or_else(Collection::new, one))
    }

    /// What references lead to; what leads nowhere is left out.
    pub(super) fn resolve(&self, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        self.budget.spend(input.len())?;
        Ok(input.iter().filter_map(|item| self.target(item)).map(Item::Node).collect())
    }

    fn target(&self, item: &Item<'a>) -> Option<Node<'a>> {
        let reference = match (item.text(), item.node()) {
            (Some(text), _) => text,
            (None, Some(Node { json: Some(json), kind: Kind::Object(shape), .. })) => {
                let is_reference = self.context.definitions.shape(*shape).role() == Role::Reference;
                json.get("reference").and_then(Json::as_str).filter(|_| is_reference)?
            }
            _ => return None,
        };
        let root = &self.context.root;
        match reference.strip_prefix('#') {
            Some("") => Some(*root),
            Some(id) => {
                let contained = root.json?.get("contained")?.as_array()?;
                let json = contained.iter().find(|resource| resource["id"] == *id)?;
                Some(Node::resource(self.context.definitions, json))
            }
            None => self.context.environment.resolve(reference),
        }
    }

    pub(super) fn member_of(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let value_set = self.text_argument(call, 0, scope)?;
        let ([item], Some(value_set)) = (input, value_set.as_ref().and_then(Item::text)) else {
            return Ok(Collection::new());
        };
        Ok(truth_value(self.context.environment.member_of(item, value_set)))
    }

    pub(super) fn conforms_to(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let profile = self.text_argument(call, 0, scope)?;
        let node = self.single(input, call.at, "conformsTo()")?.and_then(Item::node);
        let (Some(node), Some(profile)) = (node, profile.as_ref().and_then(Item::text)) else {
            return Ok(Collection::new());
        };
        let known = self.context.environment.conforms_to(node, profile);
        known.map(truth).ok_or(EvaluationError::UnknownProfile { offset: call.at })
    }

    pub(super) fn html_checks(&self, call: &Call, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let div = self.single(input, call.at, "htmlChecks()")?.and_then(Item::text);
        Ok(truth_value(div.and_then(|div| self.context.environment.html_is_allowed(div))))
    }
    /// What answers count; of those that count nothing, nothing.
    pub(super) fn weights(&self, call: &Call, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        for node in input.iter().filter_map(Item::node) {
            let weight = self.context.environment.weight(node);
            found.extend(weight.ok_or(EvaluationError::UnknownWeight { offset: call.at })?);
        }
        self.budget.spend(input.len())?;
        Ok(found)
    }
}
