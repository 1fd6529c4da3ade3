//! From TOML to what it says, each value with its line.

use std::borrow::Cow;

use cachery_syntax::{nearest, shown_name};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    super::{
        field::Field,
        fields::{CACHE, PROGRAM, REMOTE},
        layer::{Layer, ttl_for_all},
        settings::CacheSettings,
        source::{Said, Source},
    },
    contents::{Contents, Profile},
};
use crate::error::{Fault, FaultKind};

type Value<'a> = Spanned<DeValue<'a>>;

/// Reads `text`, which stands in the file called `name`. What is wrong in it is left out and told.
pub(super) fn parse(name: &str, text: &str, faults: &mut Vec<Fault>) -> Result<Contents, Fault> {
    let lines: Vec<_> = text.match_indices('\n').map(|(index, _)| index).collect();
    let mut document = Document { name, lines, faults, contents: Contents::default() };
    let table = DeTable::parse(text).map_err(|error| {
        let line = document.line(error.span().map_or(0, |span| span.start));
        // Only the message: the whole error shows the line, and with it perhaps a password.
        Fault::new(FaultKind::UnreadableFile, format!("{name}:{line}: it is not TOML: {}", error.message()))
    })?;
    document.contents.base = document.body(table.get_ref(), &Section::default());
    let Document { mut contents, faults, .. } = document;
    contents.name = Some(name.to_owned());
    contents.check_profiles(faults);
    Ok(contents)
}

struct Document<'a> {
    name: &'a str,
    /// Where each line ends.
    lines: Vec<usize>,
    faults: &'a mut Vec<Fault>,
    contents: Contents,
}

/// Where in the file: `profile.staging.cache.users`. The top has no name.
#[derive(Default)]
struct Section {
    path: String,
    kind: Kind,
}

/// What a section has room for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// The top: fields of the program, and other sections.
    #[default]
    Top,
    /// The same but for profiles.
    Profile,
    Cache,
    Other,
}

impl Section {
    fn sub(&self, name: &str, kind: Kind) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let quote = if !name.is_empty() && name.chars().all(is_bare) { "" } else { "\"" };
        Self { path: format!("{}{dot}{quote}{}{quote}", self.path, shown_name(name)), kind }
    }

    /// The sections that it has room for.
    fn rooms(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Top => &["default", "cache", "redis", "profile"],
            Kind::Profile => &["inherits", "default", "cache", "redis"],
            Kind::Cache | Kind::Other => &[],
        }
    }
}

