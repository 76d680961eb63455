//! Faults of layout: how often an element stands, as what JSON carries it, and how much there is of everything.

use super::{Said, Words, tell};
use crate::domain::issue::Fault;

/// A fault of layout.
pub(in crate::validation) enum Layout {
    /// An element that occurs too often or not often enough.
    Times { found: usize, min: usize, max: usize },
    /// One value where JSON has an array.
    NotAnArray,
    /// An array where there is one value.
    AnArray,
    /// An element that must not stand here.
    NotHere,
    /// A value where there are parts.
    NoParts,
    /// The array with the underscore is longer than that of the values.
    Unaligned,
    /// An entry without its full URL.
    EntryWithoutUrl,
    /// Objects and arrays within each other.
    TooDeep,
    /// More work than is allowed.
    TooMuch,
    /// Rules that were no longer evaluated, for those before took more work than is allowed.
    RulesUnchecked,
    /// More is wrong than is told.
    More,
}

impl Said for Layout {
    fn rule(&self) -> (&'static str, Fault) {
        match self {
            Self::Times { .. } | Self::NotAnArray | Self::AnArray | Self::NotHere => {
                ("R-STRUCT-COUNT", Fault::Structure)
            }
            Self::NoParts => ("R-STRUCT-TYPE", Fault::Structure),
            Self::Unaligned => ("R-STRUCT-ALIGN", Fault::Structure),
            Self::EntryWithoutUrl => ("R-BUNDLE-URL", Fault::Required),
            Self::TooDeep => ("R-LIMIT-DEPTH", Fault::TooCostly),
            Self::TooMuch => ("R-LIMIT-ELEMENTS", Fault::TooCostly),
            Self::RulesUnchecked => ("R-INVARIANT-UNCHECKED", Fault::NotSupported),
            Self::More => ("R-LIMIT-ISSUES", Fault::TooCostly),
        }
    }

    fn words(&self) -> (Words, Words) {
        match self {
            Self::Times { found, min, max } => tell(
                (format!("This element occurs {found} times."), format!("Cet élément figure {found} fois.")),
                (
                    format!("Give it at least {min} and at most {max} times."),
                    format!("Donnez-le au moins {min} fois et au plus {max} fois."),
                ),
            ),
            Self::NotAnArray => tell(
                (
                    "This element may repeat, so JSON carries it as an array.",
                    "Cet élément peut se répéter : JSON le porte comme un tableau.",
                ),
                ("Write it in brackets [ ].", "Écrivez-le entre crochets [ ]."),
            ),
            Self::AnArray => tell(
                (
                    "This element may occur only once and is no array.",
                    "Cet élément ne figure qu’une fois et n’est pas un tableau.",
                ),
                ("Write it without brackets [ ].", "Écrivez-le sans crochets [ ]."),
            ),
            Self::NotHere => tell(
                ("This element must not stand here.", "Cet élément ne peut pas figurer ici."),
                ("Leave it out.", "Omettez-le."),
            ),
            Self::NoParts => tell(
                (
                    "This element has parts, so JSON carries it as an object.",
                    "Cet élément a des parties : JSON le porte comme un objet.",
                ),
                ("Write its parts in braces { }.", "Écrivez ses parties entre accolades { }."),
            ),
            Self::Unaligned => tell(
                (
                    "The array with the underscore is longer than the array of the values.",
                    "Le tableau au nom souligné est plus long que celui des valeurs.",
                ),
                (
                    "Fill the array of the values with null where only extensions stand.",
                    "Complétez le tableau des valeurs par null là où ne figurent que des extensions.",
                ),
            ),
            Self::EntryWithoutUrl => tell(
                (
                    "An entry of a Bundle of this type needs its full URL.",
                    "Une entrée d’un Bundle de ce type a besoin de son URL complète.",
                ),
                ("Add fullUrl.", "Ajoutez fullUrl."),
            ),
            Self::TooDeep => tell(
                ("The input is nested too deep.", "L’envoi s’emboîte trop profondément."),
                ("Nest fewer objects and arrays.", "Emboîtez moins d’objets et de tableaux."),
            ),
            Self::TooMuch => tell(
                (
                    "This takes more work to check than is allowed.",
                    "Cela demande plus de travail de vérification qu’il n’est permis.",
                ),
                (
                    "Send less at once, or ask for fewer profiles.",
                    "Envoyez-en moins à la fois, ou demandez moins de profils.",
                ),
            ),
            Self::RulesUnchecked => tell(
                (
                    "From here on rules were not checked: too many take more work than is allowed.",
                    "À partir d’ici, les règles n’ont pas été vérifiées : trop d’entre elles demandent plus de travail \
                     qu’il n’est permis.",
                ),
                (
                    "Send less at once, or ask for fewer profiles.",
                    "Envoyez-en moins à la fois, ou demandez moins de profils.",
                ),
            ),
            Self::More => tell(
                (
                    "There are more faults than are listed here.",
                    "Il y a plus de fautes qu’il n’en est signalé ici.",
                ),
                ("Mend those listed and check again.", "Corrigez celles-ci et vérifiez de nouveau."),
            ),
        }
    }
}
