//! The identity of a master for as long as it forgets nothing.

use super::info::field;

/// The time of a master from its start or promotion to its end or demotion. Within one epoch
/// nothing that the master acknowledged is forgotten.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MasterEpoch {
    process: String,
    /// The replication history: a replica that is promoted gets another one.
    history: String,
}

impl MasterEpoch {
    /// Reads the reply to `INFO server replication`. `None` when the server is not a master or
    /// does not say.
    pub(super) fn read(info: &str) -> Option<Self> {
        let value = |name| field(info, name).filter(|value| !value.is_empty()).map(str::to_owned);
        field(info, "role").filter(|role| *role == "master")?;
        Some(Self { process: value("run_id")?, history: value("master_replid")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_a_masters_and_ends_with_its_process_or_its_history() {
        let epoch = |role: &str, process: &str, history: &str| {
            MasterEpoch::read(&format!(
                "# Server\r\nrun_id:{process}\r\nrole:{role}\r\nmaster_replid:{history}\r\n"
            ))
        };
        let known = epoch("master", "1", "a");
        assert!(known.is_some() && known == epoch("master", "1", "a"));
        assert!(known != epoch("master", "2", "a") && known != epoch("master", "1", "b"));
        for unknown in
            [epoch("slave", "1", "a"), epoch("master", "", "a"), MasterEpoch::read("role:master")]
        {
            assert!(unknown.is_none());
        }
    }
}
