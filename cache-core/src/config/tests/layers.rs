//! Tests of rules C1 and C4 for every field and every order of sources: the strongest wins, and all
//! are named in their order.

use std::{fmt::Write as _, fs};

use super::*;
use crate::CachesBuilder;

mod tables;
mod values;

use tables::{
    Speaker,
    Speaker::{Attribute, Builder, File, Inherited, Profile, Usual, Variable},
    Table, Voice,
};

/// The parts of the file, each with whose it is, its profile, and how it begins.
const PARTS: [(Speaker, &str, &str); 3] = [
    (File, "", ""),
    (Profile, "profile.chosen", "[profile.chosen]\ninherits = 'parent'\n"),
    (Inherited, "profile.parent", "[profile.parent]\n"),
];

/// What is said of one field: by whom, and with which number.
struct Case<T: Table> {
    field: &'static Field<T>,
    spoken: Vec<(usize, Voice)>,
    path: String,
}

impl<T: Table> Case<T> {
    fn file(&self) -> String {
        let mut file = String::new();
        for (part, _, header) in PARTS {
            file += header;
            for (number, (_, section)) in self.spoken.iter().filter(|(_, voice)| voice.0 == part) {
                let key = [section, self.field.name].join(".");
                let value = values::toml(&values::text(self.field.name, *number));
                writeln!(file, "{} = {value} # {number}", key.trim_start_matches('.'))
                    .expect("a string takes it");
            }
        }
        file
    }

    fn variables(&self) -> Vec<(String, String)> {
        let variable = |(number, (speaker, section)): &(usize, Voice)| {
            let name = match speaker {
                Variable => T::variable(self.field, section),
                Usual => "REDIS_URL".to_owned(),
                _ => return None,
            };
            Some((name, values::text(self.field.name, *number)))
        };
        // A backend is not in effect without a place.
        let url = (self.field.name == "backend")
            .then(|| ("REDIS_URL".to_owned(), "redis://here".to_owned()));
        self.spoken.iter().filter_map(variable).chain(url).collect()
    }

    fn builder(&self) -> CachesBuilder {
        let builder = CachesBuilder::default().isolated().file(&self.path).profile("chosen");
        let said = self.spoken.iter().filter(|(_, (speaker, _))| *speaker == Builder);
        said.fold(builder.variables(self.variables()), |builder, (number, (_, section))| {
            T::by_builder(builder, self.field, section, &values::text(self.field.name, *number))
        })
    }

    fn site(&self) -> Site {
        let attribute = self.spoken.iter().find(|(_, (speaker, _))| *speaker == Attribute);
        let Some((number, _)) = attribute else { return site("users") };
        values::attribute(site("users"), self.field.name, *number)
    }

    /// As messages call it.
    fn source(&self, file: &str, number: usize, (speaker, section): Voice) -> String {
        match PARTS.iter().find(|part| part.0 == speaker) {
            None if speaker == Builder => "builder".to_owned(),
            None if speaker == Attribute => "the attribute".to_owned(),
            None if speaker == Usual => "REDIS_URL".to_owned(),
            None => T::variable(self.field, section),
            Some((_, profile, _)) => {
                let line = file.lines().position(|line| line.ends_with(&format!(" # {number}")));
                let place = format!("{}:{}", self.path, line.expect("it is said there") + 1);
                match [*profile, section].join(".").trim_matches('.') {
                    "" => place,
                    section => format!("{place} [{section}]"),
                }
            }
        }
    }

    /// What is shown: the winner, and below it all others.
    fn expected(&self, file: &str) -> Setting {
        let statement = |(number, voice): &(usize, Voice)| {
            let said =
                (self.field.read)(&values::text(self.field.name, *number)).expect("a right value");
            let value = (self.field.show)(&said).expect("it is said");
            Overruled { value, source: self.source(file, *number, *voice) }
        };
        let mut all: Vec<_> = self.spoken.iter().map(statement).collect();
        if self.field.list && !all.is_empty() {
            let joined = |part: fn(&Overruled) -> &str, by: &str| {
                all.iter().map(part).collect::<Vec<_>>().join(by)
            };
            all = vec![Overruled {
                value: joined(|said| &said.value, ","),
                source: joined(|said| &said.source, " and "),
            }];
        }
        // The profile `chosen` has a prefix of its own.
        let nobody = match self.field.name {
            "prefix" => ("cachery.chosen".to_owned(), "the profile `chosen`".to_owned()),
            _ => (self.field.default.text(), "built-in".to_owned()),
        };
        let nobody = Overruled { value: nobody.0, source: nobody.1 };
        let winner = if all.is_empty() { nobody } else { all.remove(0) };
        Setting {
            field: self.field.name,
            value: winner.value,
            source: winner.source,
            overruled: all,
        }
    }

