//! The addresses at which servers are reached, where the servers name others: behind a NAT, or in
//! containers.

use super::host::Host;
use crate::open_error::OpenError;

/// The rules by which the address that a server names becomes the one that is connected to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AddressMap(Vec<(Host, Host)>);

/// Stands for every port before `=`, and for the same port behind it.
const ANY_PORT: u16 = 0;

impl AddressMap {
    /// Adds the rule `10.0.0.5:6379=redis.example:7001`, or one without ports.
    pub(crate) fn add(&mut self, rule: &str) -> Result<(), OpenError> {
        let (named, reached) = rule.split_once('=').ok_or(OpenError::AddressMap)?;
        let read = |text| Host::parse(text, ANY_PORT).map_err(|_| OpenError::AddressMap);
        self.0.push((read(named)?, read(reached)?));
        Ok(())
    }

    /// Returns the address by the first rule for `named`, or `named` where there is none.
    pub(crate) fn reached(&self, named: &Host) -> Host {
        let is_for = |known: &Host| {
            known.name == named.name && (known.port == ANY_PORT || known.port == named.port)
        };
        let rule = self.0.iter().find(|(known, _)| is_for(known));
        rule.map_or_else(
            || named.clone(),
            |(_, Host { name, port })| {
                let port = if *port == ANY_PORT { named.port } else { *port };
                Host { name: name.clone(), port }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Host::parse(text, 6379).unwrap()
    }

    #[test]
    fn a_rule_without_ports_keeps_the_port_and_the_first_one_wins() {
        let mut map = AddressMap::default();
        for rule in ["10.0.0.5:7000=a:1", "10.0.0.5=b", "10.0.0.6=[::1]:3"] {
            map.add(rule).unwrap();
        }
        for (named, reached) in [
            ("10.0.0.5:7000", "a:1"),
            ("10.0.0.5:7001", "b:7001"),
            ("10.0.0.6:9", "[::1]:3"),
            ("10.0.0.7:9", "10.0.0.7:9"),
        ] {
            assert_eq!(map.reached(&host(named)), host(reached), "{named}");
        }
        assert!(
            map.add("10.0.0.5").is_err() && map.add("=a").is_err() && map.add("a:x=b").is_err()
        );
    }
}
