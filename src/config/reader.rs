//! Reading TOML with an eye on places: tables are looked up through layers (the user's file over the default), every
//! key must be known, and whatever is wrong is said with file and line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::ConfigError;

/// A file's name and text, to turn places into lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'a>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| {
            let line = error.span().map(|span| self.line(span.start));
            let message = format!("this is not TOML: {}", error.message().lines().next().unwrap_or("unreadable"));
            ConfigError::new(self.name, line, message, "mend it at this line")
        })
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }

    fn fault(&self, at: usize, message: impl Into<String>, fix: impl Into<String>) -> ConfigError {
        ConfigError::new(self.name, Some(self.line(at)), message, fix)
    }
}

/// One table of one file.
#[derive(Clone, Copy)]
struct Layer<'a> {
    source: Source<'a>,
    at: usize,
    table: &'a DeTable<'a>,
}

/// The same table in several files, the topmost first: a key is taken from the first that has it.
pub(super) struct Table<'a> {
    path: String,
    layers: Vec<Layer<'a>>,
}

impl<'a> Table<'a> {
    /// The root tables of files, the topmost first.
    pub(super) fn root(files: impl IntoIterator<Item = (Source<'a>, &'a Spanned<DeTable<'a>>)>) -> Self {
        let layers = files.into_iter().map(|(source, root)| Layer { source, at: 0, table: root.get_ref() });
        Self { path: String::new(), layers: layers.collect() }
    }

    /// Refuses keys that are not in `known`, naming the nearest that is.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        for layer in &self.layers {
            for key in layer.table.keys() {
                let name = key.get_ref().as_ref();
                if !known.contains(&name) {
                    let message = format!("there is no key `{}{name}`", self.path);
                    return Err(layer.source.fault(key.span().start, message, suggestion(name, known)));
                }
            }
        }
        Ok(())
    }

    /// The table under `key`, put together from all layers that have it; absent when none has.
    pub(super) fn table(&self, key: &str) -> Result<Option<Self>, ConfigError> {
        let mut layers = Vec::new();
        for layer in &self.layers {
            if let Some(inner) = layer.table.get(key) {
                let value = Value { source: layer.source, path: format!("{}{key}", self.path), inner };
                layers.push(value.layer()?);
            }
        }
        Ok((!layers.is_empty()).then(|| Self { path: format!("{}{key}.", self.path), layers }))
    }

    /// The table under `key`, which some layer must have.
    pub(super) fn section(&self, key: &str) -> Result<Self, ConfigError> {
        self.table(key)?.ok_or_else(|| self.missing(key))
    }

    /// The tables of the list under `key`; none when it is absent.
    pub(super) fn tables(&self, key: &str) -> Result<Vec<Self>, ConfigError> {
        let Some(value) = self.find(key) else { return Ok(Vec::new()) };
        let path = format!("{}{key}.", self.path);
        value.items()?.iter().map(|one| Ok(Self { path: path.clone(), layers: vec![one.layer()?] })).collect()
    }

    pub(super) fn find(&self, key: &str) -> Option<Value<'a>> {
        self.layers.iter().find_map(|layer| {
            let inner = layer.table.get(key)?;
            Some(Value { source: layer.source, path: format!("{}{key}", self.path), inner })
        })
    }

    pub(super) fn value(&self, key: &str) -> Result<Value<'a>, ConfigError> {
        self.find(key).ok_or_else(|| self.missing(key))
    }

    fn missing(&self, key: &str) -> ConfigError {
        let message = format!("the key `{}{key}` is missing", self.path);
        let fix = format!("add `{key} = …`; config/default.toml says what it means");
        match self.layers.first() {
            Some(layer) => layer.source.fault(layer.at, message, fix),
            None => ConfigError::new("", None, message, fix),
        }
    }
}

/// One value, with its key's whole path and its place.
pub(super) struct Value<'a> {
    pub(super) source: Source<'a>,
    path: String,
    inner: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    /// What is wrong with this value.
    pub(super) fn fault(&self, what: &str, fix: impl Into<String>) -> ConfigError {
        self.source.fault(self.inner.span().start, format!("`{}` {what}", self.path), fix)
    }

    pub(super) fn text(&self) -> Result<&'a str, ConfigError> {
        self.inner.get_ref().as_str().ok_or_else(|| self.fault("is not a text", "write it in quotes"))
    }

    pub(super) fn flag(&self) -> Result<bool, ConfigError> {
        self.inner.get_ref().as_bool().ok_or_else(|| self.fault("is not true or false", "write true or false"))
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(&self, least: u64, most: u64) -> Result<u64, ConfigError> {
        let read = self.inner.get_ref().as_integer();
        let number = read.and_then(|digits| u64::from_str_radix(digits.as_str(), digits.radix()).ok());
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            self.fault(
                "is not a number that can stand here",
                format!("write a whole number from {least} to {most}"),
            )
        })
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, ConfigError> {
        let Some(items) = self.inner.get_ref().as_array() else {
            return Err(self.fault("is not a list", "write `[ … ]`"));
        };
        let source = self.source;
        Ok(items.iter().map(|inner| Value { source, path: self.path.clone(), inner }).collect())
    }

    fn layer(&self) -> Result<Layer<'a>, ConfigError> {
        match self.inner.get_ref() {
            DeValue::Table(table) => Ok(Layer { source: self.source, at: self.inner.span().start, table }),
            _ => Err(self.fault("is not a table", "write it as a table: `[name]`, or `{ key = value }`")),
        }
    }
}

/// Names the known word nearest to `wrong`, or all of them.
pub(super) fn suggestion(wrong: &str, known: &[&str]) -> String {
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(wrong, word), word)).min();
    match near {
        Some((letters, word)) if letters <= 2.max(wrong.chars().count() / 3) => format!("did you mean `{word}`?"),
        _ => format!("known are: {}", known.join(", ")),
    }
}
