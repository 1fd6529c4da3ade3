//! C1, for every field: who wins, whoever else speaks.

use std::{fmt::Write as _, io::Write as _};

use proptest::prelude::*;

use super::{super::field::Field, *};

/// Who can speak, from the strongest to the weakest: first about one cache, then about all.
const SPEAKERS: [&str; 5] = ["builder", "variable", "profile", "inherited", "file"];

/// For each field two values per speaker, as TOML; no two neighbours are alike, so that each decision shows.
fn value(field: &str, speaker: usize) -> String {
    let even = speaker.is_multiple_of(2);
    match field {
        "ttl" => format!("\"{}s\"", speaker + 1),
        "capacity" | "max_value_size" => (speaker + 1).to_string(),
        "jitter" => format!("0.{speaker}1"),
        "enabled" | "lease" => even.to_string(),
        "backend" => if even { "\"memory\"" } else { "\"redis\"" }.to_owned(),
        "codec" => if even { "\"messagepack\"" } else { "\"json\"" }.to_owned(),
        other => unreachable!("a new field needs values here: {other}"),
    }
}

/// A program in which each speaker whose bit is set speaks: of one cache in `own`, of all in `all`.
struct Said {
    field: &'static str,
    own: [bool; 5],
    all: [bool; 5],
    attribute: bool,
}

impl Said {
    fn is_said(&self, section: &str, speaker: usize) -> bool {
        if section == "default" { self.all[speaker] && self.field != "ttl" } else { self.own[speaker] }
    }

    fn file(&self) -> String {
        let mut text = "[profile.chosen]\ninherits = 'parent'\n[profile.parent]\n".to_owned();
        for (speaker, prefix) in [(2, "profile.chosen."), (3, "profile.parent."), (4, "")] {
            for section in
                ["default", "cache.users"].into_iter().filter(|section| self.is_said(section, speaker))
            {
                let value = self.value(section, speaker);
                writeln!(text, "[{prefix}{section}]\n{} = {value}", self.field).expect("a string takes it");
            }
        }
        text
    }

    /// What is said of all is another value than what is said of one.
    fn value(&self, section: &str, speaker: usize) -> String {
        value(self.field, if section == "default" { speaker + 5 } else { speaker })
    }

    fn variables(&self) -> Variables {
        let upper = self.field.to_ascii_uppercase();
        let said = [("default", "DEFAULT"), ("cache.users", "USERS")]
            .into_iter()
            .filter(|said| self.is_said(said.0, 1));
        let pairs =
            said.map(|(section, stem)| (format!("CACHE_{stem}_{upper}"), unquoted(&self.value(section, 1))));
        pairs.map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn builder(&self, field: &Field<CacheSettings>) -> Given {
        let read = |section: &str| (field.read)(&unquoted(&self.value(section, 0))).expect("a right value");
        Given {
            all: if self.is_said("default", 0) { read("default") } else { CacheSettings::new() },
            caches: self.own[0].then(|| ("users".to_owned(), read("cache.users"))).into_iter().collect(),
            profile: Some("chosen".to_owned()),
            ..Given::default()
        }
    }

    fn site(&self) -> Site {
        let site = site("users");
        match self.field {
            "capacity" if self.attribute => site.capacity(6),
            "backend" if self.attribute => site.backend(Backend::Redis),
            _ => site,
        }
    }

    /// What C1 says, written down anew.
    fn winner(&self) -> Option<String> {
        let first = |section: &str| (0..SPEAKERS.len()).find(|speaker| self.is_said(section, *speaker));
        let attribute = match self.field {
            "ttl" => Some("\"1h\"".to_owned()),
            "capacity" if self.attribute => Some("6".to_owned()),
            "backend" if self.attribute => Some("\"redis\"".to_owned()),
            _ => None,
        };
        let own = first("cache.users").map(|speaker| self.value("cache.users", speaker));
        own.or(attribute).or_else(|| first("default").map(|speaker| self.value("default", speaker)))
    }

    fn check(&self, field: &Field<CacheSettings>) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(self.file().as_bytes()).expect("written");
        let path = Some(file.path().display().to_string());
        let given = Given { file: path, ..self.builder(field) };
        let origin = Origin { given, variables: Some(self.variables()), isolated: true };
        let site = self.site();
        let config = origin.resolve_with(&[], std::slice::from_ref(&site)).config;
        let sum = source::sum(config.said(&site).iter());
        assert_eq!(
            (field.show)(&sum),
            self.winner().map(|value| unquoted(&value)),
            "{}\n{}",
            field.name,
            self.file()
        );
    }
}

fn unquoted(value: &str) -> String {
    value.trim_matches('"').to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whoever_speaks_of_a_field_the_strongest_wins(
        index in 0..CACHE_FIELDS,
        own: [bool; 5],
        all: [bool; 5],
        attribute: bool,
    ) {
        let field = &super::super::fields::CACHE[index];
        Said { field: field.name, own, all, attribute }.check(field);
    }
}

const CACHE_FIELDS: usize = super::super::fields::CACHE.len();

/// Each pair of neighbours, for each field: no chance about it.
#[test]
fn each_speaker_wins_over_the_next() {
    for field in &super::super::fields::CACHE {
        for speaker in 0..SPEAKERS.len() {
            let from = |first: usize| std::array::from_fn(|index| index >= first);
            Said { field: field.name, own: from(speaker), all: [true; 5], attribute: true }.check(field);
            Said { field: field.name, own: [false; 5], all: from(speaker), attribute: true }.check(field);
            Said { field: field.name, own: [false; 5], all: from(speaker), attribute: false }.check(field);
        }
    }
}
