//! What a value set comes to: codes by system, and what is not known of it.

/// Whether a code is in a value set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership<'a> {
    /// It is.
    In,
    /// It is not.
    Out,
    /// It cannot be told, because of this.
    Unknown(&'a Doubt),
}

/// Why a value set is not known in whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The value set, or one that it names, is not loaded.
    #[error("the value set {0} is not loaded")]
    ValueSet(Box<str>),
    /// It says nothing of what it holds.
    #[error("the value set {0} says nothing of what it holds")]
    Content(Box<str>),
    /// A code system of it is not loaded.
    #[error("the code system {0} is not loaded")]
    System(Box<str>),
    /// A code system of it is loaded in part.
    #[error("the code system {0} is loaded in part only")]
    Part(Box<str>),
    /// Another version of the code system is loaded.
    #[error("the code system is loaded in another version than {0}")]
    Version(Box<str>),
    /// A filter of it cannot be told.
    #[error("its filter on {0} cannot be decided")]
    Filter(Box<str>),
    /// It is a part of itself.
    #[error("the value set {0} is a part of itself")]
    Cycle(Box<str>),
    /// It has more codes, or is made of more value sets, than are followed.
    #[error("the value set is larger than can be held")]
    Size,
    /// The package that was compiled could not expand it.
    #[error("the value set was not compiled")]
    Compiled,
}

/// One code of a value set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) code: Box<str>,
    pub(super) display: Box<str>,
    /// Why it may not be in the value set after all.
    pub(super) doubt: Option<Doubt>,
}

/// The codes of one code system.
#[derive(Debug)]
pub(super) struct SystemCodes {
    pub(super) url: Box<str>,
    /// In the order of the value set.
    pub(super) codes: Box<[Code]>,
    /// Their places in `codes`, sorted by code.
    pub(super) sorted: Box<[u32]>,
    /// Why other codes of the system may be in the value set.
    pub(super) open: Option<Doubt>,
}

impl SystemCodes {
    pub(super) fn new(url: Box<str>, codes: Vec<Code>, open: Option<Doubt>) -> Self {
        let mut sorted: Vec<u32> = (0..codes.len() as u32).collect();
        sorted.sort_by(|one, other| codes[*one as usize].code.cmp(&codes[*other as usize].code));
        Self { url, codes: codes.into(), sorted: sorted.into(), open }
    }

    fn find(&self, code: &str) -> Option<&Code> {
        let found = self.sorted.binary_search_by(|index| (*self.codes[*index as usize].code).cmp(code)).ok()?;
        self.codes.get(self.sorted[found] as usize)
    }

    fn membership(&self, code: &str) -> Membership<'_> {
        match (self.find(code), &self.open) {
            (Some(Code { doubt: None, .. }), _) => Membership::In,
            (Some(Code { doubt: Some(doubt), .. }), _) | (None, Some(doubt)) => Membership::Unknown(doubt),
            (None, None) => Membership::Out,
        }
    }
}

/// The codes of a value set, as far as they are known.
#[derive(Debug)]
pub struct CodeList {
    pub(super) value_set: Box<str>,
    pub(super) systems: Box<[SystemCodes]>,
    /// Why codes of other systems may be in it.
    pub(super) open: Option<Doubt>,
}

impl CodeList {
    /// The canonical URL of the value set.
    pub fn value_set(&self) -> &str {
        &self.value_set
    }

    /// Whether a code that is not found may be in it all the same.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.open.is_some() || self.systems.iter().any(|system| system.open.is_some())
    }

    /// What is not known of it, for people.
    pub fn doubts(&self) -> impl Iterator<Item = &Doubt> {
        let codes = self
            .systems
            .iter()
            .flat_map(|system| system.codes.iter().filter_map(|code| code.doubt.as_ref()).take(1));
        self.open.iter().chain(self.systems.iter().filter_map(|system| system.open.as_ref())).chain(codes)
    }

    /// Whether a code of a system is in it.
    pub fn membership(&self, system: &str, code: &str) -> Membership<'_> {
        let mut unknown = None;
        let mut listed = false;
        for one in self.systems.iter().filter(|one| *one.url == *system) {
            listed = true;
            match one.membership(code) {
                Membership::In => return Membership::In,
                Membership::Unknown(doubt) => unknown = Some(doubt),
                Membership::Out => {}
            }
        }
        let open = self.open.as_ref().filter(|_| !listed);
        unknown.or(open).map_or(Membership::Out, Membership::Unknown)
    }

    /// Whether a code without a system, as the type `code` has it, is in it.
    pub fn membership_of_code(&self, code: &str) -> Membership<'_> {
        let mut unknown = self.open.as_ref();
        for one in &self.systems {
            match one.membership(code) {
                Membership::In => return Membership::In,
                Membership::Unknown(doubt) => unknown = unknown.or(Some(doubt)),
                Membership::Out => {}
            }
        }
        unknown.map_or(Membership::Out, Membership::Unknown)
    }

    /// Whether the code stands in any of its systems.
    #[inline]
    pub fn contains(&self, code: &str) -> bool {
        self.systems.iter().any(|system| system.find(code).is_some())
    }

    /// Whether the code stands in this system of it.
    #[inline]
    pub fn contains_in(&self, system: &str, code: &str) -> bool {
        self.systems.iter().any(|one| *one.url == *system && one.find(code).is_some())
    }

    /// What people read for a code; the code system may have it where this has not.
    pub fn display(&self, system: &str, code: &str) -> Option<&str> {
        let found = self.systems.iter().filter(|one| *one.url == *system).find_map(|one| one.find(code))?;
        Some(&*found.display).filter(|display| !display.is_empty())
    }

    /// All codes in the order of the value set.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.systems.iter().flat_map(|system| system.codes.iter().map(|code| &*code.code))
    }

    /// All codes with their systems and displays, in the order of the value set.
    pub fn codings(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.systems
            .iter()
            .flat_map(|system| system.codes.iter().map(|code| (&*system.url, &*code.code, &*code.display)))
    }

    /// The systems that its codes come from.
    pub fn systems(&self) -> impl Iterator<Item = &str> {
        self.systems.iter().map(|system| &*system.url)
    }
}
