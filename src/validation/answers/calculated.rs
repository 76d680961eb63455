//! Answers that the form calculates from others (Structured Data Capture, `calculatedExpression` and `variable`): what
//! is sent must be what comes out. What cannot be evaluated here is said, never passed off as right.

use std::cell::Cell;
use std::collections::HashMap;

use serde_json::Value;

use crate::definitions::{Content, Definitions, Primitive, r4};
use crate::domain::issue::{Fault, Words};
use crate::fhirpath::{self, Collection, Context, Environment, Expression, Item, Limits, Node};

use super::value::{extension, value_of};
use super::{Check, DEPTH_MAX, ITEMS_MAX, Place, items, link_id};

const CALCULATED: &str = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression";
const VARIABLE: &str = "http://hl7.org/fhir/StructureDefinition/variable";
/// What an option counts: R5's name, and R4's.
const WEIGHTS: [&str; 2] =
    ["http://hl7.org/fhir/StructureDefinition/itemWeight", "http://hl7.org/fhir/StructureDefinition/ordinalValue"];
const LANGUAGE: &str = "text/fhirpath";
/// Calculated answers of one response. Chosen, with the two below: any form there is, in less than a second.
const CALCULATIONS_MAX: usize = 100;
/// Expressions read for one response.
const EXPRESSIONS_MAX: usize = 1_000;
/// What one calculation may cost.
const LIMITS: Limits = Limits { steps: 200_000, text_bytes: 1 << 16 };

/// What all calculations of one form share.
struct Form<'v> {
    definitions: &'static Definitions,
    source: &'v Value,
    response: Node<'v>,
    /// What each option counts, by system and code; nothing for one that counts nothing.
    weights: HashMap<(&'v str, &'v str), Option<&'v Value>>,
    calculations_left: Cell<usize>,
    expressions_left: Cell<usize>,
}

/// Why it cannot be told whether an answer is what the form calculates.
#[derive(Clone, Copy)]
enum Untold {
    TooMany,
    Unreadable,
    NoAnswer,
    NotAtHand,
    Nothing,
}

impl Untold {
    fn words(self) -> Words {
        let (english, french) = match self {
            Self::TooMany => (
                "the form calculates more answers than are looked at",
                "le formulaire calcule plus de réponses qu’on n’en regarde",
            ),
            Self::Unreadable => (
                "the expression that calculates it cannot be read",
                "l’expression qui la calcule ne peut pas être lue",
            ),
            Self::NoAnswer => (
                "the expression that calculates it has no answer here",
                "l’expression qui la calcule n’a pas de réponse ici",
            ),
            Self::NotAtHand => (
                "the expression that calculates it asks for what is not at hand",
                "l’expression qui la calcule demande ce qui n’est pas disponible",
            ),
            Self::Nothing => (
                "the form calculates nothing from the other answers",
                "le formulaire ne calcule rien à partir des autres réponses",
            ),
        };
        Words::both(english, french)
    }
}

/// The form, or an item around a calculation: its variables, and what they are asked of.
struct Level<'p> {
    outer: Option<&'p Level<'p>>,
    variables: Vec<(&'p str, Expression)>,
    this: Node<'p>,
}

/// What an expression may ask for outside of the response.
struct Surroundings<'p> {
    form: &'p Form<'p>,
    asked: &'p Value,
    level: &'p Level<'p>,
    /// Whether it asked for what nobody here knows.
    is_unsure: Cell<bool>,
}

