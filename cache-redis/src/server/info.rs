//! What a server says of itself.

use redis::Value;

/// The text of a reply, if it is one.
pub(super) fn text(reply: &Value) -> Option<String> {
    match reply {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::VerbatimString { text, .. } => Some(text.clone()),
        _ => None,
    }
}

/// The value of one of the lines.
pub(super) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = info.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(known, _)| *known == name).map(|(_, value)| value.trim())
}

/// One life of a master, from its start or promotion to its end or demotion: within it, nothing that it acknowledged is forgotten.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Reign {
    process: String,
    /// A replica that is promoted has a history of its own from then on.
    history: String,
}

impl Reign {
    /// `None` where the server is no master or does not say.
    pub(super) fn of(info: &str) -> Option<Self> {
        let said = |name| field(info, name).filter(|value| !value.is_empty()).map(str::to_owned);
        field(info, "role").filter(|role| *role == "master")?;
        Some(Self { process: said("run_id")?, history: said("master_replid")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reign_is_a_masters_and_ends_with_its_process_or_its_history() {
        let reign = |role: &str, process: &str, history: &str| {
            Reign::of(&format!("# Server\r\nrun_id:{process}\r\nrole:{role}\r\nmaster_replid:{history}\r\n"))
        };
        let known = reign("master", "1", "a");
        assert!(known.is_some() && known == reign("master", "1", "a"));
        assert!(known != reign("master", "2", "a") && known != reign("master", "1", "b"));
        for unknown in [reign("slave", "1", "a"), reign("master", "", "a"), Reign::of("role:master")] {
            assert!(unknown.is_none());
        }
    }
}
