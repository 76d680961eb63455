//! Text to tokens, by the lexical part of the FHIRPath grammar (N1, appendix B).

use super::error::{Fault, ParseError};
use super::temporal::Temporal;

/// A token and where it begins.
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub(super) at: usize,
    pub(super) kind: TokenKind<'t>,
}

#[derive(Clone, Debug)]
pub(super) enum TokenKind<'t> {
    /// A name or a keyword, which only its place tells apart.
    Word(&'t str),
    /// A name in backticks or, as older texts write it, double quotes.
    Quoted(String),
    String(String),
    Number(&'t str),
    Temporal(Temporal),
    /// `%name`, also quoted.
    Variable(String),
    /// `$this`, `$index`, `$total`.
    Dollar(&'t str),
    Symbol(&'static str),
    End,
}

/// Longest first.
const SYMBOLS: [&str; 22] = [
    "<=", ">=", "!=", "!~", ".", "(", ")", "[", "]", "{", "}", ",", "+", "-", "*", "/", "&", "|", "<", ">", "=",
    "~",
];

/// All tokens of the text; the last is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank()?;
        let at = lexer.at;
        let kind = lexer.token()?;
        let ends = matches!(kind, TokenKind::End);
        tokens.push(Token { at, kind });
        if ends {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn fail<T>(&self, at: usize, fault: Fault) -> Result<T, ParseError> {
        Err(ParseError { offset: at, fault })
    }

    /// White space and comments.
    fn skip_blank(&mut self) -> Result<(), ParseError> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{a0}']).len();
            self.at += blank;
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                match rest.find("*/") {
                    Some(end) => self.at += end + 2,
                    None => return self.fail(self.at, Fault::Unterminated("a comment")),
                }
            } else if blank == 0 {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<TokenKind<'t>, ParseError> {
        let at = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(TokenKind::End) };
        match first {
            'A'..='Z' | 'a'..='z' | '_' => Ok(TokenKind::Word(self.word())),
            '0'..='9' => Ok(TokenKind::Number(self.number())),
            '\'' => Ok(TokenKind::String(self.quoted('\'', "a string")?)),
            '`' => Ok(TokenKind::Quoted(self.quoted('`', "a name")?)),
            '"' => Ok(TokenKind::Quoted(self.quoted('"', "a name")?)),
            '@' => self.temporal(),
            '$' => {
                self.at += 1;
                match self.word() {
                    word @ ("this" | "index" | "total") => Ok(TokenKind::Dollar(word)),
                    _ => self.fail(at, Fault::Expected("$this, $index or $total")),
                }
            }
            '%' => self.variable(),
            _ => match SYMBOLS.into_iter().find(|symbol| self.rest().starts_with(symbol)) {
                Some(symbol) => {
                    self.at += symbol.len();
                    Ok(TokenKind::Symbol(symbol))
                }
                None => self.fail(at, Fault::Character(first)),
            },
        }
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !wanted(byte)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn word(&mut self) -> &'t str {
        self.take(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// Digits, and a fraction if digits follow the point (`1.not()` has none).
    fn number(&mut self) -> &'t str {
        let start = self.at;
        self.take(|byte| byte.is_ascii_digit());
        let mut after = self.rest().bytes();
        if after.next() == Some(b'.') && after.next().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            self.take(|byte| byte.is_ascii_digit());
        }
        &self.text[start..self.at]
    }

    fn temporal(&mut self) -> Result<TokenKind<'t>, ParseError> {
        let at = self.at;
        self.at += 1;
        let start = self.at;
        self.take(|byte| byte.is_ascii_digit() || byte == b'-');
        let has_time = self.rest().starts_with('T');
        let is_time = has_time && self.at == start;
        if has_time {
            self.at += 1;
            self.take(|byte| byte.is_ascii_digit() || byte == b':');
            let fraction = self.rest().strip_prefix('.').unwrap_or_default();
            if fraction.starts_with(|letter: char| letter.is_ascii_digit()) {
                self.at += 1;
                self.take(|byte| byte.is_ascii_digit());
            }
            if self.rest().starts_with('Z') {
                self.at += 1;
            } else if !is_time && self.rest().starts_with(['+', '-']) {
                self.at += 1;
                self.take(|byte| byte.is_ascii_digit() || byte == b':');
            }
        }
        let text = &self.text[start..self.at];
        let (read, what) = match (is_time, has_time) {
            (true, _) => (Temporal::time(&text[1..]), "time of day"),
            (_, true) => (Temporal::date_time(text), "date and time"),
            _ => (Temporal::date(text), "date"),
        };
        match read {
            Some(temporal) => Ok(TokenKind::Temporal(temporal)),
            None => self.fail(at, Fault::Literal(what)),
        }
    }

    fn variable(&mut self) -> Result<TokenKind<'t>, ParseError> {
        let at = self.at;
        self.at += 1;
        let name = match self.rest().bytes().next() {
            Some(b'`') => self.quoted('`', "a name")?,
            Some(b'\'') => self.quoted('\'', "a name")?,
            Some(b'"') => self.quoted('"', "a name")?,
            // FHIR's %vs-name and %ext-name stand outside the grammar, in which a minus ends the name.
            _ if self.rest().starts_with("vs-") || self.rest().starts_with("ext-") => {
                self.take(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).to_owned()
            }
            _ => self.word().to_owned(),
        };
        if name.is_empty() {
            self.fail(at, Fault::Expected("a name behind %"))
        } else {
            Ok(TokenKind::Variable(name))
        }
    }

    /// What stands between two `quote`s, its escapes resolved.
    fn quoted(&mut self, quote: char, what: &'static str) -> Result<String, ParseError> {
        let start = self.at;
        self.at += quote.len_utf8();
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find([quote, '\\']) else { return self.fail(start, Fault::Unterminated(what)) };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if rest[end..].starts_with(quote) {
                return Ok(text);
            }
            text.push(self.escape()?);
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, ParseError> {
        let at = self.at - 1;
        let Some(letter) = self.rest().chars().next() else { return self.fail(at, Fault::Escape) };
        self.at += letter.len_utf8();
        Ok(match letter {
            '\'' | '"' | '`' | '\\' | '/' => letter,
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => match self.unicode() {
                Some(letter) => letter,
                None => return self.fail(at, Fault::Escape),
            },
            _ => return self.fail(at, Fault::Escape),
        })
    }

    /// Four hexadecimal digits, or twice four for what stands outside the basic plane.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hexadecimal()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.at += self.rest().strip_prefix("\\u").map(|_| 2)?;
        let second = self.hexadecimal().filter(|second| (0xdc00..0xe000).contains(second))?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let number =
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16))?;
        self.at += 4;
        number.ok()
    }
}