impl Check<'_> {
    /// Every answer that the form calculates.
    pub(super) fn calculated(&mut self) {
        if self.walked > ITEMS_MAX || !items(self.form).iter().any(calculates) {
            return;
        }
        let definitions = r4();
        let response = Node::resource(definitions, self.response);
        let form = Form {
            definitions,
            source: self.form,
            response,
            weights: weights(self.form),
            calculations_left: Cell::new(CALCULATIONS_MAX),
            expressions_left: Cell::new(EXPRESSIONS_MAX),
        };
        let level = Level { outer: None, variables: form.variables(self.form), this: response };
        self.calculated_level(&form, (items(self.form), items(self.response)), &level, &Place::root());
    }

    fn calculated_level<'p>(
        &mut self,
        form: &'p Form<'p>,
        (asked, given): (&'p [Value], &'p [Value]),
        outer: &'p Level<'p>,
        place: &Place<'_>,
    ) {
        let calculating: HashMap<&str, &Value> =
            asked.iter().filter(|item| calculates(item)).map(|item| (link_id(item), item)).collect();
        if calculating.is_empty() || place.depth > DEPTH_MAX {
            return;
        }
        for (number, item) in given.iter().enumerate() {
            let Some(&asked) = calculating.get(link_id(item)) else { continue };
            let here = place.item(given, number);
            let Some(this) = form.item(outer.this, item) else { return };
            let level = Level { outer: Some(outer), variables: form.variables(asked), this };
            if let Some(expression) = extension(asked, CALCULATED) {
                self.calculation(form, expression, (asked, item), &level, &here);
            }
            self.calculated_level(form, (items(asked), items(item)), &level, &here);
            for (number, answer) in item["answer"].as_array().into_iter().flatten().enumerate() {
                self.calculated_level(form, (items(asked), items(answer)), &level, &here.in_answer(number));
            }
        }
    }

    fn calculation(
        &mut self,
        form: &Form<'_>,
        expression: &Value,
        (asked, item): (&Value, &Value),
        level: &Level<'_>,
        here: &Place<'_>,
    ) {
        let answers = item["answer"].as_array().map_or(&[][..], Vec::as_slice);
        if answers.is_empty() {
            return;
        }
        match form.outcome(expression, asked, answers, level) {
            Ok(true) => {}
            Ok(false) => {
                let message = (
                    "The form calculates another answer from those to its other questions.",
                    "Le formulaire calcule une autre réponse à partir de celles des autres questions.",
                );
                let remedy = (
                    "Calculate it anew from the answers sent, or correct those.",
                    "Recalculez-la à partir des réponses envoyées, ou corrigez celles-ci.",
                );
                self.say(("R-SCREEN-CALCULATED", Fault::Invariant), here.under("answer"), message, remedy);
            }
            Err(why) => self.unchecked(here.under("answer"), &why.words()),
        }
    }
}

impl<'v> Form<'v> {
    fn read(&self, expression: &Value) -> Option<Expression> {
        let text = expression["expression"].as_str().filter(|_| expression["language"] == LANGUAGE)?;
        let left = self.expressions_left.get().checked_sub(1)?;
        self.expressions_left.set(left);
        fhirpath::parse(text).ok()
    }

    /// The variables of the form or an item. One that cannot be read is not defined.
    fn variables<'p>(&self, of: &'p Value) -> Vec<(&'p str, Expression)> {
        let extensions = of["extension"].as_array().map_or(&[][..], Vec::as_slice);
        let variables = extensions.iter().filter(|one| one["url"] == VARIABLE).map(|one| &one["valueExpression"]);
        variables.filter_map(|one| Some((one["name"].as_str()?, self.read(one)?))).collect()
    }

    /// An item of the response, below it or another item.
    fn item<'p>(&self, outer: Node<'p>, item: &'p Value) -> Option<Node<'p>> {
        let content = match outer.kind() {
            fhirpath::Kind::Resource(shape) | fhirpath::Kind::Object(shape) => {
                self.definitions.shape(shape).property("item")?.content()
            }
            fhirpath::Kind::Primitive(_) | fhirpath::Kind::Unknown => return None,
        };
        Some(Node::element(self.definitions, content, Some(item), None))
    }

    /// Whether the answers are what the expression comes to, or why that cannot be told.
    fn outcome(
        &self,
        expression: &Value,
        asked: &Value,
        answers: &[Value],
        level: &Level<'_>,
    ) -> Result<bool, Untold> {
        let left = self.calculations_left.get().checked_sub(1);
        self.calculations_left.set(left.ok_or(Untold::TooMany)?);
        let expression = self.read(expression).ok_or(Untold::Unreadable)?;
        let surroundings = Surroundings { form: self, asked, level, is_unsure: Cell::new(false) };
        let context = Context {
            definitions: self.definitions,
            this: level.this,
            resource: self.response,
            root: self.response,
            environment: &surroundings,
            limits: LIMITS,
        };
        let due = expression.evaluate(&context).map_err(|_| Untold::NoAnswer)?;
        if surroundings.is_unsure.get() {
            return Err(Untold::NotAtHand);
        }
        if due.is_empty() {
            return Err(Untold::Nothing);
        }
        let given: Vec<_> = answers.iter().filter_map(|answer| value_of(answer, "value")).collect();
        let are_given =
            due.iter().all(|due| given.iter().any(|(kind, value)| self.is_same(&context, due, kind, value)));
        Ok(due.len() == given.len() && are_given)
    }

    /// Whether an answer is what came out: a code by system and code, or by its code alone where only that came out; a
    /// quantity by its number alone likewise.
    fn is_same<'a>(&self, context: &Context<'a>, due: &Item<'a>, kind: &str, given: &'a Value) -> bool {
        let decimal = Content::Primitive(Primitive::Decimal);
        let content = match kind {
            "Coding" => {
                let due_code = due.node().and_then(Node::json).filter(|json| json.is_object());
                return match due_code {
                    Some(code) => {
                        code.get("code") == given.get("code") && code.get("system") == given.get("system")
                    }
                    None => due.text().is_some() && due.text() == given["code"].as_str(),
                };
            }
            "Quantity" if is_number(due) => {
                let number = Node::element(self.definitions, decimal, given.get("value"), None);
                return context.are_equivalent(due, &Item::Node(number)) == Ok(true);
            }
            kind => content_of(self.definitions, kind),
        };
        let Some(content) = content else { return false };
        let given = Node::element(self.definitions, content, Some(given), None);
        context.are_equivalent(due, &Item::Node(given)) == Ok(true)
    }
}

