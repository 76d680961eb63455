//! QuestionnaireResponse: which form was answered, by whom, and every answer with its place.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{items, reference, text};

/// What the rules ask of a QuestionnaireResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionnaireResponse {
    /// `questionnaire`, a canonical.
    pub questionnaire: Option<String>,
    /// `status`, a code of `http://hl7.org/fhir/questionnaire-answers-status`.
    pub status: Option<String>,
    /// `subject`: whose answers they are.
    pub subject: Option<Reference>,
    /// `authored`, as written.
    pub authored: Option<String>,
    /// `author`, as it stands there.
    pub author: Option<Value>,
    /// `source`, as it stands there: who gave the answers.
    pub source: Option<Value>,
    /// Every item, groups before what they hold.
    pub items: Vec<Answered>,
}

/// One item of a response.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// `linkId`.
    pub link_id: String,
    /// `linkId` of the item around it.
    pub parent: Option<String>,
    /// Where it stands: `item[0].item[2]`.
    pub at: String,
    /// Its answers.
    pub answers: Vec<Answer>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `valueBoolean`.
    Boolean(bool),
    /// `valueCoding`, with its system and code as far as it has them.
    Coding {
        /// `system`.
        system: Option<String>,
        /// `code`.
        code: Option<String>,
    },
    /// `valueString`.
    Text(String),
    /// `valueDate`.
    Date(String),
    /// Anything else.
    Else,
}

/// How deep items may be nested to be read. Chosen: our forms have two levels.
const DEPTH_MAX: usize = 8;

/// Reads a QuestionnaireResponse.
pub fn read(response: &Value, own_base: &str) -> QuestionnaireResponse {
    let mut answered = Vec::new();
    gather(response, None, "", 0, &mut answered);
    QuestionnaireResponse {
        questionnaire: text(response, "questionnaire"),
        status: text(response, "status"),
        subject: reference(response, "subject", own_base),
        authored: text(response, "authored"),
        author: response.get("author").cloned(),
        source: response.get("source").cloned(),
        items: answered,
    }
}

fn gather(around: &Value, parent: Option<&str>, at: &str, depth: usize, answered: &mut Vec<Answered>) {
    if depth > DEPTH_MAX {
        return;
    }
    for (index, item) in items(around, "item").enumerate() {
        let at = format!("{at}{}item[{index}]", if at.is_empty() { "" } else { "." });
        let link_id = text(item, "linkId").unwrap_or_default();
        let answers = items(item, "answer").map(answer).collect();
        answered.push(Answered {
            link_id: link_id.clone(),
            parent: parent.map(str::to_owned),
            at: at.clone(),
            answers,
        });
        gather(item, Some(&link_id), &at, depth + 1, answered);
        for (position, answer) in items(item, "answer").enumerate() {
            gather(answer, Some(&link_id), &format!("{at}.answer[{position}]"), depth + 1, answered);
        }
    }
}

fn answer(answer: &Value) -> Answer {
    if let Some(value) = answer.get("valueBoolean").and_then(Value::as_bool) {
        return Answer::Boolean(value);
    }
    if let Some(value) = answer.get("valueCoding") {
        return Answer::Coding { system: text(value, "system"), code: text(value, "code") };
    }
    match (text(answer, "valueString"), text(answer, "valueDate")) {
        (Some(text), _) => Answer::Text(text),
        (None, Some(date)) => Answer::Date(date),
        (None, None) => Answer::Else,
    }
}
