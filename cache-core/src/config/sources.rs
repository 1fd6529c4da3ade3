//! The sources of settings: code, variables, a file, and the attributes.

pub(super) mod attribute;
mod builder;
mod file;
mod variables;

pub(crate) use builder::BuilderSettings;
pub(super) use file::Contents;
#[cfg(test)]
pub(super) use variables::known;
pub(super) use variables::{FOR_ALL, meant, name_and_field, owner};
pub(crate) use variables::{Foreign, Variables};

use self::variables::PROFILE;
use super::{layer::Layer, source::Source};
use crate::error::Fault;

/// The sources from which the settings of one registry are read, besides the attributes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    pub(crate) builder: BuilderSettings,
    /// The variables in place of those of the process.
    pub(crate) variables: Option<Variables>,
    /// `true` reads nothing of the process: neither its variables nor a file that nobody has named.
    pub(crate) isolated: bool,
}

/// The settings of all sources but the attributes.
pub(super) struct AllSettings {
    /// From the strongest to the weakest.
    pub(super) layers: Vec<Layer>,
    pub(super) variables: Variables,
    /// The variables that were left out.
    pub(super) foreign: Foreign,
    pub(super) file: Contents,
    pub(super) profile: Option<String>,
    /// The note about a profile of an unusual name.
    pub(super) profile_note: Option<String>,
}

impl Sources {
    /// Reads all settings. `caches` are the names of all caches. What is wrong becomes a fault.
    pub(super) fn read(&self, caches: &[&str], faults: &mut Vec<Fault>) -> AllSettings {
        self.builder.check(caches, faults);
        let mut variables = self.variables();
        let foreign = variables.take_foreign(caches);
        let from_variables = variables.layer(caches, faults);
        let file = self.file(&variables, faults).unwrap_or_default();
        let wanted = self.profile(&variables, faults);
        let profile_note = wanted.as_ref().and_then(|(source, name)| file.note(source, name));
        let profile = file.choose(wanted, faults);
        let mut layers = vec![self.builder.layer(), from_variables];
        layers.extend(file.layers(profile.as_deref()));
        AllSettings { layers, variables, foreign, file, profile, profile_note }
    }

    fn variables(&self) -> Variables {
        match &self.variables {
            Some(variables) => variables.clone(),
            None if self.isolated => Variables::default(),
            None => Variables::of_process(),
        }
    }

    /// Returns the contents of the file that code or `variables` name, else of the one in the
    /// working directory, if there is one. A file that cannot be read becomes a fault.
    fn file(&self, variables: &Variables, faults: &mut Vec<Fault>) -> Option<Contents> {
        if let Some(path) = &self.builder.file {
            return file::read(Some(&Source::Builder), path, faults);
        }
        if let Some(path) = variables.text(file::VARIABLE, faults) {
            return file::read(Some(&Source::Variable(file::VARIABLE.to_owned())), path, faults);
        }
        if self.isolated { None } else { file::read(None, file::UNNAMED, faults) }
    }

    /// Returns the profile that is asked for, with the source that asks for it.
    fn profile(&self, variables: &Variables, faults: &mut Vec<Fault>) -> Option<(Source, String)> {
        if let Some(name) = &self.builder.profile {
            return Some((Source::Builder, name.clone()));
        }
        let name = variables.text(PROFILE, faults)?;
        Some((Source::Variable(PROFILE.to_owned()), name.to_owned()))
    }
}
