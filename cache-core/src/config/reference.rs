//! The text about each field for users, from which `docs/configuration.md` and `cache.example.toml`
//! are written. A test compares them.

use super::fields::{CacheSettings, Field, ProgramSettings, RemoteSettings, Settings};

const HEAD: &str = "| in a file | variable | value | default | meaning |\n|---|---|---|---|---|\n";

/// Returns the table of all fields, in Markdown.
pub fn table() -> String {
    let program = ProgramSettings::FIELDS.iter().map(|field| row(field, "", &variable(field)));
    let caches = CacheSettings::FIELDS.iter().map(row_of_cache);
    let remote =
        RemoteSettings::FIELDS.iter().map(|field| row(field, "`[redis]` ", &variable(field)));
    [HEAD.to_owned()].into_iter().chain(program).chain(caches).chain(remote).collect()
}

fn variable<S>(field: &Field<S>) -> String {
    format!("`{}`", field.variable())
}

fn row_of_cache(field: &Field<CacheSettings>) -> String {
    let one = format!("`CACHE_<NAME>_{}`", field.name.to_ascii_uppercase());
    if !field.for_all {
        return row(field, "`[cache.<name>]` ", &one);
    }
    let both = format!("{one}; for all `{}`", field.variable_of("default"));
    row(field, "`[cache.<name>]`, `[default]` ", &both)
}

fn row<S>(field: &Field<S>, place: &str, variable: &str) -> String {
    let Field { name, values, .. } = field;
    let default = field.default.markdown();
    let meaning = meaning(field);
    format!("| {place}`{name}` | {variable} | {values} | {default} | {meaning} |\n")
}

/// Returns the meaning of a field on one line.
fn meaning<S>(field: &Field<S>) -> String {
    field.meaning.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Returns a file that sets every field once, with `cache` as the name of the only cache.
pub fn example(cache: &str) -> String {
    let program = lines(ProgramSettings::FIELDS);
    let all = lines(CacheSettings::FIELDS.iter().filter(|field| field.for_all));
    let one = lines(CacheSettings::FIELDS);
    let remote = lines(RemoteSettings::FIELDS);
    format!(
        "\
# Every field, with its default or a value like it. Keep the lines that you change.
# The file is `cache.toml` in the working directory, or the one that CACHE_CONFIG names.
# See docs/configuration.md.

{program}
# All caches. The values in an attribute win over these.
[default]
{all}
# One cache, by its name. These values win over its attribute.
[cache.{cache}]
{one}
[redis]
{remote}
# In effect where CACHE_ENV=local. A profile has the same sections as the top.
[profile.local]
enabled = false

[profile.staging.default]
backend = \"tiered\"

# All settings of staging, and over them these.
[profile.production]
inherits = \"staging\"
default.capacity = 100_000
"
    )
}

fn lines<'a, S: 'static>(fields: impl IntoIterator<Item = &'a Field<S>>) -> String {
    fields.into_iter().map(|field| meaning_above(field) + &setting(field)).collect()
}

/// Returns the meaning of a field as comments.
fn meaning_above<S>(field: &Field<S>) -> String {
    field.meaning.replace('`', "").lines().map(comment).collect()
}

fn comment(line: &str) -> String {
    format!("# {}\n", line.trim())
}

fn setting<S>(field: &Field<S>) -> String {
    format!("{} = {}\n", field.name, field.example)
}
