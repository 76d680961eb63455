//! Faults of codes, and which were not checked.

use super::{Said, Text, Words, one_of, tell};
use crate::definitions::{CodeList, Doubt};
use crate::domain::issue::Fault;

/// A fault of a code.
pub(in crate::validation) enum Coded<'a> {
    /// A system that is no absolute URI.
    Relative,
    /// A code that has not the form of a system which is a grammar.
    Form { system: &'a str },
    /// A code that its own system does not have.
    OfNoSystem { system: &'a str, codes: Vec<&'a str> },
    /// An extension in the place of a code that is required.
    Replaced,
    /// A code that is no longer to be used.
    Inactive,
    /// A display that the system does not give the code.
    Display { known: &'a str },
    /// A code outside of a value set that is required.
    Unknown(&'a CodeList),
    /// A code outside of a value set that may be extended.
    Outside(&'a CodeList),
    /// A code outside of a value set that is preferred.
    NotPreferred(&'a CodeList),
    /// A value set that is not loaded.
    NotLoaded { value_set: &'a str },
    /// A value set of which it is not known whether it has the code.
    InDoubt { list: &'a CodeList, doubt: &'a Doubt },
    /// Answers of which the form is not at hand.
    FormNotAtHand,
}

impl Said for Coded<'_> {
    fn rule(&self) -> (&'static str, Fault) {
        match self {
            Self::Relative => ("R-CODE-SYSTEM", Fault::CodeInvalid),
            Self::Form { .. } => ("R-CODE-FORM", Fault::CodeInvalid),
            Self::OfNoSystem { .. } | Self::Unknown(_) => ("R-CODE-UNKNOWN", Fault::CodeInvalid),
            Self::Replaced => ("R-CODE-MISSING", Fault::CodeInvalid),
            Self::Inactive => ("R-CODE-INACTIVE", Fault::CodeInvalid),
            Self::Display { .. } => ("R-CODE-DISPLAY", Fault::CodeInvalid),
            Self::Outside(_) => ("R-CODE-OUTSIDE", Fault::CodeInvalid),
            Self::NotPreferred(_) => ("R-CODE-PREFERRED", Fault::CodeInvalid),
            Self::NotLoaded { .. } | Self::InDoubt { .. } => ("R-CODE-UNCHECKED", Fault::NotSupported),
            Self::FormNotAtHand => ("R-SCREEN-UNCHECKED", Fault::NotSupported),
        }
    }

    fn words(&self) -> (Words, Words) {
        match self {
            Self::Relative => tell(
                ("The system of a code must be an absolute URI.", "Le système d’un code est un URI absolu."),
                ("Write it in whole.", "Écrivez-le en entier."),
            ),
            Self::Form { system } => tell(
                (
                    format!("This has not the form of the codes of {system}."),
                    format!("Cela n’a pas la forme des codes de {system}."),
                ),
                ("Correct it.", "Corrigez-le."),
            ),
            Self::OfNoSystem { system, codes } => tell(
                (
                    format!("The code system {system} has no such code."),
                    format!("Le système de codes {system} n’a pas ce code."),
                ),
                one_of(USE, codes.iter().copied(), ("of this system", "de ce système")),
            ),
            Self::Replaced => tell(
                (
                    "A code is required here, and an extension stands in its place.",
                    "Un code est obligatoire ici, et une extension tient sa place.",
                ),
                (
                    "Send a code of the value set; many have one for what is not known.",
                    "Envoyez un code de l’ensemble de valeurs; beaucoup en ont un pour ce qui est inconnu.",
                ),
            ),
            Self::Inactive => tell(
                ("This code should no longer be used.", "Ce code ne devrait plus servir."),
                ("Use the code that has taken its place.", "Utilisez celui qui l’a remplacé."),
            ),
            Self::Display { known } => tell(
                (
                    "The display is none that the code system gives this code.",
                    "Ce libellé n’est pas de ceux que le système donne à ce code.",
                ),
                (format!("Write “{known}”, or leave it out."), format!("Écrivez « {known} », ou omettez-le.")),
            ),
            Self::Unknown(list) => {
                let set = list.value_set();
                tell(
                    (
                        format!("The code is not one of the value set {set}, which is required here."),
                        format!("Le code n’est pas de l’ensemble de valeurs {set}, obligatoire ici."),
                    ),
                    one_of(USE, list.codes(), ("of this value set", "de cet ensemble de valeurs")),
                )
            }
            Self::Outside(list) => {
                let set = list.value_set();
                tell(
                    (
                        format!("The code is not one of the value set {set}."),
                        format!("Le code n’est pas de l’ensemble de valeurs {set}."),
                    ),
                    (
                        "Use one of its codes, unless none has the meaning.",
                        "Utilisez l’un de ses codes, sauf si aucun n’a ce sens.",
                    ),
                )
            }
            Self::NotPreferred(list) => {
                let set = list.value_set();
                tell(
                    (
                        format!("The code is not one of the value set {set}, which is preferred here."),
                        format!("Le code n’est pas de l’ensemble de valeurs {set}, préféré ici."),
                    ),
                    (
                        "Use one of its codes where one has the meaning.",
                        "Utilisez l’un de ses codes quand l’un d’eux a ce sens.",
                    ),
                )
            }
            Self::NotLoaded { value_set } => tell(
                (
                    format!("The code was not checked: the value set {value_set} is not loaded."),
                    format!("Le code n’a pas été vérifié : l’ensemble de valeurs {value_set} n’est pas chargé."),
                ),
                INSTALL,
            ),
            Self::InDoubt { list, doubt } => {
                let set = list.value_set();
                let doute = in_french(doubt);
                tell(
                    (
                        format!("The code was not checked: of the value set {set}, {doubt}."),
                        format!("Le code n’a pas été vérifié : pour l’ensemble de valeurs {set}, {doute}."),
                    ),
                    INSTALL,
                )
            }
            Self::FormNotAtHand => tell(
                (
                    "The answers were not checked: their form is not at hand.",
                    "Les réponses n’ont pas été vérifiées : leur formulaire n’est pas disponible.",
                ),
                (
                    "Install the package that holds the Questionnaire, or send it along.",
                    "Installez le paquet qui contient le Questionnaire, ou joignez-le.",
                ),
            ),
        }
    }
}

const USE: (&str, &str) = ("Use one of the codes", "Utilisez l’un des codes");
const INSTALL: (&str, &str) = (
    "Install the package that holds it, or see to it by hand.",
    "Installez le paquet qui le contient, ou vérifiez vous-même.",
);

/// Why it is not known whether a value set has a code.
pub(in crate::validation) fn in_french(doubt: &Doubt) -> Text {
    match doubt {
        Doubt::ValueSet(url) => format!("l’ensemble de valeurs {url} n’est pas chargé").into(),
        Doubt::Content(url) => format!("l’ensemble de valeurs {url} ne dit rien de son contenu").into(),
        Doubt::System(url) => format!("le système de codes {url} n’est pas chargé").into(),
        Doubt::Part(url) => format!("le système de codes {url} n’est chargé qu’en partie").into(),
        Doubt::Version(version) => {
            format!("le système de codes est chargé dans une autre version que {version}").into()
        }
        Doubt::Filter(name) => format!("son filtre sur {name} ne peut pas être décidé").into(),
        Doubt::Cycle(url) => format!("l’ensemble de valeurs {url} fait partie de lui-même").into(),
        Doubt::Size => "l’ensemble de valeurs est trop grand".into(),
        Doubt::Compiled => "l’ensemble de valeurs n’a pas été compilé".into(),
    }
}
