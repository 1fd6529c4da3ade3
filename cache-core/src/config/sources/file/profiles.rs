//! Profiles: the choice of one, and those that it inherits from.

use cachery_syntax::{nearest, shown_name};

use super::{
    super::super::source::Source,
    contents::{Contents, Profile},
};
use crate::error::{Fault, FaultKind};

/// Profiles that can be chosen although the file has no section for them.
const USUAL: [&str; 3] = ["local", "staging", "production"];

/// The longest chain of `inherits`.
const DEEPEST: usize = 16;

impl Contents {
    /// Returns the profile that is `wanted`. One that the file does not have becomes a fault,
    /// unless its name is one of the usual. Without a file it may have any name.
    pub(crate) fn choose(
        &self,
        wanted: Option<(Source, String)>,
        faults: &mut Vec<Fault>,
    ) -> Option<String> {
        let (source, wanted) = wanted?;
        let Some(file) = &self.name else { return Some(wanted) };
        if !self.profiles.contains_key(&wanted) && !USUAL.contains(&&*wanted) {
            let known = self.profiles.keys().map(String::as_str);
            let hint = match nearest(&wanted, known.chain(USUAL)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    format!("correct the name, or write `[profile.{}]` there", shown_name(&wanted))
                }
            };
            let why = format!("{file} has no profile `{}`: {hint}", shown_name(&wanted));
            faults.push(Fault::new(FaultKind::InvalidProfile, format!("{source}: {why}")));
        }
        Some(wanted)
    }

    /// Returns a note when the profile `wanted` is almost a usual one, and without a file nothing
    /// tells whether it is right.
    pub(crate) fn note(&self, source: &Source, wanted: &str) -> Option<String> {
        let near = nearest(wanted, USUAL)?;
        let is_unsure = self.name.is_none() && !USUAL.contains(&wanted);
        is_unsure.then(|| {
            format!(
                "{source}: no file has a profile `{}`, because no file was read: did you mean `{near}`?",
                shown_name(wanted)
            )
        })
    }

    /// Adds a fault for each profile that inherits from an unknown one, from too many, or in a
    /// circle.
    pub(super) fn check_profiles(&self, faults: &mut Vec<Fault>) {
        // One is enough: each profile that inherits from it is as deep.
        faults.extend(self.profiles.keys().find_map(|name| self.too_deep(name)));
        for (name, profile) in &self.profiles {
            let Some((source, parent)) = &profile.inherits else { continue };
            if !self.profiles.contains_key(parent) {
                faults.push(self.unknown_parent(source, parent));
            }
            // All profiles of a circle find it: only the first by name reports it.
            let ancestry: Vec<_> = self.ancestry(name).into_iter().map(|(name, _)| name).collect();
            if self.is_circle(&ancestry) && ancestry.iter().min() == Some(&name.as_str()) {
                let names = quoted(&ancestry);
                let why =
                    format!("the profiles {names} inherit in a circle: take one `inherits` out");
                faults.push(invalid(source, &why));
            }
        }
    }

    fn too_deep(&self, name: &str) -> Option<Fault> {
        let (source, _) = self.profiles.get(name)?.inherits.as_ref()?;
        let why = format!(
            "`{}` inherits from more than {DEEPEST} profiles: take some out",
            shown_name(name)
        );
        (self.ancestry(name).len() > DEEPEST + 1).then(|| invalid(source, &why))
    }

    fn unknown_parent(&self, source: &Source, parent: &str) -> Fault {
        let hint = match nearest(parent, self.profiles.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write `[profile.{}]`, or take `inherits` out", shown_name(parent)),
        };
        invalid(source, &format!("unknown profile `{}`: {hint}", shown_name(parent)))
    }

    /// Returns the profile `name` and those that it inherits from, each once. The result is one
    /// longer than allowed where there are too many.
    pub(super) fn ancestry(&self, name: &str) -> Vec<(&str, &Profile)> {
        let mut ancestry: Vec<(&str, &Profile)> = Vec::new();
        let mut next = self.profiles.get_key_value(name);
        while let Some((name, profile)) = next {
            let is_known = ancestry.iter().any(|(known, _)| known == name);
            if is_known || ancestry.len() == DEEPEST + 2 {
                break;
            }
            ancestry.push((name, profile));
            next = profile
                .inherits
                .as_ref()
                .and_then(|(_, parent)| self.profiles.get_key_value(parent));
        }
        ancestry
    }

    /// Tells whether the last of `ancestry` inherits from the first.
    fn is_circle(&self, ancestry: &[&str]) -> bool {
        let last = ancestry.last().and_then(|last| self.profiles.get(*last)?.inherits.as_ref());
        last.zip(ancestry.first()).is_some_and(|((_, parent), first)| parent == first)
    }
}

fn invalid(source: &Source, why: &str) -> Fault {
    let Fault { message, .. } = source.refuses("inherits", why);
    Fault::new(FaultKind::InvalidProfile, message)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{}`", shown_name(name))).collect::<Vec<_>>().join(", ")
}
