//! Where the walk stands, as a chain of steps on the stack: text is made only when there is something to say.

/// One step into the value, and the steps before it.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    before: Option<&'a At<'a>>,
    step: Step<'a>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    /// One type of a choice: its stem and type.
    Choice(&'a str, &'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The whole: a resource's type, or nothing while that is unknown.
    pub(super) fn root(name: &'a str) -> Self {
        Self { before: None, step: Step::Name(name), depth: 0 }
    }

    pub(super) fn name(&'a self, name: &'a str) -> Self {
        self.then(Step::Name(name))
    }

    pub(super) fn choice(&'a self, stem: &'a str, type_name: &'a str) -> Self {
        self.then(Step::Choice(stem, type_name))
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    fn then(&'a self, step: Step<'a>) -> Self {
        Self { before: Some(self), step, depth: self.depth + 1 }
    }

    /// How many objects and arrays stand around this place.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// FHIRPath: `Observation.component[1].value.ofType(Quantity).unit`.
    pub(super) fn path(&self) -> String {
        let mut path = self.before.map(At::path).unwrap_or_default();
        let dot = if path.is_empty() { "" } else { "." };
        match self.step {
            Step::Name(name) => path.extend([dot, name]),
            Step::Choice(stem, type_name) => path.extend([dot, stem, ".ofType(", type_name, ")"]),
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
        path
    }
}
