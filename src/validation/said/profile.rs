//! What profiles, extensions and rules find, and which of them were not asked.

use serde_json::Value;

use super::{IN_PROFILE, Said, Words, one_of, tell};
use crate::definitions::ProfileError;
use crate::domain::issue::Fault;

/// A value of this length may be shown as the one to write: it is the profile's, not the sender's.
const SHOWN: usize = 120;

/// What a profile, an extension's definition or a rule finds.
pub(in crate::validation) enum Profiled<'a> {
    /// A URL of an extension that is not absolute.
    ExtensionUrl,
    /// A modifier among the other extensions.
    ExtensionModifier,
    /// An extension where its definition does not allow it.
    ExtensionContext { name: &'a str, places: Vec<&'a str> },
    /// An element that the profile requires.
    Missing { profile: &'a str },
    /// Fewer of an element than the profile requires.
    TooFew { profile: &'a str, min: usize },
    /// A slice that the profile requires.
    MissingSlice { profile: &'a str, slice: &'a str, least: usize },
    /// More of an element, or of a slice, than the profile allows.
    TooMany { profile: &'a str, slice: Option<&'a str>, max: usize },
    /// None of several profiles is met.
    None { profile: &'a str, wanted: Vec<&'a str> },
    /// A type that the profile does not allow.
    Type { profile: &'a str, types: Vec<&'a str> },
    /// Another value than the profile fixes, first seen at `place` within it.
    Fixed { profile: &'a str, place: String, wanted: &'a Value },
    /// Another value than the profile's pattern, first seen at `place` within it.
    Pattern { profile: &'a str, place: String, wanted: &'a Value },
    /// None of the slices of a closed list.
    Closed { profile: &'a str, slices: Vec<&'a str> },
    /// Slices in another order.
    Order { profile: &'a str, slices: Vec<&'a str> },
    /// It is not known whether this is of the slice.
    Undecided { profile: &'a str, slice: &'a str, why: &'static str },
    /// A profile that is not loaded.
    NotLoaded,
    /// A profile for another type.
    OfAnotherType { wanted: &'a str },
    /// A profile that cannot be used.
    Unusable(&'a ProfileError),
    /// A rule that does not hold, in the words of whoever made it.
    Broken { key: &'a str, human: &'a str },
    /// A rule that was not evaluated.
    Unevaluated { key: &'a str, why: Unevaluated },
}

/// Why a rule was not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::validation) enum Unevaluated {
    /// Its expression cannot be read.
    Unreadable,
    /// It asks for what is not loaded or not at hand.
    NotAtHand,
    /// It takes more work than is allowed.
    TooCostly,
    /// It has no answer.
    NoAnswer,
}

impl Said for Profiled<'_> {
    fn rule(&self) -> (&'static str, Fault) {
        match self {
            Self::ExtensionUrl => ("R-EXT-URL", Fault::Value),
            Self::ExtensionModifier => ("R-EXT-MODIFIER", Fault::Structure),
            Self::ExtensionContext { .. } => ("R-EXT-CONTEXT", Fault::Structure),
            Self::Missing { .. } | Self::TooFew { .. } | Self::MissingSlice { .. } => {
                ("R-PROFILE-MISSING", Fault::Required)
            }
            Self::TooMany { .. } => ("R-PROFILE-COUNT", Fault::Structure),
            Self::None { .. } => ("R-PROFILE-NONE", Fault::Structure),
            Self::Type { .. } | Self::OfAnotherType { .. } => ("R-PROFILE-TYPE", Fault::Structure),
            Self::Fixed { .. } => ("R-PROFILE-FIXED", Fault::Value),
            Self::Pattern { .. } => ("R-PROFILE-PATTERN", Fault::Value),
            Self::Closed { .. } | Self::Order { .. } => ("R-PROFILE-SLICE", Fault::Structure),
            Self::Undecided { .. } => ("R-PROFILE-SLICE-UNDECIDED", Fault::NotSupported),
            Self::NotLoaded => ("R-PROFILE-UNKNOWN", Fault::NotSupported),
            Self::Unusable(_) => ("R-PROFILE-UNUSABLE", Fault::NotSupported),
            Self::Broken { .. } => ("R-INVARIANT", Fault::Invariant),
            Self::Unevaluated { .. } => ("R-INVARIANT-UNCHECKED", Fault::NotSupported),
        }
    }

    fn words(&self) -> (Words, Words) {
        match self {
            Self::ExtensionUrl | Self::ExtensionModifier | Self::ExtensionContext { .. } => self.of_extension(),
            Self::Missing { .. } | Self::TooFew { .. } | Self::MissingSlice { .. } | Self::TooMany { .. } => {
                self.of_count()
            }
            Self::Closed { .. } | Self::Order { .. } | Self::Undecided { .. } => self.of_slice(),
            Self::NotLoaded
            | Self::OfAnotherType { .. }
            | Self::Unusable(_)
            | Self::Broken { .. }
            | Self::Unevaluated { .. } => self.of_definition(),
            Self::None { profile, wanted } => tell(
                (
                    format!("This meets none of the profiles that {profile} allows."),
                    format!("Cela ne répond à aucun des profils que {profile} permet."),
                ),
                one_of(("Meet one of", "Répondez à l’un de"), wanted.iter().copied(), IN_PROFILE),
            ),
            Self::Type { profile, types } => tell(
                (
                    format!("The profile {profile} does not allow this type here."),
                    format!("Le profil {profile} ne permet pas ce type ici."),
                ),
                one_of(("Use one of the types", "Utilisez l’un des types"), types.iter().copied(), IN_PROFILE),
            ),
            Self::Fixed { profile, place, wanted } => {
                let (inside, dedans) = inside(place);
                tell(
                    (
                        format!("The profile {profile} fixes another value here{inside}."),
                        format!("Le profil {profile} fixe ici une autre valeur{dedans}."),
                    ),
                    write(wanted),
                )
            }
            Self::Pattern { profile, place, wanted } => {
                let (inside, dedans) = inside(place);
                tell(
                    (
                        format!("The profile {profile} asks for another value here{inside}."),
                        format!("Le profil {profile} demande ici une autre valeur{dedans}."),
                    ),
                    write(wanted),
                )
            }
        }
    }
}

impl Profiled<'_> {
    fn of_extension(&self) -> (Words, Words) {
        match self {
            Self::ExtensionContext { name, places } => tell(
                (
                    format!("The extension {name} must not stand in this element."),
                    format!("L’extension {name} ne peut pas figurer dans cet élément."),
                ),
                one_of(
                    ("Put it in one of", "Mettez-la dans l’un de"),
                    places.iter().copied(),
                    ("the places that its definition lists", "des endroits que sa définition énumère"),
                ),
            ),
            Self::ExtensionModifier => tell(
                (
                    "This extension changes the meaning of what it stands in.",
                    "Cette extension change le sens de ce qui la porte.",
                ),
                ("Put it in modifierExtension.", "Mettez-la dans modifierExtension."),
            ),
            _ => tell(
                ("The URL of this extension is not absolute.", "L’URL de cette extension n’est pas absolue."),
                (
                    "Write the whole URL; only extensions in extensions have short names.",
                    "Écrivez l’URL entière; seules les extensions d’extensions ont des noms courts.",
                ),
            ),
        }
    }

    fn of_count(&self) -> (Words, Words) {
        match self {
            Self::TooFew { profile, min } => tell(
                (
                    format!("The profile {profile} requires this element {min} times."),
                    format!("Le profil {profile} exige cet élément {min} fois."),
                ),
                ("Add what is missing.", "Ajoutez ce qui manque."),
            ),
            Self::MissingSlice { profile, slice, least } => tell(
                (
                    format!("The profile {profile} requires {least} of the kind “{slice}” here."),
                    format!("Le profil {profile} exige ici {least} du genre « {slice} »."),
                ),
                (
                    format!("Add one that meets what the profile says of “{slice}”."),
                    format!("Ajoutez-en un qui répond à ce que le profil dit de « {slice} »."),
                ),
            ),
            Self::TooMany { profile, slice, max } => {
                let (of, du) = slice.map_or_else(Default::default, |name| {
                    (format!(" of the kind “{name}”"), format!(" du genre « {name} »"))
                });
                match max {
                    0 => tell(
                        (
                            format!("The profile {profile} forbids this element{of}."),
                            format!("Le profil {profile} interdit cet élément{du}."),
                        ),
                        ("Leave it out.", "Omettez-le."),
                    ),
                    max => tell(
                        (
                            format!("The profile {profile} allows this element{of} at most {max} times."),
                            format!("Le profil {profile} permet cet élément{du} au plus {max} fois."),
                        ),
                        (format!("Keep {max} of them."), format!("Gardez-en {max}.")),
                    ),
                }
            }
            Self::Missing { profile } => tell(
                (
                    format!("The profile {profile} requires this element, and it is missing."),
                    format!("Le profil {profile} exige cet élément, et il manque."),
                ),
                ("Add it.", "Ajoutez-le."),
            ),
            _ => self.of_definition(),
        }
    }

    fn of_slice(&self) -> (Words, Words) {
        match self {
            Self::Order { profile, slices } => tell(
                (
                    format!("The profile {profile} wants its kinds in another order."),
                    format!("Le profil {profile} veut ses genres dans un autre ordre."),
                ),
                one_of(("Put them in this order", "Mettez-les dans cet ordre"), slices.iter().copied(), IN_PROFILE),
            ),
            Self::Undecided { profile, slice, why } => tell(
                (
                    format!(
                        "Whether this is of the kind “{slice}” of the profile {profile} was not checked: {why}."
                    ),
                    format!("Il n’a pas été vérifié si ceci est du genre « {slice} » du profil {profile} ({why})."),
                ),
                LOAD,
            ),
            Self::Closed { profile, slices } => tell(
                (
                    format!("The profile {profile} allows none here but those that it names."),
                    format!("Le profil {profile} ne permet ici que ceux qu’il nomme."),
                ),
                one_of(
                    ("Make it one of the kinds", "Faites-en l’un des genres"),
                    slices.iter().copied(),
                    IN_PROFILE,
                ),
            ),
            _ => self.of_definition(),
        }
    }

    fn of_definition(&self) -> (Words, Words) {
        match self {
            Self::OfAnotherType { wanted } => tell(
                (
                    format!("This profile is for resources of the type {wanted}."),
                    format!("Ce profil vaut pour les ressources du type {wanted}."),
                ),
                ("Name a profile of the type sent.", "Nommez un profil du type envoyé."),
            ),
            Self::Unusable(error) => tell(
                (
                    format!("This profile cannot be used: {error}."),
                    format!("Ce profil ne peut pas servir ({error})."),
                ),
                ("Mend or replace the package that holds it.", "Corrigez ou remplacez le paquet qui le contient."),
            ),
            Self::Broken { key, human } => {
                let human = human.trim_end_matches('.');
                tell(
                    (
                        format!("The rule {key} does not hold: {human}."),
                        format!("La règle {key} n’est pas respectée (« {human} »)."),
                    ),
                    ("Mend what the rule speaks of.", "Corrigez ce dont parle la règle."),
                )
            }
            Self::Unevaluated { key, why } => {
                let (why, pourquoi) = why.words();
                tell(
                    (
                        format!("The rule {key} was not checked: {why}."),
                        format!("La règle {key} n’a pas été vérifiée : {pourquoi}."),
                    ),
                    LOAD,
                )
            }
            _ => tell(
                (
                    "This profile is not loaded, so that nothing was checked against it.",
                    "Ce profil n’est pas chargé : rien n’a été vérifié par rapport à lui.",
                ),
                ("Install the package that holds it.", "Installez le paquet qui le contient."),
            ),
        }
    }
}

impl Unevaluated {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreadable => ("it cannot be read", "elle est illisible"),
            Self::NotAtHand => (
                "what it asks for is not loaded or not at hand",
                "ce qu’elle demande n’est pas chargé ou pas disponible",
            ),
            Self::TooCostly => {
                ("it takes more work than is allowed", "elle demande plus de travail qu’il n’est permis")
            }
            Self::NoAnswer => ("it has no answer here", "elle n’a pas de réponse ici"),
        }
    }
}

const LOAD: (&str, &str) =
    ("Load what is missing, or see to it by hand.", "Chargez ce qui manque, ou vérifiez vous-même.");

/// Where within a value it differs.
fn inside(place: &str) -> (String, String) {
    match place {
        "" => Default::default(),
        place => (format!(" (see {place})"), format!(" (voir {place})")),
    }
}

/// What to write, when it is short enough to be shown.
fn write(wanted: &Value) -> (String, String) {
    let text = wanted.to_string();
    match text.len() <= SHOWN {
        true => (format!("Write {text}."), format!("Écrivez {text}.")),
        false => ("Write what the profile says.".to_owned(), "Écrivez ce que dit le profil.".to_owned()),
    }
}