impl Document<'_> {
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|end| *end < offset) + 1
    }

    fn source<T>(&self, section: &Section, at: &Spanned<T>) -> Source {
        let place = format!("{}:{}", self.name, self.line(at.span().start));
        Source::File(
            if section.path.is_empty() { place } else { format!("{place} [{}]", section.path) }.into(),
        )
    }

    /// The top, or a profile.
    fn body(&mut self, table: &DeTable<'_>, section: &Section) -> Layer {
        let mut layer = Layer::default();
        for (key, value) in table {
            let inner = section.sub(key.get_ref(), Kind::Other);
            match &**key.get_ref() {
                "default" => layer.all = self.all(value, &inner),
                "redis" => layer.remote = self.fields(value, &inner, &REMOTE),
                "cache" => self.caches(value, &inner, &mut layer),
                "profile" if section.kind == Kind::Top => self.profiles(value, &inner),
                "inherits" if section.kind == Kind::Profile => {}
                _ => layer.program.extend(self.field(key, value, section, &PROGRAM)),
            }
        }
        layer
    }

    fn all(&mut self, value: &Value<'_>, section: &Section) -> Vec<Said<CacheSettings>> {
        let mut said = self.fields(value, section, &CACHE);
        said.retain(|said| {
            let is_ttl = said.settings.ttl.is_some();
            self.faults.extend(is_ttl.then(|| ttl_for_all(&said.source, "`[cache.<name>]`")));
            !is_ttl
        });
        said
    }

    fn caches(&mut self, value: &Value<'_>, section: &Section, layer: &mut Layer) {
        for (key, value) in self.table(value, section) {
            let (name, inner) = (key.get_ref().to_string(), section.sub(key.get_ref(), Kind::Cache));
            let source = self.source(&inner, key);
            self.contents.caches.push((source, name.clone()));
            let said = self.fields(value, &inner, &CACHE);
            layer.caches.insert(name, said);
        }
    }

    fn profiles(&mut self, value: &Value<'_>, section: &Section) {
        for (key, value) in self.table(value, section) {
            let inner = section.sub(key.get_ref(), Kind::Profile);
            let Some(table) = self.table_of(value, &inner) else { continue };
            let inherits = table.get("inherits").and_then(|parent| self.parent(parent, &inner));
            let layer = self.body(table, &inner);
            self.contents.profiles.insert(key.get_ref().to_string(), Profile { layer, inherits });
        }
    }

    fn parent(&mut self, value: &Value<'_>, section: &Section) -> Option<(Source, String)> {
        let source = self.source(section, value);
        let name = value.get_ref().as_str().map(str::to_owned);
        if name.is_none() {
            self.faults.push(source.refuses("inherits", "it is the name of a profile: write it in quotes"));
        }
        Some((source, name?))
    }

    /// What the section says with `fields`.
    fn fields<S>(&mut self, value: &Value<'_>, section: &Section, fields: &[Field<S>]) -> Vec<Said<S>> {
        let table = self.table(value, section);
        table.filter_map(|(key, value)| self.field(key, value, section, fields)).collect()
    }

    fn field<S>(
        &mut self,
        key: &Spanned<Cow<'_, str>>,
        value: &Value<'_>,
        section: &Section,
        fields: &[Field<S>],
    ) -> Option<Said<S>> {
        let source = self.source(section, key);
        let Some(field) = fields.iter().find(|field| field.name == key.get_ref()) else {
            let names = fields.iter().map(|field| field.name);
            let hint = hint(key.get_ref(), value.get_ref(), section, names);
            let message =
                format!("{source}: there is nothing named `{}` here: {hint}", shown_name(key.get_ref()));
            self.faults.push(Fault::new(FaultKind::UnknownName, message));
            return None;
        };
        match text(value.get_ref(), field.many) {
            Ok(text) => Said::of(source, field, text.trim(), self.faults),
            Err(what) => {
                let why =
                    format!("it is {what}: write one value, as in `{} = {}`", field.name, field.example);
                self.faults.push(source.refuses(field.name, &why));
                None
            }
        }
    }

    fn table<'v, 'i>(
        &mut self,
        value: &'v Value<'i>,
        section: &Section,
    ) -> impl Iterator<Item = (&'v Spanned<Cow<'i, str>>, &'v Value<'i>)> + use<'v, 'i> {
        self.table_of(value, section).into_iter().flatten()
    }

    /// A fault if it is none.
    fn table_of<'v, 'i>(&mut self, value: &'v Value<'i>, section: &Section) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            let source = self.source(&Section::default(), value);
            let why = format!("`{0}` is a section: write `[{0}]`, and its fields below", section.path);
            self.faults.push(Fault::of_setting(&source, &why));
        }
        table
    }
}

/// A value as a variable would have it; else what it is.
fn text<'a>(value: &'a DeValue<'_>, many: bool) -> Result<Cow<'a, str>, &'static str> {
    match value {
        DeValue::String(text) => Ok(Cow::Borrowed(text)),
        DeValue::Integer(number) if number.radix() == 10 => Ok(Cow::Borrowed(number.as_str())),
        DeValue::Integer(_) => Err("not a decimal number"),
        DeValue::Float(number) => Ok(Cow::Borrowed(number.as_str())),
        DeValue::Boolean(true) => Ok(Cow::Borrowed("true")),
        DeValue::Boolean(false) => Ok(Cow::Borrowed("false")),
        DeValue::Array(items) if many => {
            let texts =
                items.iter().map(|item| item.get_ref().as_str().ok_or("a list of other things than names"));
            Ok(Cow::Owned(texts.collect::<Result<Vec<_>, _>>()?.join(",")))
        }
        DeValue::Array(_) => Err("a list"),
        DeValue::Table(_) => Err("a section"),
        DeValue::Datetime(_) => Err("a date"),
    }
}

/// What to do about a name that its section has no room for.
fn hint<'a>(
    name: &str,
    value: &DeValue<'_>,
    section: &Section,
    fields: impl Iterator<Item = &'a str>,
) -> String {
    let known: Vec<_> = fields.chain(section.rooms().iter().copied()).collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if section.kind == Kind::Cache && value.is_table() => {
            "the name of a cache that has a dot stands in quotes, as in `[cache.\"a.b\"]`".to_owned()
        }
        None => format!("there are {}", known.join(", ")),
    }
}
