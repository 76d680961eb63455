//! Functions on strings (N1, section 5.6, and those of 2.1 that guides use). Positions count characters.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use regex::Regex;

use super::call::truth;
use super::evaluate::{Evaluated, Evaluator, Scope, one};
use super::function::Function;
use super::item::{Collection, Item, Value};
use super::tree::{Call, Extra};
use super::{EvaluationError, pattern};

/// Steps that making a pattern ready while evaluating costs.
const PATTERN_STEPS: usize = 20_000;
/// Bytes of a pattern that is made while evaluating.
const PATTERN_BYTES: usize = 4096;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn text(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let error = EvaluationError::Type { offset: call.at, what: call.function.name() };
        let text = match self.single(input, call.at, call.function.name())? {
            None => return Ok(Collection::new()),
            Some(item) => match item.text() {
                Some(text) => text,
                None if self.is_valueless(item) => return Ok(Collection::new()),
                None => return Err(error),
            },
        };
        self.budget.spend_text(text.len())?;
        let argument = |number: usize| self.text_argument(call, number, scope);
        match call.function {
            Function::Upper => self.made(text.to_uppercase()),
            Function::Lower => self.made(text.to_lowercase()),
            Function::Trim => self.made(text.trim().to_owned()),
            Function::Length => Ok(one(Value::Integer(text.chars().count() as i64))),
            Function::ToChars => {
                self.budget.spend(text.len())?;
                Ok(text.chars().map(|letter| Value::String(letter.to_string().into()).into()).collect())
            }
            Function::Substring => self.substring(call, text, scope),
            Function::Matches | Function::MatchesFull => {
                let Some(regex) = self.pattern(call, scope)? else { return Ok(Collection::new()) };
                Ok(truth(regex.is_match(text)))
            }
            Function::ReplaceMatches => {
                let (regex, with) = (self.pattern(call, scope)?, argument(1)?);
                let Some((regex, with)) = regex.zip(with) else { return Ok(Collection::new()) };
                self.replace_matches(text, &regex, with.text().unwrap_or_default())
            }
            Function::Replace => {
                let Some((what, with)) = argument(0)?.zip(argument(1)?) else { return Ok(Collection::new()) };
                self.replace(text, what.text().unwrap_or_default(), with.text().unwrap_or_default())
            }
            function => {
                let Some(argument) = argument(0)? else { return Ok(Collection::new()) };
                self.with_text(function, text, argument.text().unwrap_or_default(), error)
            }
        }
    }

    /// Functions of a text and one more.
    fn with_text(
        &self,
        function: Function,
        text: &str,
        other: &str,
        error: EvaluationError,
    ) -> Evaluated<Collection<'a>> {
        match function {
            Function::StartsWith => Ok(truth(text.starts_with(other))),
            Function::EndsWith => Ok(truth(text.ends_with(other))),
            Function::Contains => Ok(truth(text.contains(other))),
            Function::IndexOf => {
                let index = text.find(other).map_or(-1, |at| text[..at].chars().count() as i64);
                Ok(one(Value::Integer(index)))
            }
            Function::Split => {
                let parts: Collection<'a> =
                    text.split(other).map(|part| Value::String(part.to_owned().into()).into()).collect();
                self.budget.spend(parts.len())?;
                Ok(parts)
            }
            Function::Encode => match other {
                "base64" => self.made(STANDARD.encode(text)),
                "urlbase64" => self.made(URL_SAFE.encode(text)),
                "hex" => self.made(text.bytes().map(|byte| format!("{byte:02x}")).collect()),
                _ => Ok(Collection::new()),
            },
            Function::Decode => {
                let bytes = match other {
                    "base64" => STANDARD.decode(text).ok(),
                    "urlbase64" => URL_SAFE.decode(text).ok(),
                    "hex" => unhex(text),
                    _ => None,
                };
                bytes
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .map_or(Ok(Collection::new()), |text| self.made(text))
            }
            Function::Escape => match other {
                "html" => self.made(escape_html(text)),
                "json" => {
                    let quoted = serde_json::Value::from(text).to_string();
                    self.made(quoted[1..quoted.len() - 1].to_owned())
                }
                _ => Ok(Collection::new()),
            },
            Function::Unescape => match other {
                "html" => self.made(unescape_html(text)),
                "json" => unescape_json(text).map_or(Ok(Collection::new()), |text| self.made(text)),
                _ => Ok(Collection::new()),
            },
            _ => Err(error),
        }
    }

    fn made(&self, text: String) -> Evaluated<Collection<'a>> {
        self.budget.allow_text(text.len())?;
        Ok(one(Value::String(Cow::Owned(text))))
    }

    fn substring(&self, call: &'a Call, text: &str, scope: Scope<'_, 'a>) -> Evaluated<Collection<'a>> {
        let Some(start) = self.integer_argument(call, 0, scope)? else { return Ok(Collection::new()) };
        let length = self.integer_argument(call, 1, scope)?;
        let Some(start) = usize::try_from(start).ok().filter(|start| *start < text.chars().count()) else {
            return Ok(Collection::new());
        };
        let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
        self.made(text.chars().skip(start).take(length).collect())
    }

    /// The pattern of a call, made beforehand or now; `None` when the argument is empty.
    fn pattern(&self, call: &'a Call, scope: Scope<'_, 'a>) -> Evaluated<Option<Cow<'a, Regex>>> {
        if let Extra::Pattern(regex) = &call.extra {
            return Ok(Some(Cow::Borrowed(regex)));
        }
        let Some(text) = self.text_argument(call, 0, scope)? else { return Ok(None) };
        let text = text.text().unwrap_or_default();
        self.budget.spend(PATTERN_STEPS)?;
        if text.len() > PATTERN_BYTES {
            return Err(EvaluationError::TooCostly);
        }
        match pattern::compile(text, call.function == Function::MatchesFull) {
            Ok(regex) => Ok(Some(Cow::Owned(regex))),
            Err(_) => Err(EvaluationError::Pattern { offset: call.at }),
        }
    }

    fn replace(&self, text: &str, what: &str, with: &str) -> Evaluated<Collection<'a>> {
        let found = text.matches(what).count();
        self.budget.allow_text(text.len() + found * with.len())?;
        self.made(text.replace(what, with))
    }

    /// An empty pattern replaces nothing, as HL7's test cases have it.
    fn replace_matches(&self, text: &str, regex: &Regex, with: &str) -> Evaluated<Collection<'a>> {
        if regex.as_str().is_empty() {
            return self.made(text.to_owned());
        }
        let (mut result, mut end) = (String::new(), 0);
        for captures in regex.captures_iter(text) {
            let Some(whole) = captures.get(0) else { continue };
            result.push_str(&text[end..whole.start()]);
            // Twice the replacement, for groups in it.
            self.budget.allow_text(result.len() + text.len() + with.len())?;
            captures.expand(with, &mut result);
            end = whole.end();
        }
        result.push_str(&text[end..]);
        self.made(result)
    }

    pub(super) fn join(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        if input.is_empty() {
            return Ok(Collection::new());
        }
        let separator = self.text_argument(call, 0, scope)?;
        let separator = separator.as_ref().and_then(Item::text).unwrap_or_default();
        let texts = input.iter().filter_map(Item::text);
        self.budget.allow_text(texts.clone().map(|text| text.len() + separator.len()).sum())?;
        self.made(texts.collect::<Vec<_>>().join(separator))
    }
}

/// The text that a JSON string holds; quotes in it need not be escaped. `None` where an escape is none.
fn unescape_json(text: &str) -> Option<String> {
    let (mut quoted, mut escaped) = (String::from('"'), false);
    for letter in text.chars() {
        if letter == '"' && !escaped {
            quoted.push('\\');
        }
        quoted.push(letter);
        escaped = letter == '\\' && !escaped;
    }
    quoted.push('"');
    serde_json::from_str(&quoted).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| u8::try_from(digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?).ok();
    text.as_bytes().chunks(2).map(pair).collect()
}

/// What HTML writes otherwise.
const HTML: [(&str, &str); 5] = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];

fn escape_html(text: &str) -> String {
    HTML.into_iter().fold(text.to_owned(), |text, (plain, escaped)| text.replace(plain, escaped))
}

fn unescape_html(text: &str) -> String {
    HTML.into_iter().rev().fold(text.to_owned(), |text, (plain, escaped)| text.replace(escaped, plain))
}
