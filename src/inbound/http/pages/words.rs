//! What pages say: Fluent catalogues in English and French, one pair of files for each group of pages.

use std::fmt;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::fhir::terms;

pub(crate) use crate::domain::routing::Language as Lang;

/// Spoken languages that there are words for, by ISO 639. Chosen: both official ones, and mother tongues that are common
/// in Canada.
const SPOKEN: [&str; 51] = [
    "en", "fr", "am", "ar", "ase", "bn", "cr", "cs", "de", "el", "es", "fa", "fcs", "gu", "he", "hi", "hr", "ht",
    "hu", "hy", "it", "iu", "ja", "km", "ko", "ku", "lo", "ne", "nl", "oj", "pa", "pdt", "pl", "ps", "pt", "ro",
    "ru", "so", "sq", "sr", "sw", "ta", "th", "ti", "tl", "tr", "uk", "ur", "vi", "yue", "zh",
];

/// The catalogues of a language.
macro_rules! catalogues {
    ($lang:literal) => {
        [
            include_str!(concat!("words/frame.", $lang, ".ftl")),
            include_str!(concat!("words/desk.", $lang, ".ftl")),
            include_str!(concat!("words/partner.", $lang, ".ftl")),
            include_str!(concat!("words/public.", $lang, ".ftl")),
            include_str!(concat!("words/sandbox.", $lang, ".ftl")),
        ]
    };
}

static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("en-CA", catalogues!("en-CA")));
static FRENCH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("fr-CA", catalogues!("fr-CA")));

/// The words of one language. Every template has them as `t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Lang);

impl Words {
    /// The message of this key: `{{ t.say("frame-skip") }}`, `{{ t.say("frame-version").with("version", v) }}`.
    pub(crate) fn say(self, key: impl AsRef<str>) -> Said {
        Said { lang: self.0, key: key.as_ref().to_owned(), args: Vec::new() }
    }

    /// The value of `<html lang>`.
    pub(crate) const fn tag(self) -> &'static str {
        match self.0 {
            Lang::English => "en-CA",
            Lang::French => "fr-CA",
        }
    }

    /// The language that the toggle leads to.
    pub(crate) const fn other(self) -> Self {
        match self.0 {
            Lang::English => Self(Lang::French),
            Lang::French => Self(Lang::English),
        }
    }

    /// Words of the record as this page says them: what a code displays, in the page's language; what somebody wrote, as
    /// it stands.
    pub(crate) fn term(self, words: &str) -> String {
        terms::said(words, self.0).into_owned()
    }

    /// A label and what belongs to it; French sets a space before the colon.
    pub(crate) fn labelled(self, label: impl fmt::Display, text: impl fmt::Display) -> String {
        match self.0 {
            Lang::English => format!("{label}: {text}"),
            Lang::French => format!("{label}\u{a0}: {text}"),
        }
    }

    /// A spoken language by its tag; one without a word here by the tag itself.
    pub(crate) fn spoken(self, tag: &str) -> String {
        let code = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        match SPOKEN.contains(&code.as_str()) {
            true => self.say(format!("spoken-{code}")).to_string(),
            false => tag.to_owned(),
        }
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        match self.0 {
            Lang::English => &ENGLISH,
            Lang::French => &FRENCH,
        }
    }
}

/// A message that is about to be said; `Display` says it, and templates escape it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    lang: Lang,
    key: String,
    args: Vec<(&'static str, FluentValue<'static>)>,
}

impl Said {
    /// The same with an argument: a text, a number, or another message.
    pub(crate) fn with(mut self, name: &'static str, value: impl Argument) -> Self {
        self.args.push((name, value.value()));
        self
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundle = Words(self.lang).bundle();
        let Some(pattern) = bundle.get_message(&self.key).and_then(|message| message.value()) else {
            tracing::error!(words.key = %self.key, "a page has no words for this");
            return write!(f, "⟦{}⟧", self.key);
        };
        let args: FluentArgs<'_> = self.args.iter().cloned().collect();
        let mut faults = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut faults);
        if !faults.is_empty() {
            tracing::error!(words.key = %self.key, "a page says this without one of its arguments");
        }
        match self.lang {
            Lang::English => f.write_str(&text),
            Lang::French => f.write_str(&typeset(&text)),
        }
    }
}

/// French as it is set: what stands before `:` and `%` and inside « » does not break away from them.
fn typeset(text: &str) -> String {
    text.replace(" :", "\u{a0}:").replace(" %", "\u{a0}%").replace("« ", "«\u{a0}").replace(" »", "\u{a0}»")
}

impl Said {
    /// Whether nothing is said: macros take a text or nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        false
    }
}

/// What may be said within a message.
pub(crate) trait Argument {
    /// As Fluent takes it.
    fn value(&self) -> FluentValue<'static>;
}

impl<T: Argument + ?Sized> Argument for &T {
    fn value(&self) -> FluentValue<'static> {
        (**self).value()
    }
}

impl Argument for str {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}

impl Argument for String {
    fn value(&self) -> FluentValue<'static> {
        self.as_str().value()
    }
}

impl Argument for Said {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_string())
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Argument for $number {
            fn value(&self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        })*
    };
}

numbers!(i64, u32, u64, usize);

fn bundle<const N: usize>(lang: &str, texts: [&'static str; N]) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.parse::<LanguageIdentifier>().unwrap_or_default()]);
    // Marks around arguments would be read out by some screen readers and copied with the text.
    bundle.set_use_isolating(false);
    for text in texts {
        // A line that cannot be read is a message that is not there; the tests read every catalogue strictly.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}
