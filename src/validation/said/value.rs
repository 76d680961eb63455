//! Faults of single values: their form, their length, and where references lead.

use super::{IN_PROFILE, IN_R4, Said, Words, one_of, tell};
use crate::definitions::Primitive;
use crate::domain::issue::Fault;
use crate::validation::narrative::Unsafe;

/// A fault of a value.
pub(in crate::validation) enum Valued<'a> {
    /// JSON carries the type as another kind of value.
    Carried(Primitive),
    /// The value has not the form of its type.
    Form(Primitive),
    /// Longer than the limit.
    TooLong { bytes: usize },
    /// Longer than a profile or R4 allows.
    TooManyCharacters { most: u32 },
    /// Less or more than is allowed.
    OutOfBounds,
    /// A narrative that must not be shown.
    Narrative(Unsafe),
    /// A narrative that is safe, of parts that a narrative is not made of.
    NarrativeParts,
    /// The system of an identifier is no absolute URI.
    IdentifierSystem,
    /// An identifier that its system calls a URI, and that is none.
    IdentifierNoUri,
    /// No reference.
    NoReference,
    /// A reference to what is not contained.
    NotContained,
    /// A reference to what is not in the transaction.
    NotInBundle,
    /// `Reference.type` is not the type that the reference names.
    StatedType,
    /// A target of a type that may not be referred to here.
    TargetType { allowed: Vec<&'a str> },
    /// A target that stands where the profile does not want it.
    TargetElsewhere { profile: &'a str },
    /// A target that meets none of the profiles.
    TargetProfile { profile: &'a str, wanted: Vec<&'a str> },
}

impl Said for Valued<'_> {
    fn rule(&self) -> (&'static str, Fault) {
        match self {
            Self::Carried(_) => ("R-STRUCT-TYPE", Fault::Structure),
            Self::Form(_) => ("R-VALUE-FORMAT", Fault::Value),
            Self::TooLong { .. } => ("R-LIMIT-STRING", Fault::TooCostly),
            Self::TooManyCharacters { .. } => ("R-VALUE-LENGTH", Fault::Value),
            Self::OutOfBounds => ("R-VALUE-BOUNDS", Fault::Value),
            Self::IdentifierSystem => ("R-ID-SYSTEM", Fault::Value),
            Self::IdentifierNoUri => ("R-ID-VALUE", Fault::Value),
            Self::Narrative(_) | Self::NarrativeParts => ("R-VALUE-NARRATIVE", Fault::Value),
            Self::NoReference => ("R-REF-FORM", Fault::Value),
            Self::NotContained => ("R-REF-CONTAINED", Fault::NotFound),
            Self::NotInBundle => ("R-REF-BUNDLE", Fault::NotFound),
            Self::StatedType | Self::TargetType { .. } => ("R-REF-TARGET", Fault::Value),
            Self::TargetElsewhere { .. } => ("R-REF-AGGREGATION", Fault::Structure),
            Self::TargetProfile { .. } => ("R-REF-PROFILE", Fault::Value),
        }
    }

    fn words(&self) -> (Words, Words) {
        match self {
            Self::Carried(of) => {
                let (kind, genre) = carried(*of);
                let name = of.name();
                tell(
                    (
                        format!("The type {name} is carried by JSON as {kind}."),
                        format!("JSON porte le type {name} comme {genre}."),
                    ),
                    (format!("Write {kind}."), format!("Écrivez {genre}.")),
                )
            }
            Self::Form(of) => {
                let name = of.name();
                tell(
                    (
                        format!("The value has not the form of the type {name}."),
                        format!("La valeur n’a pas la forme du type {name}."),
                    ),
                    form(*of),
                )
            }
            Self::TooLong { bytes } => tell(
                (format!("The string is longer than {bytes} bytes."), format!("Le texte dépasse {bytes} octets.")),
                ("Shorten it, or carry it as an attachment.", "Raccourcissez-le, ou joignez-le en pièce."),
            ),
            Self::TooManyCharacters { most } => tell(
                (
                    format!("The text is longer than {most} characters."),
                    format!("Le texte dépasse {most} caractères."),
                ),
                ("Shorten it.", "Raccourcissez-le."),
            ),
            Self::OutOfBounds => tell(
                ("The value is outside of what is allowed.", "La valeur sort de ce qui est permis."),
                ("Correct it.", "Corrigez-la."),
            ),
            Self::Narrative(why) => tell(
                ("The narrative is not a safe XHTML div.", "Le récit n’est pas un div XHTML sûr."),
                why.remedy(),
            ),
            Self::NarrativeParts | Self::IdentifierSystem | Self::IdentifierNoUri => self.untidy(),
            Self::NoReference
            | Self::NotContained
            | Self::NotInBundle
            | Self::StatedType
            | Self::TargetType { .. }
            | Self::TargetElsewhere { .. }
            | Self::TargetProfile { .. } => self.pointed(),
        }
    }
}