fn is_number(item: &Item<'_>) -> bool {
    matches!(item.value(), Some(fhirpath::Value::Integer(_) | fhirpath::Value::Decimal(_)))
}

/// What `value[x]` of an answer holds.
fn content_of(definitions: &Definitions, kind: &str) -> Option<Content> {
    let extension = definitions.type_named("Extension").map(|id| definitions.shape(id))?;
    extension.property(&format!("value{kind}")).map(|property| property.content())
}

/// Whether an item, or one below it, is calculated.
fn calculates(item: &Value) -> bool {
    extension(item, CALCULATED).is_some() || items(item).iter().any(calculates)
}

/// What an option or a code counts by itself.
fn weight_of(of: &Value) -> Option<&Value> {
    WEIGHTS.iter().find_map(|url| extension(of, url))
}

/// What each option of the form counts, wherever it is offered.
fn weights(form: &Value) -> HashMap<(&str, &str), Option<&Value>> {
    let mut found = Vec::new();
    let mut open = vec![items(form)];
    while let Some(level) = open.pop() {
        for item in level {
            for option in item["answerOption"].as_array().into_iter().flatten() {
                let coding = &option["valueCoding"];
                let weight = weight_of(option).or_else(|| weight_of(coding));
                found.push((&coding["system"], &coding["code"], weight));
            }
            open.push(items(item));
        }
    }
    for set in form["contained"].as_array().into_iter().flatten() {
        for include in set["compose"]["include"].as_array().into_iter().flatten() {
            for concept in include["concept"].as_array().into_iter().flatten() {
                found.push((&include["system"], &concept["code"], weight_of(concept)));
            }
        }
    }
    let mut weights = HashMap::new();
    for (system, code, weight) in found {
        if let (Some(system), Some(code)) = (system.as_str(), code.as_str()) {
            let known = weights.entry((system, code)).or_insert(weight);
            *known = known.or(weight);
        }
    }
    weights
}

impl<'a, 'p: 'a> Environment<'a> for Surroundings<'p> {
    fn now(&self) -> jiff::Zoned {
        self.is_unsure.set(true);
        jiff::Zoned::default()
    }

    fn resolve(&self, _reference: &str) -> Option<Node<'a>> {
        self.is_unsure.set(true);
        None
    }

    fn member_of(&self, _item: &Item<'a>, _value_set: &str) -> Option<bool> {
        self.is_unsure.set(true);
        None
    }

    fn variable(&self, name: &str) -> Option<Collection<'a>> {
        let definitions = self.form.definitions;
        let questionnaire = definitions.resource("Questionnaire")?;
        let node = match name {
            "questionnaire" => {
                Node::element(definitions, Content::Object(questionnaire), Some(self.form.source), None)
            }
            "qitem" => {
                let item = definitions.shape(questionnaire).property("item")?.content();
                Node::element(definitions, item, Some(self.asked), None)
            }
            _ => return None,
        };
        Some(Collection::from_iter([Item::Node(node)]))
    }

    fn expression(&self, name: &str) -> Option<(&'a Expression, Node<'a>)> {
        let mut level = Some(self.level);
        while let Some(here) = level {
            if let Some((_, expression)) = here.variables.iter().find(|(one, _)| *one == name) {
                return Some((expression, here.this));
            }
            level = here.outer;
        }
        None
    }

    fn weight(&self, node: &Node<'a>) -> Option<Collection<'a>> {
        let coding = node.json()?;
        let known = || self.form.weights.get(&(coding["system"].as_str()?, coding["code"].as_str()?)).copied();
        let weight = match weight_of(coding) {
            Some(own) => Some(own),
            None => known()?,
        };
        let decimal = Content::Primitive(Primitive::Decimal);
        let number = |json| Item::Node(Node::element(self.form.definitions, decimal, Some(json), None));
        Some(weight.map(number).into_iter().collect())
    }
}
