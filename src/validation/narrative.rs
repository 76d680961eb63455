//! Whether a narrative is safe to show (FHIR R4, section 2.4.0): XHTML in one `div`, no active content.
//!
//! Not an XHTML validator: tags must balance, and nothing that runs, loads or submits may stand in it.

/// Elements that section 2.4.0.2 forbids: they run, load, submit or reach outside the `div`.
const FORBIDDEN: &[&str] = &[
    "applet", "audio", "base", "body", "button", "embed", "form", "frame", "frameset", "head", "html", "iframe",
    "input", "link", "math", "meta", "object", "script", "select", "style", "svg", "template", "textarea", "video",
];
/// What a narrative may be made of (R4, rule txt-1: chapters 7 to 11 and 15 of HTML 4.0, links and images).
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "kbd",
    "li",
    "map",
    "ol",
    "p",
    "pre",
    "q",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "ul",
    "var",
];
/// Attributes that any of them may have.
const ATTRIBUTES: &[&str] = &[
    "abbr",
    "accesskey",
    "align",
    "axis",
    "char",
    "charoff",
    "class",
    "colspan",
    "dir",
    "headers",
    "id",
    "ID",
    "lang",
    "rowspan",
    "scope",
    "span",
    "style",
    "tabindex",
    "title",
    "valign",
    "width",
    "xml:lang",
    "xmlns",
];
/// Attributes that one of them may have.
const OWN_ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["charset", "coords", "href", "hreflang", "name", "rel", "rev", "shape", "type"]),
    ("area", &["alt", "coords", "href", "nohref", "shape"]),
    ("blockquote", &["cite"]),
    ("img", &["alt", "border", "height", "ismap", "longdesc", "src", "usemap"]),
    ("map", &["name"]),
    ("pre", &["space"]),
    ("q", &["cite"]),
    ("table", &["border", "cellpadding", "cellspacing", "frame", "rules", "summary"]),
    ("td", &["nowrap"]),
];
/// XML knows these names and no others: `&nbsp;` is HTML's.
const ENTITIES: &[&str] = &["amp", "apos", "gt", "lt", "quot"];
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Why a narrative is not safe to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsafe {
    /// Something stands around the `div`.
    Around,
    /// A comment that does not end.
    Comment,
    /// A tag that is none of XHTML.
    Tag,
    /// Tags that do not nest.
    Order,
    /// Another beginning.
    Begin,
    /// What runs, loads or submits.
    Active,
    /// A `div` that does not end, or none.
    Open,
    /// Nothing is said.
    Silent,
}

impl Unsafe {
    /// What to do, in English and in French.
    pub(super) fn remedy(self) -> (&'static str, &'static str) {
        match self {
            Self::Around => {
                ("Write one div element with nothing around it.", "Écrivez un seul élément div, sans rien autour.")
            }
            Self::Comment => ("Close the comment.", "Fermez le commentaire."),
            Self::Tag => (
                "Close every tag and quote every attribute, as XHTML asks.",
                "Fermez chaque balise et mettez chaque attribut entre guillemets, comme le veut XHTML.",
            ),
            Self::Order => (
                "Close the tags in the order in which they were opened.",
                "Fermez les balises dans l’ordre où elles ont été ouvertes.",
            ),
            Self::Begin => (
                "Begin with <div xmlns=\"http://www.w3.org/1999/xhtml\">.",
                "Commencez par <div xmlns=\"http://www.w3.org/1999/xhtml\">.",
            ),
            Self::Active => (
                "Remove scripts, event attributes, forms, frames, embedded objects and style sheets.",
                "Retirez scripts, attributs d’événement, formulaires, cadres, objets intégrés et feuilles de style.",
            ),
            Self::Open => (
                "Write one div element, closed, with nothing around it.",
                "Écrivez un seul élément div, fermé, sans rien autour.",
            ),
            Self::Silent => {
                ("Say something in it, or leave the narrative out.", "Dites-y quelque chose, ou omettez le récit.")
            }
        }
    }
}

