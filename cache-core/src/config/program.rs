//! What is set once for a whole program.

use super::settings::Settings;

/// What one source says about the whole program.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ProgramSettings {
    /// Whether anything is cached.
    pub(crate) enabled: Option<bool>,
    /// Whether names like nobody's are errors.
    pub(crate) strict: Option<bool>,
    /// Names that are for other programs.
    pub(crate) external: Option<Vec<String>>,
}

impl Settings for ProgramSettings {
    /// The names of all sources count: to list one more takes none back.
    fn over(self, lower: Self) -> Self {
        let mut external = self.external.unwrap_or_default();
        external.extend(lower.external.unwrap_or_default());
        Self {
            enabled: self.enabled.or(lower.enabled),
            strict: self.strict.or(lower.strict),
            external: (!external.is_empty()).then_some(external),
        }
    }
}
