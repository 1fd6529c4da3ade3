//! Checks that compare declared tags: no two may share a name.

use std::collections::BTreeMap;

use crate::{
    error::{Fault, FaultKind},
    tag::TagSite,
};

/// Returns a fault for each name that several tags have. `tags` are all, by their names.
pub(crate) fn check(tags: &BTreeMap<&'static str, Vec<&'static TagSite>>) -> Vec<Fault> {
    tags.iter().filter(|(_, tags)| tags.len() > 1).map(|(name, tags)| fault(name, tags)).collect()
}

fn fault(name: &str, tags: &[&TagSite]) -> Fault {
    let places: Vec<_> = tags.iter().map(|tag| tag.place()).collect();
    let message = format!(
        "{}: {} tags are declared as `{name}`, and a tag is identified by its name alone; give each a \
         `name` of its own",
        places.join(" and "),
        tags.len(),
    );
    Fault::new(FaultKind::DuplicateIdentity, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE: TagSite = TagSite::new("tenant", "u64");
    static OTHER: TagSite = TagSite::new("tenant", "String");
    static AUTHOR: TagSite = TagSite::new("author", "u64");

    #[test]
    fn two_tags_of_one_name_are_a_fault_that_names_both_places() {
        let tags = BTreeMap::from([("author", vec![&AUTHOR]), ("tenant", vec![&ONE, &OTHER])]);
        let faults = check(&tags);
        let [fault] = faults.as_slice() else { panic!("{faults:?}") };
        assert_eq!(fault.kind, FaultKind::DuplicateIdentity);
        let both =
            format!("{} and {}: 2 tags are declared as `tenant`", ONE.place(), OTHER.place());
        assert!(fault.to_string().starts_with(&both), "{fault}");
    }
}