/// What is wrong with the `div`; when it is safe, whether it holds only what a narrative is made of.
pub(super) fn check(text: &str) -> Result<bool, Unsafe> {
    let mut rest = text.trim();
    let mut open: Vec<&str> = Vec::new();
    let mut first = true;
    let mut says = false;
    let mut is_plain = has_known_entities(text);
    while let Some(start) = rest.find('<') {
        if (first && start > 0) || (!first && open.is_empty()) {
            return Err(Unsafe::Around);
        }
        says |= !rest[..start].trim().is_empty();
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = comment.find("-->").ok_or(Unsafe::Comment)?;
            rest = &comment[end + 3..];
            continue;
        }
        let tag = Tag::read(rest).ok_or(Unsafe::Tag)?;
        if tag.closing {
            if open.pop() != Some(tag.name) {
                return Err(Unsafe::Order);
            }
        } else {
            if first && !(tag.name == "div" && tag.is_xhtml) {
                return Err(Unsafe::Begin);
            }
            if tag.is_active || FORBIDDEN.iter().any(|name| tag.name.eq_ignore_ascii_case(name)) {
                return Err(Unsafe::Active);
            }
            says |= tag.name == "img";
            is_plain &= tag.is_plain && ELEMENTS.contains(&tag.name);
            if !tag.empty {
                open.push(tag.name);
            }
            first = false;
        }
        rest = &rest[tag.length..];
    }
    if first || !open.is_empty() || !rest.is_empty() {
        return Err(Unsafe::Open);
    }
    if says { Ok(is_plain) } else { Err(Unsafe::Silent) }
}

struct Tag<'a> {
    name: &'a str,
    closing: bool,
    empty: bool,
    is_xhtml: bool,
    is_active: bool,
    /// Whether all of its attributes are among those of a narrative.
    is_plain: bool,
    length: usize,
}

impl<'a> Tag<'a> {
    /// Reads one tag from its `<`; `None` when it is no tag of XHTML (also declarations and instructions).
    fn read(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix('<')?;
        let (closing, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
        let end = inner.find(|letter: char| letter.is_whitespace() || matches!(letter, '/' | '>' | '<'))?;
        let (name, mut rest) = inner.split_at(end);
        let mut tag =
            Tag { name, closing, empty: false, is_xhtml: false, is_active: false, is_plain: true, length: 0 };
        if !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            return None;
        }
        loop {
            rest = rest.trim_start();
            tag.empty = rest.starts_with("/>") && !closing;
            if let Some(after) = rest.strip_prefix("/>").filter(|_| !closing).or_else(|| rest.strip_prefix('>')) {
                tag.length = text.len() - after.len();
                return Some(tag);
            }
            if closing {
                return None;
            }
            let (attribute, after) = rest.split_once('=')?;
            let attribute = attribute.trim_end();
            let after = after.trim_start();
            let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, after) = after[1..].split_once(quote)?;
            if attribute.contains(|letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '/' | '"'))
            {
                return None;
            }
            let own = OWN_ATTRIBUTES.iter().find(|(element, _)| *element == name);
            tag.is_plain &= ATTRIBUTES.contains(&attribute) || own.is_some_and(|(_, own)| own.contains(&attribute));
            tag.is_xhtml |= attribute == "xmlns" && value == XHTML;
            tag.is_active |= is_active(attribute, value);
            rest = after;
        }
    }
}

/// Event attributes, and addresses or styles that run.
fn is_active(attribute: &str, value: &str) -> bool {
    let is = |name: &&str| attribute.eq_ignore_ascii_case(name);
    let event = attribute.len() > 2 && attribute.as_bytes()[..2].eq_ignore_ascii_case(b"on");
    let address = ["href", "src", "xlink:href", "background"].iter().any(is);
    event || ((address || is(&"style")) && runs(value)) || (address && is_disguised(value))
}

/// Whether an address or style names a scheme that runs, however it is spaced.
fn runs(value: &str) -> bool {
    let plain = value.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control());
    let plain: String = plain.map(|letter| letter.to_ascii_lowercase()).collect();
    let anywhere = ["javascript:", "vbscript:", "expression("];
    plain.starts_with("data:text") || anywhere.iter().any(|scheme| plain.contains(scheme))
}

/// Whether an entity stands where the scheme of an address would: only to hide it.
fn is_disguised(value: &str) -> bool {
    let scheme = value.split(['/', '?']).next().unwrap_or_default();
    !scheme.starts_with('#') && scheme.contains('&')
}

/// Whether every `&` begins an entity of XML.
fn has_known_entities(text: &str) -> bool {
    text.split('&').skip(1).all(|rest| {
        let name = rest.split_once(';').map_or("", |(name, _)| name);
        let digits = |text: &str, is: fn(&char) -> bool| !text.is_empty() && text.chars().all(|digit| is(&digit));
        match name.strip_prefix('#') {
            Some(number) => match number.strip_prefix('x') {
                Some(number) => digits(number, char::is_ascii_hexdigit),
                None => digits(number, char::is_ascii_digit),
            },
            None => ENTITIES.contains(&name),
        }
    })
}
