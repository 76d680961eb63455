//! Reading TOML with an eye on lines: every table is opened with the keys that it may have, and another key is a fault.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::mapping::error::{MappingError, suggestion};
use crate::mapping::source::SourcePath;

/// A mapping file's name and text, to turn places into lines.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> File<'a> {
    pub(crate) fn parse(&self) -> Result<Spanned<DeTable<'a>>, MappingError> {
        DeTable::parse(self.text).map_err(|error| {
            let line = error.span().map(|span| self.line(span.start));
            let message = format!("This is not TOML: {}.", error.message());
            MappingError::new(self.name, line, message, "Mend it at this line.")
        })
    }

    pub(crate) fn fault(&self, at: usize, message: impl Into<String>, remedy: impl Into<String>) -> MappingError {
        MappingError::new(self.name, Some(self.line(at)), message, remedy)
    }

    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }
}

/// One table of the file, all of whose keys are known.
pub(crate) struct Section<'a> {
    pub(crate) file: File<'a>,
    /// The place of its first byte.
    pub(crate) at: usize,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    pub(crate) fn open(
        file: File<'a>,
        at: usize,
        table: &'a DeTable<'a>,
        known: &[&str],
        what: &str,
    ) -> Result<Self, MappingError> {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let message = format!("{what} has no key `{name}`.");
                return Err(file.fault(key.span().start, message, suggestion(name, known.iter().copied())));
            }
        }
        Ok(Self { file, at, table })
    }

    /// Opens the table that `value` is.
    pub(crate) fn of(
        file: File<'a>,
        value: &'a Spanned<DeValue<'a>>,
        known: &[&str],
        what: &str,
    ) -> Result<Self, MappingError> {
        Self::open(file, value.span().start, table(file, value, what)?, known, what)
    }

    pub(crate) fn find(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    pub(crate) fn required(&self, key: &str) -> Result<&'a Spanned<DeValue<'a>>, MappingError> {
        self.find(key).ok_or_else(|| {
            self.file.fault(self.at, format!("The key `{key}` is missing here."), format!("Add `{key} = …`."))
        })
    }

    pub(crate) fn text(&self, key: &str) -> Result<&'a str, MappingError> {
        text(self.file, self.required(key)?)
    }

    pub(crate) fn text_if_any(&self, key: &str) -> Result<Option<&'a str>, MappingError> {
        self.find(key).map(|value| text(self.file, value)).transpose()
    }

    pub(crate) fn flag(&self, key: &str) -> Result<bool, MappingError> {
        match self.find(key).map(|value| (value, value.get_ref().as_bool())) {
            None => Ok(false),
            Some((_, Some(flag))) => Ok(flag),
            Some((value, None)) => Err(self.file.fault(
                value.span().start,
                "This is not true or false.",
                "Write true, or leave it out.",
            )),
        }
    }

    pub(crate) fn path(&self, key: &str) -> Result<SourcePath, MappingError> {
        path(self.file, self.required(key)?)
    }

    pub(crate) fn path_if_any(&self, key: &str) -> Result<Option<SourcePath>, MappingError> {
        self.find(key).map(|value| path(self.file, value)).transpose()
    }

    /// The items of a list, empty when the key is absent.
    pub(crate) fn items(&self, key: &str) -> Result<&'a [Spanned<DeValue<'a>>], MappingError> {
        match self.find(key) {
            None => Ok(&[]),
            Some(value) => match value.get_ref() {
                DeValue::Array(items) => Ok(items),
                _ => Err(self.file.fault(value.span().start, "This is not a list.", "Write `[ … ]`.")),
            },
        }
    }
}

pub(crate) fn table<'a>(
    file: File<'_>,
    value: &'a Spanned<DeValue<'a>>,
    what: &str,
) -> Result<&'a DeTable<'a>, MappingError> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => Err(file.fault(value.span().start, format!("{what} is a table."), "Write `{ key = value, … }`.")),
    }
}

/// A text that is not blank.
pub(crate) fn text<'a>(file: File<'_>, value: &'a Spanned<DeValue<'a>>) -> Result<&'a str, MappingError> {
    value.get_ref().as_str().filter(|text| !text.trim().is_empty()).ok_or_else(|| {
        file.fault(value.span().start, "This is not a text, or a blank one.", "Write a text in quotes.")
    })
}

pub(crate) fn path(file: File<'_>, value: &Spanned<DeValue<'_>>) -> Result<SourcePath, MappingError> {
    value.get_ref().as_str().and_then(SourcePath::parse).ok_or_else(|| {
        let remedy = "Write names of letters, digits, `_` and `-`, with dots between: `client.name.family`.";
        file.fault(value.span().start, "This is not a path into the source.", remedy)
    })
}

/// A constant as JSON, its keys in the order of the file.
pub(crate) fn json(file: File<'_>, value: &Spanned<DeValue<'_>>) -> Result<Value, MappingError> {
    let refuse = |remedy: &str| Err(file.fault(value.span().start, "This cannot stand in JSON as it is.", remedy));
    match value.get_ref() {
        DeValue::String(text) => Ok(text.as_ref().into()),
        DeValue::Boolean(flag) => Ok((*flag).into()),
        DeValue::Integer(number) => match number.as_str().parse::<i64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => refuse("Write a whole number in decimal digits."),
        },
        DeValue::Float(_) => refuse("Write a decimal as a rule from the source; constants are whole numbers."),
        DeValue::Datetime(_) => refuse("Put dates and times in quotes."),
        DeValue::Array(items) => {
            items.iter().map(|item| json(file, item)).collect::<Result<_, _>>().map(Value::Array)
        }
        DeValue::Table(table) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            let pairs = entries.into_iter().map(|(key, item)| Ok((key.get_ref().to_string(), json(file, item)?)));
            pairs.collect::<Result<_, _>>().map(Value::Object)
        }
    }
}
