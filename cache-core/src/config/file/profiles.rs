//! Profiles: which one stands, and what is below it.

use cachery_syntax::{nearest, shown_name};

use super::{
    super::source::Source,
    contents::{Contents, Profile},
};
use crate::error::{Fault, FaultKind};

/// The profiles that a program may be started in without the file saying anything about them.
const USUAL: [&str; 3] = ["local", "staging", "production"];

/// The most profiles that one has below it.
const DEEPEST: usize = 16;

impl Contents {
    /// The profile that is `wanted`, and by whom. A file that does not know it is no fault, where the name is one of the usual.
    pub(in super::super) fn choose(
        &self,
        wanted: Option<(Source, String)>,
        faults: &mut Vec<Fault>,
    ) -> Option<String> {
        let (source, wanted) = wanted?;
        let file = self.name.as_ref()?;
        if !self.profiles.contains_key(&wanted) && !USUAL.contains(&&*wanted) {
            let known = self.profiles.keys().map(String::as_str);
            let hint = match nearest(&wanted, known.chain(USUAL)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("mend the name, or write `[profile.{}]` there", shown_name(&wanted)),
            };
            let why = format!("{file} has no profile `{}`: {hint}", shown_name(&wanted));
            faults.push(Fault::new(FaultKind::InvalidProfile, format!("{source}: {why}")));
        }
        Some(wanted)
    }

    /// Tells of profiles that inherit from none, from too many, or in a circle.
    pub(super) fn check_profiles(&self, faults: &mut Vec<Fault>) {
        // Each profile above it would tell of it, too.
        faults.extend(self.profiles.keys().find_map(|name| self.too_deep(name)));
        for (name, profile) in &self.profiles {
            let Some((source, parent)) = &profile.inherits else { continue };
            if !self.profiles.contains_key(parent) {
                faults.push(self.unknown_parent(source, parent));
            }
            // Each profile of a circle would tell of it: the first by name does.
            let line: Vec<_> = self.line(name).into_iter().map(|(name, _)| name).collect();
            if self.is_circle(&line) && line.iter().min() == Some(&name.as_str()) {
                let why =
                    format!("the profiles {} inherit in a circle: take one `inherits` out", quoted(&line));
                faults.push(invalid(source, &why));
            }
        }
    }

    fn too_deep(&self, name: &str) -> Option<Fault> {
        let (source, _) = self.profiles.get(name)?.inherits.as_ref()?;
        let why = format!("more than {DEEPEST} profiles are below `{}`: take some out", shown_name(name));
        (self.line(name).len() > DEEPEST + 1).then(|| invalid(source, &why))
    }

    fn unknown_parent(&self, source: &Source, parent: &str) -> Fault {
        let hint = match nearest(parent, self.profiles.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write `[profile.{}]`, or take `inherits` out", shown_name(parent)),
        };
        invalid(source, &format!("there is no profile `{}`: {hint}", shown_name(parent)))
    }

    /// The profile `name` and those that it inherits from, each once; of too many, those that show it.
    pub(super) fn line(&self, name: &str) -> Vec<(&str, &Profile)> {
        let mut line: Vec<(&str, &Profile)> = Vec::new();
        let mut next = self.profiles.get_key_value(name);
        let is_new = |line: &[(&str, &Profile)], next: &str| line.iter().all(|(name, _)| *name != next);
        while let Some((name, profile)) =
            next.filter(|(next, _)| line.len() < DEEPEST + 2 && is_new(&line, next))
        {
            line.push((name, profile));
            next = profile.inherits.as_ref().and_then(|(_, parent)| self.profiles.get_key_value(parent));
        }
        line
    }

    /// Whether the last of `line` inherits from the first.
    fn is_circle(&self, line: &[&str]) -> bool {
        let last = line.last().and_then(|last| self.profiles.get(*last)?.inherits.as_ref());
        last.zip(line.first()).is_some_and(|((_, parent), first)| parent == first)
    }
}

fn invalid(source: &Source, why: &str) -> Fault {
    let Fault { message, .. } = source.refuses("inherits", why);
    Fault::new(FaultKind::InvalidProfile, message)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{}`", shown_name(name))).collect::<Vec<_>>().join(", ")
}