impl Valued<'_> {
    /// The words about what a receiver can do without being right.
    fn untidy(&self) -> (Words, Words) {
        match self {
            Self::IdentifierSystem => tell(
                (
                    "The system of an identifier must be an absolute URI.",
                    "Le système d’un identifiant est un URI absolu.",
                ),
                (
                    "Write it in whole; an OID begins with urn:oid:.",
                    "Écrivez-le en entier; un OID commence par urn:oid:.",
                ),
            ),
            Self::IdentifierNoUri => tell(
                (
                    "The system says that this identifier is a URI, and it is none.",
                    "Le système dit que cet identifiant est un URI, et ce n’en est pas un.",
                ),
                (
                    "Write the URI in whole, or name the system that the identifier is from.",
                    "Écrivez l’URI en entier, ou nommez le système dont vient l’identifiant.",
                ),
            ),
            _ => tell(
                (
                    "The narrative holds what a narrative is not made of.",
                    "Le récit contient ce dont un récit n’est pas fait.",
                ),
                (
                    "Use text, tables, lists, links and images as HTML 4 has them, and characters instead of names \
                     like &nbsp;.",
                    "Employez textes, tableaux, listes, liens et images comme HTML 4 les connaît, et des caractères \
                     au lieu de noms comme &nbsp;.",
                ),
            ),
        }
    }

    /// The words about references.
    fn pointed(&self) -> (Words, Words) {
        match self {
            Self::NotContained => tell(
                (
                    "No contained resource of this resource has this id.",
                    "Aucune ressource incluse dans cette ressource n’a cet id.",
                ),
                (
                    "Add the resource to contained, or correct the reference.",
                    "Ajoutez la ressource à contained, ou corrigez la référence.",
                ),
            ),
            Self::NotInBundle => tell(
                (
                    "No entry of this transaction has this full URL.",
                    "Aucune entrée de cette transaction n’a cette URL complète.",
                ),
                (
                    "Add the resource to the Bundle with this fullUrl, or correct the reference.",
                    "Ajoutez au Bundle la ressource avec ce fullUrl, ou corrigez la référence.",
                ),
            ),
            Self::StatedType => tell(
                (
                    "The type that the reference states is not the type that it names.",
                    "Le type que la référence indique n’est pas celui qu’elle nomme.",
                ),
                ("Leave the type out, or correct it.", "Omettez le type, ou corrigez-le."),
            ),
            Self::TargetType { allowed } => tell(
                (
                    "A resource of this type must not be referred to here.",
                    "On ne peut pas renvoyer ici à une ressource de ce type.",
                ),
                one_of(("Refer to one of the types", "Renvoyez à l’un des types"), allowed.iter().copied(), IN_R4),
            ),
            Self::TargetElsewhere { profile } => tell(
                (
                    format!("The profile {profile} wants the target to stand elsewhere."),
                    format!("Le profil {profile} veut que la cible se trouve ailleurs."),
                ),
                (
                    "Move the target, in the same resource, in the same Bundle or outside, as the profile says.",
                    "Déplacez la cible, dans la même ressource, le même Bundle ou dehors, comme le dit le profil.",
                ),
            ),
            Self::TargetProfile { profile, wanted } => tell(
                (
                    format!("The target meets none of the profiles that {profile} allows here."),
                    format!("La cible ne répond à aucun des profils que {profile} permet ici."),
                ),
                one_of(
                    ("Refer to one that meets", "Renvoyez à une ressource qui répond à"),
                    wanted.iter().copied(),
                    IN_PROFILE,
                ),
            ),
            _ => tell(
                ("This is not a reference to a FHIR resource.", "Ce n’est pas une référence à une ressource FHIR."),
                (
                    "Write Type/id, an absolute URL, urn:uuid: with a UUID, or # with the id of a contained resource.",
                    "Écrivez Type/id, une URL absolue, urn:uuid: et un UUID, ou # et l’id d’une ressource incluse.",
                ),
            ),
        }
    }
}

