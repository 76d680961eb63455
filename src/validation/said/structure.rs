//! Faults of structure: which elements stand where, how often, and in what.

use super::{IN_R4, Said, Words, one_of, tell};
use crate::domain::issue::Fault;

/// A fault of structure.
pub(in crate::validation) enum Structure<'a> {
    /// A required element is absent.
    Missing,
    /// Properties that R4 does not define; perhaps a known name was meant.
    Unknown { count: usize, near: Option<&'a str> },
    /// A choice in a type that it does not have.
    WrongChoice { types: Vec<&'a str> },
    /// A choice in more than one type.
    TwoChoices,
    /// An extension with a value and extensions, or with neither.
    ExtensionContent,
    /// Something stands beside the URL of an extension.
    ExtensionUrl,
    /// A resource that is no object.
    NoObject,
    /// A resource without its type.
    NoResourceType,
    /// A type that R4 does not have.
    UnknownResourceType,
    /// A contained resource that nothing can refer to.
    ContainedWithoutId,
    /// Contained in what is contained.
    ContainedInContained,
    /// An item of a form that depends on a question which the form has not.
    NoSuchQuestion,
    /// A modifier that is not understood.
    Modifier,
    /// An empty array.
    EmptyArray,
    /// An object that says nothing.
    EmptyElement,
    /// A string of no characters.
    EmptyString,
    /// Null where it stands for nothing.
    Null,
}

impl Said for Structure<'_> {
    fn rule(&self) -> (&'static str, Fault) {
        match self {
            Self::Missing | Self::NoResourceType => ("R-STRUCT-MISSING", Fault::Required),
            Self::Unknown { .. } => ("R-STRUCT-UNKNOWN", Fault::Structure),
            Self::WrongChoice { .. } | Self::TwoChoices => ("R-STRUCT-CHOICE", Fault::Structure),
            Self::ExtensionContent => ("R-STRUCT-EXTENSION", Fault::Invariant),
            Self::ExtensionUrl => ("R-STRUCT-EXTENSION", Fault::Structure),
            Self::NoObject => ("R-STRUCT-TYPE", Fault::Structure),
            Self::UnknownResourceType => ("R-STRUCT-RESOURCE", Fault::NotSupported),
            Self::ContainedWithoutId => ("R-STRUCT-CONTAINED", Fault::Required),
            Self::ContainedInContained => ("R-STRUCT-CONTAINED", Fault::Structure),
            Self::NoSuchQuestion => ("R-FORM-DEPENDS", Fault::NotFound),
            Self::Modifier => ("R-STRUCT-MODIFIER", Fault::NotSupported),
            Self::EmptyArray | Self::EmptyElement | Self::EmptyString | Self::Null => {
                ("R-STRUCT-EMPTY", Fault::Structure)
            }
        }
    }

    fn words(&self) -> (Words, Words) {
        match self {
            Self::Missing => tell(
                ("A required element is missing.", "Un élément obligatoire manque."),
                ("Add it.", "Ajoutez-le."),
            ),
            Self::Unknown { count, near } => unknown(*count, *near),
            Self::WrongChoice { types } => tell(
                ("This element must not have this type.", "Cet élément ne peut pas avoir ce type."),
                one_of(("Use one of the types", "Utilisez l’un des types"), types.iter().copied(), IN_R4),
            ),
            Self::TwoChoices => tell(
                ("This element stands here in more than one type.", "Cet élément figure ici sous plus d’un type."),
                ("Keep one of them.", "Gardez-en un seul."),
            ),
            Self::ExtensionContent => tell(
                (
                    "An extension must have either a value or extensions of its own.",
                    "Une extension a soit une valeur, soit des extensions à elle.",
                ),
                ("Keep one of the two.", "Gardez l’une des deux."),
            ),
            Self::ExtensionUrl => tell(
                (
                    "The URL of an extension is its name, and has no extensions of its own.",
                    "L’URL d’une extension est son nom, et ne porte pas d’extensions.",
                ),
                ("Leave out what stands under _url.", "Omettez ce qui figure sous _url."),
            ),
            Self::NoObject => tell(
                ("A resource must be a JSON object.", "Une ressource est un objet JSON."),
                ("Write it in braces { }.", "Écrivez-la entre accolades { }."),
            ),
            Self::NoResourceType => tell(
                (
                    "This resource does not say of which type it is.",
                    "Cette ressource ne dit pas de quel type elle est.",
                ),
                ("Add resourceType.", "Ajoutez resourceType."),
            ),
            Self::UnknownResourceType => tell(
                (
                    "This is not the name of a resource type of FHIR R4.",
                    "Ce n’est pas le nom d’un type de ressource de FHIR R4.",
                ),
                (
                    "Name one of the resource types of FHIR R4 (4.0.1), in its exact spelling.",
                    "Nommez l’un des types de ressources de FHIR R4 (4.0.1), dans son orthographe exacte.",
                ),
            ),
            Self::ContainedWithoutId => tell(
                (
                    "A contained resource needs an id to be referred to.",
                    "Une ressource incluse a besoin d’un id pour qu’on y renvoie.",
                ),
                ("Give it an id.", "Donnez-lui un id."),
            ),
            Self::ContainedInContained => tell(
                (
                    "A contained resource must not contain another.",
                    "Une ressource incluse n’en inclut pas d’autre.",
                ),
                (
                    "Move the inner resource to the contained list of the outermost resource.",
                    "Déplacez la ressource intérieure dans la liste contained de la ressource extérieure.",
                ),
            ),
            Self::NoSuchQuestion => tell(
                ("The form has no question with this linkId.", "Le formulaire n’a pas de question avec ce linkId."),
                (
                    "Name the linkId of a question of this form.",
                    "Nommez le linkId d’une question de ce formulaire.",
                ),
            ),
            Self::Modifier => tell(
                (
                    "This extension changes the meaning of what it stands in, and is not understood here.",
                    "Cette extension change le sens de ce qui la porte, et n’est pas comprise ici.",
                ),
                (
                    "Send the content without it, or agree on its meaning with the operator first.",
                    "Envoyez le contenu sans elle, ou convenez d’abord de son sens avec l’exploitant.",
                ),
            ),
            Self::EmptyArray => tell(
                ("An array must not be empty.", "Un tableau ne peut pas être vide."),
                ("Leave the element out.", "Omettez l’élément."),
            ),
            Self::EmptyElement => {
                tell(("An element must not be empty.", "Un élément ne peut pas être vide."), FILL)
            }
            Self::EmptyString => tell(("A string must not be empty.", "Un texte ne peut pas être vide."), FILL),
            Self::Null => tell(
                (
                    "Null is no value, but for a primitive in an array that has extensions instead.",
                    "Null n’est pas une valeur, sauf pour un primitif de tableau qui n’a que des extensions.",
                ),
                FILL,
            ),
        }
    }
}

const FILL: (&str, &str) =
    ("Leave the element out, or give it content.", "Omettez l’élément, ou donnez-lui un contenu.");

fn unknown(count: usize, near: Option<&str>) -> (Words, Words) {
    let wrong = match count {
        1 => (
            "There is 1 element here that FHIR R4 does not define.".to_owned(),
            "Il y a ici 1 élément que FHIR R4 ne définit pas.".to_owned(),
        ),
        count => (
            format!("There are {count} elements here that FHIR R4 does not define."),
            format!("Il y a ici {count} éléments que FHIR R4 ne définit pas."),
        ),
    };
    match near {
        Some(near) => tell(
            wrong,
            (
                format!("Was {near} meant? Otherwise leave it out, or carry it in an extension."),
                format!("Vouliez-vous dire {near}? Sinon, omettez-le, ou portez-le dans une extension."),
            ),
        ),
        None => tell(
            wrong,
            ("Leave it out, or carry it in an extension.", "Omettez-le, ou portez-le dans une extension."),
        ),
    }
}
