//! Task: a referral's state between two parties.

use fhir_sdk::r4b::codes::TaskIntent;
use fhir_sdk::r4b::resources::{Task, TaskInput, TaskInputValue, TaskOutput, TaskOutputValue};
use serde_json::Value;

use crate::parts::{concept, identifiers, link, links, meta, notes, some};
use crate::{Concept, Identifier, Link, NotBuilt, Note, missing, read, read_some, unwritten};

/// What a Task is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskParts {
    /// `meta.profile`.
    pub profiles: Vec<String>,
    /// `identifier`.
    pub identifiers: Vec<Identifier>,
    /// `basedOn`.
    pub based_on: Vec<Link>,
    /// `partOf`.
    pub part_of: Vec<Link>,
    /// `status`, a code of `http://hl7.org/fhir/task-status`. Required.
    pub status: String,
    /// `statusReason`.
    pub status_reason: Option<Concept>,
    /// `businessStatus`.
    pub business_status: Option<Concept>,
    /// `intent`, mostly `order`. Required.
    pub intent: String,
    /// `priority`.
    pub priority: Option<String>,
    /// `code`.
    pub code: Option<Concept>,
    /// `description`.
    pub description: Option<String>,
    /// `focus`.
    pub focus: Option<Link>,
    /// `for`.
    pub patient: Option<Link>,
    /// `authoredOn`, a FHIR dateTime.
    pub authored_on: Option<String>,
    /// `lastModified`, a FHIR dateTime.
    pub last_modified: Option<String>,
    /// `requester`.
    pub requester: Option<Link>,
    /// `owner`.
    pub owner: Option<Link>,
    /// `note`.
    pub notes: Vec<Note>,
    /// `input`.
    pub inputs: Vec<InputParts>,
    /// `output`.
    pub outputs: Vec<OutputParts>,
}

/// One `Task.input`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputParts {
    /// `type`.
    pub kind: Concept,
    /// `value[x]`.
    pub value: TaskValue,
}

/// One `Task.output`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputParts {
    /// `type`.
    pub kind: Concept,
    /// `value[x]`.
    pub value: TaskValue,
}

/// The values that inputs and outputs have here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskValue {
    /// `valueReference`.
    Link(Link),
    /// `valueCodeableConcept`.
    Concept(Concept),
    /// `valueCanonical`.
    Canonical(String),
    /// `valueString`.
    Text(String),
}

/// A Task.
///
/// # Errors
/// Names the element that a part does not fit.
pub fn task(parts: TaskParts) -> Result<Value, NotBuilt> {
    if parts.intent.is_empty() {
        return Err(NotBuilt { at: "Task.intent" });
    }
    // R4B's model of Task.intent knows only `unknown`; the value set's other codes are custom to it.
    let intent = TaskIntent::_Custom(parts.intent);
    let status = read(&parts.status, "Task.status")?;
    let mut task = Task::builder().status(status).intent(intent).build().map_err(missing("Task"))?;
    task.meta = meta(parts.profiles)?;
    task.identifier = identifiers(parts.identifiers)?;
    task.based_on = links(parts.based_on)?;
    task.part_of = links(parts.part_of)?;
    task.status_reason = parts.status_reason.map(concept).transpose()?;
    task.business_status = parts.business_status.map(concept).transpose()?;
    task.priority = read_some(parts.priority.as_deref(), "Task.priority")?;
    task.code = parts.code.map(concept).transpose()?;
    task.description = parts.description;
    task.focus = parts.focus.map(link).transpose()?;
    task.r#for = parts.patient.map(link).transpose()?;
    task.authored_on = read_some(parts.authored_on.as_deref(), "Task.authoredOn")?;
    task.last_modified = read_some(parts.last_modified.as_deref(), "Task.lastModified")?;
    task.requester = parts.requester.map(link).transpose()?;
    task.owner = parts.owner.map(link).transpose()?;
    task.note = notes(parts.notes)?;
    task.input = some(parts.inputs.into_iter().map(input).collect::<Result<_, _>>()?);
    task.output = some(parts.outputs.into_iter().map(output).collect::<Result<_, _>>()?);
    serde_json::to_value(task).map_err(unwritten("Task"))
}

fn input(parts: InputParts) -> Result<TaskInput, NotBuilt> {
    let value = match parts.value {
        TaskValue::Link(part) => TaskInputValue::Reference(link(part)?),
        TaskValue::Concept(part) => TaskInputValue::CodeableConcept(concept(part)?),
        TaskValue::Canonical(url) => TaskInputValue::Canonical(url),
        TaskValue::Text(text) => TaskInputValue::String(text),
    };
    TaskInput::builder().r#type(concept(parts.kind)?).value(value).build().map_err(missing("Task.input"))
}

fn output(parts: OutputParts) -> Result<TaskOutput, NotBuilt> {
    let value = match parts.value {
        TaskValue::Link(part) => TaskOutputValue::Reference(link(part)?),
        TaskValue::Concept(part) => TaskOutputValue::CodeableConcept(concept(part)?),
        TaskValue::Canonical(url) => TaskOutputValue::Canonical(url),
        TaskValue::Text(text) => TaskOutputValue::String(text),
    };
    TaskOutput::builder().r#type(concept(parts.kind)?).value(value).build().map_err(missing("Task.output"))
}
