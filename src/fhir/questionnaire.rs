//! The screening forms that Lariat brings along: FHIR R4 Questionnaires of `profiles/questionnaires`, embedded.
//!
//! What an item becomes stands in the form itself: SDC's `observationExtract` marks the items whose answers are
//! observations, `code` says of what. A Questionnaire of somebody else is stored, and nothing is derived from it.

use std::sync::OnceLock;

use serde_json::Value;

use crate::fhir::translate::{Coding, items, text};

/// Where Lariat's own Questionnaires have their canonical URLs.
const OWN: &str = "https://lariat.example/fhir/Questionnaire/";

/// SDC 3.0.0: the answer to this item is to become an Observation.
const EXTRACTED: &str = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-observationExtract";

const SHIPPED: [&str; 2] = [
    include_str!("../../profiles/questionnaires/reminder-card.json"),
    include_str!("../../profiles/questionnaires/navigation-script.json"),
];

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// `id`: what sources that do not speak FHIR call it.
    pub name: String,
    /// `url`.
    pub url: String,
    /// `version`.
    pub version: String,
    /// Its items, groups among them.
    pub items: Vec<FormItem>,
    /// The Questionnaire as it stands.
    pub source: Value,
}

/// One item of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormItem {
    /// `linkId`, unique in the form.
    pub link_id: String,
    /// `text`.
    pub text: String,
    /// What may be answered.
    pub kind: ItemKind,
    /// `code`: codings of what is asked.
    pub code: Vec<Value>,
    /// Whether it must be answered where it is enabled.
    pub required: bool,
    /// Whether its answer is an observation.
    pub is_observed: bool,
    /// The answer of another item without which this one is not asked.
    pub enabled_by: Option<(String, Coding)>,
}

/// What may be answered to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Nothing: it holds other items.
    Group(Vec<FormItem>),
    /// One text of at most so many characters.
    Text(usize),
    /// One date.
    Date,
    /// Yes or no.
    Boolean,
    /// One of these.
    Choice(Vec<Choice>),
}

/// One answer that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its system and code.
    pub coding: Coding,
    /// Its display.
    pub display: String,
    /// Its displays in other languages.
    pub translations: Vec<String>,
}

/// The form that a QuestionnaireResponse names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// One of Lariat's.
    Known(&'static Form),
    /// It should be one of Lariat's, and is none, or none of that version.
    Unknown,
    /// Somebody else's, or none at all.
    Foreign,
}

/// The forms that Lariat brings along.
pub fn shipped() -> &'static [Form] {
    static FORMS: OnceLock<Vec<Form>> = OnceLock::new();
    FORMS.get_or_init(|| {
        let read = |text: &str| {
            let form = serde_json::from_str(text).ok().as_ref().and_then(Form::read);
            form.expect("the embedded questionnaires are forms: a test reads them")
        };
        SHIPPED.map(read).into()
    })
}

/// The form `name`, as sources that do not speak FHIR call it.
pub fn named(name: &str) -> Option<&'static Form> {
    shipped().iter().find(|form| form.name == name)
}

/// The form of a canonical (`url`, or `url|version`).
pub fn of(canonical: &str) -> Named {
    let (url, version) = canonical.split_once('|').map_or((canonical, None), |(url, version)| (url, Some(version)));
    let known = shipped().iter().find(|form| form.url == url && version.is_none_or(|asked| asked == form.version));
    match known {
        Some(form) => Named::Known(form),
        None if url.starts_with(OWN) => Named::Unknown,
        None => Named::Foreign,
    }
}

impl Form {
    /// `url|version`.
    pub fn canonical(&self) -> String {
        format!("{}|{}", self.url, self.version)
    }

    /// Every item that can be answered, in the order of the form.
    pub fn questions(&self) -> impl Iterator<Item = &FormItem> {
        self.items.iter().flat_map(|item| match &item.kind {
            ItemKind::Group(inner) => inner.iter().collect::<Vec<_>>(),
            ItemKind::Text(_) | ItemKind::Date | ItemKind::Boolean | ItemKind::Choice(_) => vec![item],
        })
    }

    fn read(form: &Value) -> Option<Self> {
        Some(Self {
            name: text(form, "id")?,
            url: text(form, "url")?,
            version: text(form, "version")?,
            items: items(form, "item").map(FormItem::read).collect::<Option<_>>()?,
            source: form.clone(),
        })
    }
}

impl FormItem {
    /// The choice that is meant by a code or by its words in any language, whatever their case.
    pub fn choice(&self, said: &str) -> Option<&Choice> {
        let ItemKind::Choice(choices) = &self.kind else { return None };
        let folded = said.trim().to_lowercase();
        choices.iter().find(|choice| {
            choice.coding.code == said.trim()
                || choice.display.to_lowercase() == folded
                || choice.translations.iter().any(|words| words.to_lowercase() == folded)
        })
    }

    fn read(item: &Value) -> Option<Self> {
        let kind = match item.get("type")?.as_str()? {
            "group" => ItemKind::Group(items(item, "item").map(Self::read).collect::<Option<_>>()?),
            "string" | "text" => ItemKind::Text(item.get("maxLength")?.as_u64()?.try_into().ok()?),
            "date" => ItemKind::Date,
            "boolean" => ItemKind::Boolean,
            "choice" => ItemKind::Choice(items(item, "answerOption").map(Choice::read).collect::<Option<_>>()?),
            _ => return None,
        };
        let flag = |element: &Value, name| element.get(name).and_then(Value::as_bool).unwrap_or(false);
        Some(Self {
            link_id: text(item, "linkId")?,
            text: text(item, "text")?,
            kind,
            code: items(item, "code").cloned().collect(),
            required: flag(item, "required"),
            is_observed: items(item, "extension").any(|extension| {
                text(extension, "url").as_deref() == Some(EXTRACTED) && flag(extension, "valueBoolean")
            }),
            enabled_by: match items(item, "enableWhen").next() {
                None => None,
                Some(when) => Some((text(when, "question")?, coding(when.get("answerCoding")?)?)),
            },
        })
    }
}

impl Choice {
    fn read(option: &Value) -> Option<Self> {
        let value = option.get("valueCoding")?;
        let translations = items(value.get("_display").unwrap_or(&Value::Null), "extension")
            .flat_map(|translation| items(translation, "extension").collect::<Vec<_>>())
            .filter_map(|part| text(part, "valueString"))
            .collect();
        Some(Self { coding: coding(value)?, display: text(value, "display")?, translations })
    }

    /// The Coding as FHIR has it.
    pub fn to_value(&self) -> Value {
        serde_json::json!({ "system": self.coding.system, "code": self.coding.code, "display": self.display })
    }
}

fn coding(value: &Value) -> Option<Coding> {
    Some(Coding { system: text(value, "system")?, code: text(value, "code")? })
}
