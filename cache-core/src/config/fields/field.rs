//! The description of one field, and the macro that declares a table of them.

use super::syntax::Parsed;

/// The description of one field of the settings `S`.
pub(crate) struct Field<S: 'static> {
    /// The name in a file; a variable has it in capitals.
    pub(crate) name: &'static str,
    /// The text between `CACHE_` and the name, in the variable of a field that is not of one cache.
    pub(super) stem: &'static str,
    /// Reads settings that hold this field alone.
    pub(crate) read: fn(&str) -> Parsed<S>,
    /// Returns the value as [`read`](Self::read) reads it, if it is set. A private one is hidden.
    pub(crate) show: fn(&S) -> Option<String>,
    /// Checks a value that code has set.
    pub(crate) check: fn(&S) -> Parsed<()>,
    /// Unsets the field.
    pub(crate) unset: fn(&mut S),
    /// `true` for a list: `["a", "b"]` in a file, `a,b` in a variable.
    pub(crate) list: bool,
    /// `false` for a field of one cache that cannot be set for all caches at once.
    pub(crate) for_all: bool,
    /// The values that the field can have, for the documentation.
    pub(crate) values: &'static str,
    /// The default, where no source sets the field.
    pub(crate) default: FieldDefault,
    /// A value for `cache.example.toml`, as TOML.
    pub(crate) example: &'static str,
    /// The meaning, for the documentation.
    pub(crate) meaning: &'static str,
}

/// The default of a field that no source sets.
pub(crate) enum FieldDefault {
    /// A value, as a setting writes it.
    Value(fn() -> String),
    /// Words that stand for none, in Markdown.
    Words(&'static str),
}

impl FieldDefault {
    /// Returns the text as it stands among values, without marks.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Value(value) => value(),
            Self::Words(words) => words.replace('`', ""),
        }
    }

    /// Returns the text for Markdown: values stand in backticks, words do not.
    pub(crate) fn markdown(&self) -> String {
        match self {
            Self::Value(value) => format!("`{}`", value()),
            Self::Words(words) => (*words).to_owned(),
        }
    }
}

impl<S> Field<S> {
    /// Returns the variable that sets the field of a program or of the remote tier.
    pub(crate) fn variable(&self) -> String {
        format!("CACHE_{}{}", self.stem, self.name.to_ascii_uppercase())
    }

    /// Returns the variable that sets the field of the cache `name`; `default` stands for all
    /// caches.
    pub(crate) fn variable_of(&self, name: &str) -> String {
        cachery_syntax::variable_of(name, self.name)
    }
}

/// Settings of which each field may be set or not.
pub(crate) trait Settings: Clone + PartialEq + Default + 'static {
    /// The descriptions of all fields.
    const FIELDS: &'static [Field<Self>];

    /// Returns these settings, with the fields of `weaker` where they have none of their own.
    #[must_use]
    fn or(self, weaker: Self) -> Self;
}

/// Declares settings and their effect from one table of fields: the struct of what one source sets,
/// where each field is an `Option`; the struct of what is in effect, with defaults for what no
/// source sets; and the descriptions of the fields.
///
/// A field is written as `name: type of a setting => type in effect`, with its documentation above
/// and
///
/// - `syntax`: a constant of [`syntax`](super::syntax);
/// - `stem`: the text between `CACHE_` and the name of its variable, if any;
/// - `for_all: false` for a field that cannot be set for all caches at once;
/// - `default`: the value where no source sets it; or `unset`, words for that, and `in_effect`, a
///   function from the optional setting to the value in effect;
/// - `example`: a value as TOML.
macro_rules! settings {
    (
        $(#[$settings_attribute:meta])*
        $settings_vis:vis struct $Settings:ident;
        $(#[$policy_attribute:meta])*
        $policy_vis:vis struct $Policy:ident;
        $(
            $(#[doc = $meaning:literal])+
            $name:ident: $type:ty => $effect:ty {
                syntax: $syntax:expr,
                $(stem: $stem:literal,)?
                $(for_all: $for_all:literal,)?
                $(default: $default:expr,)?
                $(unset: $unset:literal, in_effect: $in_effect:expr,)?
                $(serialize_with: $serialize_with:literal,)?
                example: $example:literal,
            }
        )+
    ) => {
        $(#[$settings_attribute])*
        $settings_vis struct $Settings {
            $(pub(crate) $name: Option<$type>,)+
        }

        $(#[$policy_attribute])*
        $policy_vis struct $Policy {
            $(
                $(#[doc = $meaning])+
                $(#[serde(serialize_with = $serialize_with)])?
                $policy_vis $name: $effect,
            )+
        }

        impl $Settings {
            /// No field is set.
            pub(crate) const UNSET: Self = Self { $($name: None,)+ };
        }

        impl Settings for $Settings {
            const FIELDS: &'static [Field<Self>] = &[$(
                Field {
                    name: stringify!($name),
                    stem: concat!($($stem)?),
                    read: |text| Ok(Self { $name: Some(($syntax.read)(text)?), ..Self::UNSET }),
                    show: |settings| settings.$name.as_ref().map($syntax.show),
                    check: |settings| settings.$name.as_ref().map_or(Ok(()), $syntax.check),
                    unset: |settings| settings.$name = None,
                    list: $syntax.list,
                    for_all: true $(&& $for_all)?,
                    values: $syntax.values,
                    default: $(FieldDefault::Value(|| ($syntax.show)(&$default)))? $(FieldDefault::Words($unset))?,
                    example: $example,
                    meaning: concat!($($meaning, "\n",)+),
                },
            )+];

            fn or(self, weaker: Self) -> Self {
                Self { $($name: ($syntax.or)(self.$name, weaker.$name),)+ }
            }
        }

        impl From<$Settings> for $Policy {
            fn from(settings: $Settings) -> Self {
                Self {
                    $($name: $(settings.$name.unwrap_or_else(|| $default))?
                        $(($in_effect)(settings.$name))?,)+
                }
            }
        }
    };
}
pub(super) use settings;
