//! The reading of TOML into settings, each with its line.

use std::borrow::Cow;

use cachery_syntax::{nearest, shown_name};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    super::super::{
        fields::{CacheSettings, ProgramSettings, Settings},
        layer::Layer,
        reserved,
        source::{Source, Sourced},
    },
    contents::{Contents, Profile},
};
use crate::error::{Fault, FaultKind};

type Value<'a> = Spanned<DeValue<'a>>;

/// Reads `text`, the text of the file called `name`. A wrong setting is left out and becomes a
/// fault.
pub(super) fn parse(name: &str, text: &str, faults: &mut Vec<Fault>) -> Result<Contents, Fault> {
    let lines: Vec<_> = text.match_indices('\n').map(|(index, _)| index).collect();
    let mut document = Document { name, lines, faults, contents: Contents::default() };
    let table = DeTable::parse(text).map_err(|error| {
        let line = document.line(error.span().map_or(0, |span| span.start));
        // Only the message: the whole error shows the line, and with it perhaps a password.
        Fault::new(
            FaultKind::InvalidFile,
            format!("{name}:{line}: it is not TOML: {}", error.message()),
        )
    })?;
    document.contents.base = document.body(table.get_ref(), &Section::default());
    let Document { mut contents, faults, .. } = document;
    contents.name = Some(name.to_owned());
    contents.check_profiles(faults);
    Ok(contents)
}

struct Document<'a> {
    name: &'a str,
    /// The ends of the lines.
    lines: Vec<usize>,
    faults: &'a mut Vec<Fault>,
    contents: Contents,
}

/// A place in the file: `profile.staging.cache.users`. The top has no name.
#[derive(Default)]
struct Section {
    path: String,
    kind: Kind,
}

/// The kind of a section, which decides what can stand in it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// The top: fields of the program, and all sections.
    #[default]
    Top,
    /// A profile: as the top, without profiles.
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

    /// Returns the names of the sections that can stand in it.
    fn subsections(&self) -> &'static [&'static str] {
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
            if section.path.is_empty() { place } else { format!("{place} [{}]", section.path) }
                .into(),
        )
    }

    /// Reads the top, or a profile.
    fn body(&mut self, table: &DeTable<'_>, section: &Section) -> Layer {
        let mut layer = Layer::default();
        for (key, value) in table {
            let inner = section.sub(key.get_ref(), Kind::Other);
            match &**key.get_ref() {
                "default" => layer.all = self.all(value, &inner),
                "redis" => layer.remote = self.fields(value, &inner),
                "cache" => self.caches(value, &inner, &mut layer),
                "profile" if section.kind == Kind::Top => self.profiles(value, &inner),
                "inherits" if section.kind == Kind::Profile => {}
                _ => layer.program.extend(self.field::<ProgramSettings>(key, value, section)),
            }
        }
        layer
    }

    fn all(&mut self, value: &Value<'_>, section: &Section) -> Vec<Sourced<CacheSettings>> {
        let mut all = self.fields::<CacheSettings>(value, section);
        for field in CacheSettings::FIELDS.iter().filter(|field| !field.for_all) {
            let misplaced = all.extract_if(.., |sourced| (field.show)(&sourced.settings).is_some());
            let instead = "`[cache.<name>]`";
            self.faults.extend(
                misplaced.map(|sourced| sourced.source.refuses_for_all(field.name, instead)),
            );
        }
        all
    }

    fn caches(&mut self, value: &Value<'_>, section: &Section, layer: &mut Layer) {
        for (key, value) in self.table(value, section) {
            let (name, inner) =
                (key.get_ref().to_string(), section.sub(key.get_ref(), Kind::Cache));
            let source = self.source(&inner, key);
            self.contents.caches.push((source, name.clone()));
            let settings = self.fields(value, &inner);
            layer.caches.insert(name, settings);
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
            self.faults.push(
                source.refuses("inherits", "it is the name of a profile: write it in quotes"),
            );
        }
        Some((source, name?))
    }

    /// Reads the fields of a section.
    fn fields<S: Settings>(&mut self, value: &Value<'_>, section: &Section) -> Vec<Sourced<S>> {
        self.table(value, section)
            .filter_map(|(key, value)| self.field(key, value, section))
            .collect()
    }

    fn field<S: Settings>(
        &mut self,
        key: &Spanned<Cow<'_, str>>,
        value: &Value<'_>,
        section: &Section,
    ) -> Option<Sourced<S>> {
        let source = self.source(section, key);
        let Some(field) = S::FIELDS.iter().find(|field| field.name == key.get_ref()) else {
            self.faults.push(unknown::<S>(&source, key.get_ref(), value.get_ref(), section));
            return None;
        };
        match text(value.get_ref(), field.list) {
            Ok(text) => Sourced::read(source, field, text.trim(), self.faults),
            Err(what) => {
                let why = format!(
                    "it is {what}: write one value, as in `{} = {}`",
                    field.name, field.example
                );
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

    /// Returns the section; a value that is not a section becomes a fault.
    fn table_of<'v, 'i>(
        &mut self,
        value: &'v Value<'i>,
        section: &Section,
    ) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            let source = self.source(&Section::default(), value);
            let why =
                format!("`{0}` is a section: write `[{0}]`, and its fields below", section.path);
            self.faults.push(Fault::of_setting(&source, &why));
        }
        table
    }
}

/// Returns a value as a variable would have it; the error names the kind of a value that cannot be
/// one.
fn text<'a>(value: &'a DeValue<'_>, list: bool) -> Result<Cow<'a, str>, &'static str> {
    match value {
        DeValue::String(text) => Ok(Cow::Borrowed(text)),
        DeValue::Integer(number) if number.radix() == 10 => Ok(Cow::Borrowed(number.as_str())),
        DeValue::Integer(_) => Err("not a decimal number"),
        DeValue::Float(number) => Ok(Cow::Borrowed(number.as_str())),
        DeValue::Boolean(true) => Ok(Cow::Borrowed("true")),
        DeValue::Boolean(false) => Ok(Cow::Borrowed("false")),
        DeValue::Array(items) if list => {
            let texts = items
                .iter()
                .map(|item| item.get_ref().as_str().ok_or("a list of other things than names"));
            Ok(Cow::Owned(texts.collect::<Result<Vec<_>, _>>()?.join(",")))
        }
        DeValue::Array(_) => Err("a list"),
        DeValue::Table(_) => Err("a section"),
        DeValue::Datetime(_) => Err("a date"),
    }
}

/// Returns the fault of a `name` that cannot stand in `section`.
fn unknown<S: Settings>(
    source: &Source,
    name: &str,
    value: &DeValue<'_>,
    section: &Section,
) -> Fault {
    if reserved::is_in_file(name) {
        return reserved::fault(source, name, "leave it out");
    }
    let fields = S::FIELDS.iter().map(|field| field.name);
    let known: Vec<_> = fields.chain(section.subsections().iter().copied()).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if section.kind == Kind::Cache && value.is_table() => {
            "the name of a cache that has a dot stands in quotes, as in `[cache.\"a.b\"]`"
                .to_owned()
        }
        None => format!("the names here are {}", known.join(", ")),
    };
    let message = format!("{source}: unknown name `{}`: {hint}", shown_name(name));
    Fault::new(FaultKind::UnknownName, message)
}
