//! Sets of codes that may be known in part, and what union, intersection and difference make of them.

use std::collections::HashMap;

use super::code_list::{Code, CodeList, Doubt, SystemCodes};

/// Codes of one system in a value set. Chosen: LOINC has half of it.
const CODES: usize = 200_000;
/// Systems of a value set. Chosen: published ones have some ten.
const SYSTEMS: usize = 1000;

/// Codes by system, under construction.
#[derive(Debug, Default)]
pub(super) struct CodeSet {
    systems: Vec<(Box<str>, SystemSet)>,
    /// Why codes of other systems may be in it.
    pub(super) open: Option<Doubt>,
}

#[derive(Debug, Default)]
struct SystemSet {
    codes: Vec<Code>,
    places: HashMap<Box<str>, usize>,
    open: Option<Doubt>,
}

impl SystemSet {
    fn find(&self, code: &str) -> Option<&Code> {
        self.places.get(code).map(|place| &self.codes[*place])
    }

    fn add(&mut self, code: Code) {
        match self.places.get(&code.code) {
            Some(place) => {
                let known = &mut self.codes[*place];
                if code.doubt.is_none() {
                    known.doubt = None;
                }
                if known.display.is_empty() {
                    known.display = code.display;
                }
            }
            None if self.codes.len() >= CODES => self.open = Some(Doubt::Size),
            None => {
                self.places.insert(code.code.clone(), self.codes.len());
                self.codes.push(code);
            }
        }
    }

    fn keep(&mut self, keep: impl Fn(&mut Code) -> bool) {
        self.codes.retain_mut(keep);
        self.places = self.codes.iter().enumerate().map(|(place, code)| (code.code.clone(), place)).collect();
    }
}

impl CodeSet {
    /// Nothing is known but why.
    pub(super) fn unknown(doubt: Doubt) -> Self {
        Self { systems: Vec::new(), open: Some(doubt) }
    }

    fn system(&self, url: &str) -> Option<&SystemSet> {
        self.systems.iter().find(|(known, _)| **known == *url).map(|(_, set)| set)
    }

    fn system_mut(&mut self, url: &str) -> &mut SystemSet {
        let index = self.systems.iter().position(|(known, _)| **known == *url).unwrap_or_else(|| {
            self.systems.push((url.into(), SystemSet::default()));
            self.systems.len() - 1
        });
        &mut self.systems[index].1
    }

    /// Adds a code that is in it, or with a doubt may be.
    pub(super) fn add(&mut self, system: &str, code: &str, display: &str, doubt: Option<Doubt>) {
        self.system_mut(system).add(Code { code: code.into(), display: display.into(), doubt });
    }

    /// Whether it has more systems than are followed.
    pub(super) fn is_too_large(&self) -> bool {
        self.systems.len() > SYSTEMS
    }

    /// Says that it holds no code of the system but those added.
    pub(super) fn touch(&mut self, system: &str) {
        self.system_mut(system);
    }

    /// Says that any other code of the system may be in it.
    pub(super) fn open_system(&mut self, system: &str, doubt: Doubt) {
        self.system_mut(system).open.get_or_insert(doubt);
    }

    pub(super) fn is_closed(&self) -> bool {
        let known = |set: &SystemSet| set.open.is_none() && set.codes.iter().all(|code| code.doubt.is_none());
        self.open.is_none() && self.systems.iter().all(|(_, set)| known(set))
    }

    /// Why a code of the system that is not found may be in it.
    fn openness(&self, system: &str) -> Option<Doubt> {
        match self.system(system) {
            Some(set) => set.open.clone(),
            None => self.open.clone(),
        }
    }

    /// Everything that is in either.
    pub(super) fn join(&mut self, other: Self) {
        // A system that only one side lists is open where the other side is open for systems that it does not list.
        for (url, set) in &mut self.systems {
            if other.system(url).is_none() && set.open.is_none() {
                set.open.clone_from(&other.open);
            }
        }
        let open = self.open.clone();
        for (url, set) in other.systems {
            let is_new = self.system(&url).is_none();
            let own = self.system_mut(&url);
            own.open = own.open.take().or(set.open);
            if is_new && own.open.is_none() {
                own.open.clone_from(&open);
            }
            set.codes.into_iter().for_each(|code| own.add(code));
        }
        self.open = self.open.take().or(other.open);
    }

    /// Only what is in both.
    pub(super) fn meet(&mut self, mut other: Self) {
        let mut met = Self { systems: Vec::new(), open: None };
        let urls: Vec<Box<str>> = self.systems.iter().chain(&other.systems).map(|(url, _)| url.clone()).collect();
        for url in urls {
            if met.system(&url).is_some() {
                continue;
            }
            let (own_open, other_open) = (self.openness(&url), other.openness(&url));
            let mut one = std::mem::take(self.system_mut(&url));
            let two = std::mem::take(other.system_mut(&url));
            // Only in the other: in both perhaps, where not all of this side is known.
            let is_extra = |code: &&Code| own_open.is_some() && one.find(&code.code).is_none();
            let mut extra: Vec<Code> = two.codes.iter().filter(is_extra).cloned().collect();
            extra.iter_mut().for_each(|code| code.doubt = code.doubt.take().or_else(|| own_open.clone()));
            one.keep(|code| {
                let there = two.find(&code.code);
                let doubt = there.map_or(other_open.as_ref(), |found| found.doubt.as_ref());
                code.doubt = code.doubt.take().or_else(|| doubt.cloned());
                there.is_some() || other_open.is_some()
            });
            let set = met.system_mut(&url);
            set.open = own_open.and(other_open);
            one.codes.into_iter().chain(extra).for_each(|code| set.add(code));
        }
        met.open = self.open.take().and(other.open);
        *self = met;
    }

    /// Takes away what is in the other.
    pub(super) fn remove(&mut self, other: &Self) {
        for (url, set) in &mut self.systems {
            let open = other.openness(url);
            let there = other.system(url);
            set.keep(|code| match there.and_then(|there| there.find(&code.code)) {
                Some(Code { doubt: None, .. }) => false,
                Some(Code { doubt, .. }) => {
                    code.doubt = code.doubt.take().or_else(|| doubt.clone());
                    true
                }
                None => {
                    code.doubt = code.doubt.take().or_else(|| open.clone());
                    true
                }
            });
        }
    }

    pub(super) fn finish(self, value_set: &str) -> CodeList {
        let systems = self.systems.into_iter().map(|(url, set)| SystemCodes::new(url, set.codes, set.open));
        CodeList { value_set: value_set.into(), systems: systems.collect(), open: self.open }
    }
}