    /// What all of it comes to.
    fn sum(&self) -> T {
        let heard = if self.field.list { self.spoken.len() } else { 1 };
        let texts = self
            .spoken
            .iter()
            .take(heard)
            .map(|(number, _)| values::text(self.field.name, *number));
        match &*texts.collect::<Vec<_>>().join(",") {
            "" => T::default(),
            text => (self.field.read)(text).expect("a right value"),
        }
    }

    fn check(&self) {
        let (file, site) = (self.file(), self.site());
        fs::write(&self.path, &file).expect("written");
        let config = {
            let sources = self.builder().sources;
            Resolved::with_backends(&sources, std::slice::from_ref(&site), &remote_target::linked())
                .config
        };
        let who = format!("{} by {:?}", self.field.name, self.spoken);
        assert_eq!(T::sum(&config, &site), self.sum().or(T::base(&site)), "{who}");
        let effective = EffectiveConfig::of(
            &config,
            &config,
            std::iter::once((&site, config.policy(0).clone())),
        );
        let shown = T::shown(&effective).iter().find(|setting| setting.field == self.field.name);
        assert_eq!(shown, Some(&self.expected(&file)), "{who}");
    }
}

/// Where more could speak than these, no more than three do at once: every order shows in pairs.
const MANY: usize = 6;

/// Whoever speaks or keeps silent.
fn every_combination<T: Table>() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    for field in T::FIELDS {
        let voices = T::voices(field);
        let few = |spoken: &usize| voices.len() <= MANY || spoken.count_ones() <= 3;
        for spoken in (0..1_usize << voices.len()).filter(few) {
            // Every attribute states its ttl.
            let speaks = |(number, voice): &(usize, Voice)| {
                spoken & (1 << number) != 0 || (field.name == "ttl" && voice.0 == Attribute)
            };
            let spoken = voices.iter().copied().enumerate().filter(speaks).collect();
            Case { field, spoken, path: file.path().display().to_string() }.check();
        }
    }
}

#[test]
fn whoever_speaks_of_a_field_of_the_program_the_strongest_wins_and_all_are_named() {
    every_combination::<ProgramSettings>();
}

#[test]
fn whoever_speaks_of_a_field_of_redis_the_strongest_wins_and_all_are_named() {
    every_combination::<RemoteSettings>();
}

#[test]
fn whoever_speaks_of_a_field_of_a_cache_the_strongest_wins_and_all_are_named() {
    every_combination::<CacheSettings>();
}

/// What a program comes to whose code says so of `field`, and that has a variable of nobody's.
fn effect<T: Table>(
    field: &'static Field<T>,
    number: usize,
) -> (Policy, RemotePolicy, (Option<u64>, String), usize, Vec<String>) {
    let variables = [("REDIS_URL", "redis://here"), ("CACHE_X0", "1")];
    let builder = CachesBuilder::default().isolated().variables(variables);
    let (_, section) = T::voices(field)[0];
    let builder = T::by_builder(builder, field, section, &values::text(field.name, number));
    let site = site("users");
    let Resolved { config, faults } = Resolved::with_backends(
        &builder.sources,
        std::slice::from_ref(&site),
        &remote_target::linked(),
    );
    let of_program = (config.max_bytes(), config.cost_unit());
    (config.policy(0).clone(), config.remote, of_program, faults.len(), config.notes)
}

fn each_is_felt<T: Table>() {
    for field in T::FIELDS {
        assert!(effect(field, 0) != effect(field, 1), "nobody reads `{}`", field.name);
    }
}

#[test]
fn no_field_is_without_effect() {
    each_is_felt::<ProgramSettings>();
    each_is_felt::<RemoteSettings>();
    each_is_felt::<CacheSettings>();
}
