//! Reading what was typed, forgivingly: spaces, dashes, « » and pasted non-breaking spaces never make it wrong.

use jiff::civil::Date;

use crate::domain::visible::visible;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::words::Said;

/// What was typed into a field that has a form of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed<T> {
    /// Nothing.
    Nothing,
    /// Something that cannot be read.
    Unclear,
    /// This.
    Given(T),
}

impl<T> Typed<T> {
    /// What was given, if anything that can be read.
    pub(crate) fn given(self) -> Option<T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Nothing | Self::Unclear => None,
        }
    }
}

impl Form {
    /// A text without blanks around it, of at most `most` letters; one that is longer is said to be in the form.
    pub(crate) fn text(&mut self, name: &str, most: usize) -> String {
        let text = visible(self.value(name)).to_owned();
        if text.chars().count() > most {
            self.error(name, self.t.say("frame-too-long").with("most", most));
        }
        text
    }

    /// The same where something must be there: `missing` says what to enter.
    pub(crate) fn required(&mut self, name: &str, most: usize, missing: Said) -> String {
        let text = self.text(name, most);
        if text.is_empty() {
            self.error(name, missing);
        }
        text
    }

    /// One of a closed list of codes: `missing` says what to choose when there is none, or another.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
        missing: Said,
    ) -> Option<T> {
        let chosen = read(self.value(name));
        if chosen.is_none() {
            self.error(name, missing);
        }
        chosen
    }

    /// A date: in three fields (`<name>`, `<name>-month`, `<name>-year`), or whole in the first as `2027-04-15`,
    /// `2027 04 15` or `2027/4/15`.
    pub(crate) fn date(&self, name: &str) -> Typed<Date> {
        let parts = [self.value(name), self.part(name, "month"), self.part(name, "year")];
        if parts.iter().all(|part| part.trim().is_empty()) {
            return Typed::Nothing;
        }
        let whole = numbers(parts[0]);
        let (year, month, day) =
            match (whole.as_slice(), numbers(parts[1]).as_slice(), numbers(parts[2]).as_slice()) {
                ([year, month, day], [], []) => (*year, *month, *day),
                ([day], [month], [year]) => (*year, *month, *day),
                _ => return Typed::Unclear,
            };
        let date = (|| Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok())();
        date.filter(|date| (1900..=2200).contains(&date.year())).map_or(Typed::Unclear, Typed::Given)
    }

    /// A code of `length` digits.
    pub(crate) fn digits(&self, name: &str, length: usize) -> Typed<String> {
        let code = plain(self.value(name));
        match code.len() {
            0 => Typed::Nothing,
            given if given == length && code.bytes().all(|byte| byte.is_ascii_digit()) => Typed::Given(code),
            _ => Typed::Unclear,
        }
    }

    /// A telephone number of North America as `519-555-0100`, or another with its `+`; an extension stays behind it.
    pub(crate) fn phone(&self, name: &str) -> Typed<String> {
        let typed = self.value(name).to_lowercase();
        let (number, extension) = match typed.find(['x', 'p', 'e', '#']) {
            Some(at) => typed.split_at(at),
            None => (typed.as_str(), ""),
        };
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let strange = number.chars().any(|letter| letter.is_alphabetic());
        let (code, extension) = (digits(number), digits(extension));
        let number = match (code.as_bytes(), number.trim_start().starts_with('+')) {
            ([], _) if plain(&typed).is_empty() => return Typed::Nothing,
            _ if strange || extension.len() > 6 => return Typed::Unclear,
            ([b'1', rest @ ..], _) if rest.len() == 10 => dashed(&code[1..]),
            (all, false) if all.len() == 10 => dashed(&code),
            (all, true) if (8..=15).contains(&all.len()) => format!("+{code}"),
            _ => return Typed::Unclear,
        };
        Typed::Given(if extension.is_empty() { number } else { format!("{number} x{extension}") })
    }

    /// A Canadian postal code as `N0L 1J0`.
    pub(crate) fn postal_code(&self, name: &str) -> Typed<String> {
        let code = plain(self.value(name)).to_uppercase();
        let fits = code.len() == 6
            && code.bytes().enumerate().all(|(at, byte)| match at % 2 {
                0 => byte.is_ascii_uppercase(),
                _ => byte.is_ascii_digit(),
            });
        match code.len() {
            0 => Typed::Nothing,
            _ if fits => Typed::Given(format!("{} {}", &code[..3], &code[3..])),
            _ => Typed::Unclear,
        }
    }
}

/// The text without what people and word processors put between its letters.
fn plain(text: &str) -> String {
    let between = |letter: char| letter.is_whitespace() || "-‐‑‒–—«»\"'()._\u{200b}\u{feff}".contains(letter);
    text.chars().filter(|letter| !between(*letter)).collect()
}

/// The whole numbers in a text, at most four; nothing when anything else stands between them than what separates.
fn numbers(text: &str) -> Vec<u32> {
    let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.take(4).map(|part| part.parse().ok()).collect::<Option<_>>().unwrap_or_default()
}

fn dashed(ten: &str) -> String {
    format!("{}-{}-{}", &ten[..3], &ten[3..6], &ten[6..])
}
