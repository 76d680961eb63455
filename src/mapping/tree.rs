//! The shape of what is built: the target paths of a mapping's rules, put together once when the file is loaded, so
//! that two rules for one place are found then, and mapping a record is one walk.

use crate::mapping::source::SourcePath;
use crate::mapping::transform::Transform;

/// A place in a resource.
#[derive(Debug)]
pub(crate) enum Node {
    /// Elements by name, in the order in which the file names them first.
    Object(Vec<(String, Node)>),
    /// Slots of a list; those that stay empty close up.
    List(Vec<Node>),
    /// Where a rule puts its value.
    Leaf(Box<Rule>),
}

/// One line of a mapping file.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Counted from 1.
    pub(crate) line: usize,
    /// The rule speaks only of records in which this is present.
    pub(crate) when: Option<SourcePath>,
    /// A record without the value is right too.
    pub(crate) optional: bool,
    pub(crate) transform: Transform,
}

/// One step of a target path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Slot(usize),
}

/// Slots that one list may have: more is a slip of the pen.
const MAX_SLOTS: usize = 20;

/// `name[0].given[1]` as steps; the fault in words if it is no target path.
pub(crate) fn parse(path: &str) -> Result<Vec<Step>, &'static str> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut slots) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        let starts = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if !starts || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err("is not a path of FHIR element names");
        }
        steps.push(Step::Name(name.to_owned()));
        while !slots.is_empty() {
            let (number, rest) = slots
                .strip_prefix('[')
                .and_then(|inner| inner.split_once(']'))
                .ok_or("has a bracket that is not closed")?;
            let slot = number.parse().ok().filter(|slot| *slot < MAX_SLOTS);
            steps.push(Step::Slot(slot.ok_or("has a list index that is no number from 0 to 19")?));
            slots = rest;
        }
    }
    Ok(steps)
}

impl Node {
    pub(crate) fn empty() -> Self {
        Self::Object(Vec::new())
    }

    /// Puts a rule at a path; the fault in words if the place is taken or cannot be.
    pub(crate) fn insert(&mut self, steps: &[Step], rule: Rule) -> Result<(), &'static str> {
        let Some((step, rest)) = steps.split_first() else {
            return Err("is set by two rules");
        };
        let (node, is_new) = match (self, step) {
            (Self::Leaf(_), _) => return Err("lies within an element that another rule sets as a whole"),
            (Self::Object(elements), Step::Name(name)) => {
                let known = elements.iter().position(|(known, _)| known == name);
                let at = known.unwrap_or(elements.len());
                if known.is_none() {
                    elements.push((name.clone(), Self::fresh(rest)));
                }
                (&mut elements[at].1, known.is_none())
            }
            (Self::List(slots), Step::Slot(slot)) => {
                if *slot > slots.len() {
                    return Err("leaves a gap in the list before it");
                }
                let is_new = *slot == slots.len();
                if is_new {
                    slots.push(Self::fresh(rest));
                }
                (&mut slots[*slot], is_new)
            }
            _ => return Err("is a list in one rule and a single element in another"),
        };
        if is_new && rest.is_empty() {
            *node = Self::Leaf(Box::new(rule));
            return Ok(());
        }
        node.insert(rest, rule)
    }

    /// An empty node of the kind that the next step needs.
    fn fresh(rest: &[Step]) -> Self {
        match rest.first() {
            Some(Step::Slot(_)) => Self::List(Vec::new()),
            Some(Step::Name(_)) | None => Self::Object(Vec::new()),
        }
    }
}
