//! The tables of `fields` as documentation: `docs/configuration.md` and `cache.example.toml` hold what is
//! written here, and a test compares.

use std::fmt::Write as _;

use super::{
    field::Field,
    fields::{CACHE, PROGRAM, REMOTE},
};

/// The table of all fields, in Markdown.
pub fn table() -> String {
    let mut rows =
        String::from("| in a file | variable | value | default | meaning |\n|---|---|---|---|---|\n");
    for field in &PROGRAM {
        row(&mut rows, field, "", &format!("`{}`", field.variable()));
    }
    for field in &CACHE {
        let all = field.variable_of("default");
        let both = if field.name == "ttl" { String::new() } else { format!("; for all `{all}`") };
        let place = if field.name == "ttl" { "[cache.<name>] " } else { "[cache.<name>], [default] " };
        row(&mut rows, field, place, &format!("`CACHE_<NAME>_{}`{both}", field.name.to_ascii_uppercase()));
    }
    for field in &REMOTE {
        row(&mut rows, field, "[redis] ", &format!("`{}`", field.variable()));
    }
    rows
}

fn row<S>(rows: &mut String, field: &Field<S>, place: &str, variable: &str) {
    let Field { name, values, default, meaning, .. } = field;
    let sections = place.trim_end().split(", ").map(|section| format!("`{section}`"));
    let place = if place.is_empty() { String::new() } else { sections.collect::<Vec<_>>().join(", ") + " " };
    writeln!(rows, "| {place}`{name}` | {variable} | {values} | {default} | {meaning} |")
        .expect("a string takes every write");
}

/// A file that says every field once, with `cache` as the name of the only cache.
pub fn example(cache: &str) -> String {
    let mut file = String::from(
        "# Every field, with the value that it has anyway or one like it. Keep what you change.\n\
         # Looked for in the working directory, as cache.toml; CACHE_CONFIG names another one. See docs/configuration.md.\n\n",
    );
    lines(&mut file, &PROGRAM);
    file += "\n# For all caches. An attribute's values are stronger.\n[default]\n";
    for field in CACHE.iter().filter(|field| field.name != "ttl") {
        line(&mut file, field);
    }
    write!(file, "\n# For one cache, by its name. Stronger than its attribute.\n[cache.{cache}]\n")
        .expect("a string takes every write");
    lines(&mut file, &CACHE);
    file += "\n[redis]\n";
    lines(&mut file, &REMOTE);
    file += "\n# What is said here stands where CACHE_ENV=local. A profile has the same sections as the top.\n\
             [profile.local]\nenabled = false\n\n\
             [profile.staging.default]\nbackend = \"tiered\"\n\n\
             # Whatever staging says, and then this.\n\
             [profile.production]\ninherits = \"staging\"\ndefault.capacity = 100_000\n";
    file
}

fn lines<S>(file: &mut String, fields: &[Field<S>]) {
    for field in fields {
        line(file, field);
    }
}

fn line<S>(file: &mut String, field: &Field<S>) {
    let Field { name, example, meaning, .. } = field;
    writeln!(file, "# {}\n{name} = {example}", meaning.replace('`', "")).expect("a string takes every write");
}
