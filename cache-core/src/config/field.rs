//! One thing that can be set, by whatever source.

use super::values::Parsed;

/// A field of the settings `S`: the one place where its name, its syntax and its meaning stand.
pub(super) struct Field<S: 'static> {
    /// As files spell it; in variables it stands in capitals.
    pub(super) name: &'static str,
    /// What stands between `CACHE_` and the name, for a field that is not of one cache.
    stem: &'static str,
    /// Settings that say this and nothing else.
    pub(super) read: fn(&str) -> Parsed<S>,
    /// The value, if the settings say one, as [`read`](Self::read) reads it. A private one is not shown.
    pub(super) show: fn(&S) -> Option<String>,
    /// Whether it is a list: `["a", "b"]` in a file, `a,b` in a variable.
    pub(super) many: bool,
    /// What it can be.
    pub(super) values: &'static str,
    pub(super) default: &'static str,
    /// A value for `cache.example.toml`, as TOML.
    pub(super) example: &'static str,
    pub(super) meaning: &'static str,
}

impl<S> Field<S> {
    pub(super) const fn new(
        name: &'static str,
        read: fn(&str) -> Parsed<S>,
        show: fn(&S) -> Option<String>,
    ) -> Self {
        Self { name, stem: "", read, show, many: false, values: "", default: "", example: "", meaning: "" }
    }

    pub(super) const fn under(self, stem: &'static str) -> Self {
        Self { stem, ..self }
    }

    pub(super) const fn list(self) -> Self {
        Self { many: true, ..self }
    }

    /// What the documentation says of it.
    pub(super) const fn documented(
        self,
        values: &'static str,
        default: &'static str,
        example: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { values, default, example, meaning, ..self }
    }

    /// The variable that sets it.
    pub(super) fn variable(&self) -> String {
        format!("CACHE_{}{}", self.stem, self.name.to_ascii_uppercase())
    }

    /// The variable that sets it for the cache `name`, or for all as `default`.
    pub(super) fn variable_of(&self, name: &str) -> String {
        format!("CACHE_{}_{}", cachery_syntax::variable_stem(name), self.name.to_ascii_uppercase())
    }
}

/// A field called as the one of its struct, read by a parser of [`values`](super::values).
macro_rules! field {
    ($settings:ident.$name:ident, $read:path, $show:expr) => {
        Field::<$settings>::new(
            stringify!($name),
            |text| Ok($settings { $name: Some($read(text)?), ..$settings::default() }),
            |said| said.$name.as_ref().map($show),
        )
    };
}
pub(super) use field;
