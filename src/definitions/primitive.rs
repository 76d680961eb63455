//! The primitive types of R4 and how JSON carries each.

/// A primitive type of FHIR R4 (datatypes, section 2.24.0.1), plus `xhtml` of narratives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Primitive {
    /// Base64 text, white space allowed.
    Base64Binary,
    /// JSON true or false.
    Boolean,
    /// A URI that may carry `|version` and `#fragment`.
    Canonical,
    /// A token without surrounding white space.
    Code,
    /// A year, month or day.
    Date,
    /// A date, or an instant with seconds and zone.
    DateTime,
    /// A JSON number whose digits count.
    Decimal,
    /// 1 to 64 of `A-Z a-z 0-9 - .`.
    Id,
    /// Date, time with seconds, and zone.
    Instant,
    /// 32 bits, signed.
    Integer,
    /// Text in Markdown.
    Markdown,
    /// `urn:oid:…`.
    Oid,
    /// 1 to 2,147,483,647.
    PositiveInt,
    /// Text, never empty.
    String,
    /// A time of day with seconds, no zone.
    Time,
    /// 0 to 2,147,483,647.
    UnsignedInt,
    /// A URI reference without white space.
    Uri,
    /// A URL without white space.
    Url,
    /// `urn:uuid:…`, lower case.
    Uuid,
    /// The `div` of a narrative.
    Xhtml,
}

impl Primitive {
    /// The type named so in a StructureDefinition; `None` for complex types.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "base64Binary" => Self::Base64Binary,
            "boolean" => Self::Boolean,
            "canonical" => Self::Canonical,
            "code" => Self::Code,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "decimal" => Self::Decimal,
            "id" => Self::Id,
            "instant" => Self::Instant,
            "integer" => Self::Integer,
            "markdown" => Self::Markdown,
            "oid" => Self::Oid,
            "positiveInt" => Self::PositiveInt,
            "string" => Self::String,
            "time" => Self::Time,
            "unsignedInt" => Self::UnsignedInt,
            "uri" => Self::Uri,
            "url" => Self::Url,
            "uuid" => Self::Uuid,
            "xhtml" => Self::Xhtml,
            _ => return None,
        })
    }

    /// Its name in FHIR: `dateTime`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64Binary => "base64Binary",
            Self::Boolean => "boolean",
            Self::Canonical => "canonical",
            Self::Code => "code",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Decimal => "decimal",
            Self::Id => "id",
            Self::Instant => "instant",
            Self::Integer => "integer",
            Self::Markdown => "markdown",
            Self::Oid => "oid",
            Self::PositiveInt => "positiveInt",
            Self::String => "string",
            Self::Time => "time",
            Self::UnsignedInt => "unsignedInt",
            Self::Uri => "uri",
            Self::Url => "url",
            Self::Uuid => "uuid",
            Self::Xhtml => "xhtml",
        }
    }
}