/// As what JSON carries a primitive.
fn carried(of: Primitive) -> (&'static str, &'static str) {
    match of {
        Primitive::Boolean => ("true or false without quotes", "true ou false sans guillemets"),
        Primitive::Decimal | Primitive::Integer | Primitive::UnsignedInt | Primitive::PositiveInt => {
            ("a number without quotes", "un nombre sans guillemets")
        }
        _ => ("a string in quotes", "un texte entre guillemets"),
    }
}

/// How a primitive is written.
fn form(of: Primitive) -> (&'static str, &'static str) {
    match of {
        Primitive::Integer => (
            "Write a whole number between -2147483648 and 2147483647.",
            "Écrivez un nombre entier entre -2147483648 et 2147483647.",
        ),
        Primitive::UnsignedInt => {
            ("Write a whole number between 0 and 2147483647.", "Écrivez un nombre entier entre 0 et 2147483647.")
        }
        Primitive::PositiveInt => {
            ("Write a whole number between 1 and 2147483647.", "Écrivez un nombre entier entre 1 et 2147483647.")
        }
        Primitive::Id => (
            "Write 1 to 64 of the characters A-Z, a-z, 0-9, - and .",
            "Écrivez de 1 à 64 des caractères A-Z, a-z, 0-9, - et .",
        ),
        Primitive::Code => (
            "Write the code without leading, trailing or double spaces.",
            "Écrivez le code sans espace au début, à la fin ni double.",
        ),
        Primitive::Uri | Primitive::Url | Primitive::Canonical => (
            "Write a URI without spaces; after urn:uuid: a UUID, after urn:oid: an OID.",
            "Écrivez un URI sans espace; après urn:uuid: un UUID, après urn:oid: un OID.",
        ),
        Primitive::Oid => ("Write urn:oid: and the numbers.", "Écrivez urn:oid: et les nombres."),
        Primitive::Uuid => {
            ("Write urn:uuid: and a lower-case UUID.", "Écrivez urn:uuid: et un UUID en minuscules.")
        }
        Primitive::Date => (
            "Write YYYY, YYYY-MM or YYYY-MM-DD, a day that exists.",
            "Écrivez AAAA, AAAA-MM ou AAAA-MM-JJ, un jour qui existe.",
        ),
        Primitive::DateTime => (
            "Write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or an offset like -05:00.",
            "Écrivez AAAA, AAAA-MM, AAAA-MM-JJ ou AAAA-MM-JJThh:mm:ss avec Z ou un décalage comme -05:00.",
        ),
        Primitive::Instant => (
            "Write YYYY-MM-DDThh:mm:ss with Z or an offset like -05:00.",
            "Écrivez AAAA-MM-JJThh:mm:ss avec Z ou un décalage comme -05:00.",
        ),
        Primitive::Time => ("Write hh:mm:ss without a zone.", "Écrivez hh:mm:ss sans fuseau."),
        Primitive::Base64Binary => {
            ("Write base64 in groups of four characters.", "Écrivez du base64 par groupes de quatre caractères.")
        }
        Primitive::String | Primitive::Markdown | Primitive::Xhtml | Primitive::Boolean | Primitive::Decimal => {
            ("Remove the NUL characters.", "Retirez les caractères NUL.")
        }
    }
}
