//! Tests with hostile input: it leads to readable faults, never to a panic.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;

/// What somebody might write as a value, and worse.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+]?[0-9]{1,40}(\\.[0-9]{1,40})?(e[0-9]{1,5})?",
        "-?[0-9]{0,30}(ms|s|m|h|d|w|GiB|kB| )?",
        "(nan|inf|0x[0-9a-f]{1,20}|true|\\[\\]|\\{\\}|1979-05-27)",
        Just("\0".to_owned()),
        Just("x".repeat(1 << 20)),
        Just("9".repeat(1 << 20)),
    ]
}

fn names() -> Vec<String> {
    super::super::sources::known(&["users"])
        .into_iter()
        .filter(|name| name != "CACHE_CONFIG")
        .collect()
}

fn check(faults: &[String]) -> Result<(), TestCaseError> {
    for fault in faults {
        prop_assert!(fault.len() < 800, "{} bytes", fault.len());
        prop_assert!(!fault.contains('\n') && !fault.contains('\0'), "{fault:?}");
    }
    Ok(())
}

/// The faults of a program whose file holds `text`.
fn of_file(text: &[u8]) -> Vec<String> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text).expect("written");
    let builder = BuilderSettings {
        file: Some(file.path().display().to_string()),
        ..BuilderSettings::default()
    };
    let sources =
        Sources { builder, variables: Some(variables(&[("CACHE_ENV", "p")])), isolated: true };
    resolved(&sources, &[], &[site("users")]).1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_hostile_variable_is_at_most_one_fault_on_one_line(
        name in prop::sample::select(names()),
        value in hostile(),
    ) {
        let faults = resolve(&[site("users")], &[(&name, &value)]).1;
        let wants_redis = matches!(&*value, "redis" | "tiered");
        prop_assert!(faults.len() <= 1 || wants_redis, "{faults:?}");
        check(&faults)?;
    }

    #[test]
    fn a_hostile_name_is_at_most_one_fault_on_one_line(name in "CACHE_\\PC{0,200}|CACHE_USERS_[A-Z\n]{1,9}") {
        let faults = resolve(&[site("users")], &[(&name, "1"), ("CACHE_STRICT", "true")]).1;
        prop_assert!(faults.len() <= 1, "{faults:?}");
        check(&faults)?;
    }

    #[test]
    fn a_hostile_value_in_a_file_is_told_on_one_line(
        section in "(default|cache|cache\\.users|redis|profile\\.p|profile\\.p\\.default)?",
        field in "(ttl|capacity|jitter|url|key_secret|inherits|enabled|external|[a-z.\"]{1,9})",
        value in hostile(),
        quoted: bool,
    ) {
        let value = if quoted { format!("{value:?}") } else { value };
        let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
        check(&of_file(format!("{header}{field} = {value}\n").as_bytes()))?;
    }

    #[test]
    fn a_file_of_any_bytes_is_told_on_one_line(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&of_file(&bytes))?;
    }
}

/// Where a field can stand, by the tables.
fn fields() -> impl Iterator<Item = String> {
    let of_caches =
        ["default", "cache.users", "profile.p.default", "profile.p.cache.users"].into_iter();
    let of_caches = of_caches.flat_map(|section| {
        CacheSettings::FIELDS.iter().map(move |field| format!("{section}.{}", field.name))
    });
    let of_redis = RemoteSettings::FIELDS.iter().flat_map(|field| {
        ["redis", "profile.p.redis"].map(|section| format!("{section}.{}", field.name))
    });
    let of_program = ProgramSettings::FIELDS
        .iter()
        .flat_map(|field| ["", "profile.p."].map(|section| format!("{section}{}", field.name)));
    of_caches.chain(of_redis).chain(of_program)
}

#[test]
fn a_value_of_another_kind_is_one_fault_for_whatever_field() {
    let kinds = [
        "[7]",
        "[['hunter2']]",
        "{ a = 'hunter2' }",
        "[{ a = 'hunter2' }]",
        "1979-05-27",
        "07:32:00",
        "0xbad",
    ];
    for (field, kind) in fields().flat_map(|field| kinds.map(|kind| (field.clone(), kind))) {
        let faults = of_file(format!("# none\n{field} = {kind}\n[profile.q]").as_bytes());
        let told =
            faults.iter().filter(|fault| !fault.starts_with("CACHE_ENV")).collect::<Vec<_>>();
        let [fault] = &*told else { panic!("{field} = {kind}: {told:?}") };
        assert!(
            fault.contains(":2 ") && fault.contains("write one value, as in `"),
            "{field} = {kind}: {fault}"
        );
        assert!(!fault.contains("hunter2"), "{fault}");
    }
}

#[test]
fn what_is_no_section_is_one_fault_where_one_should_be() {
    for section in [
        "default",
        "redis",
        "cache",
        "cache.users",
        "profile",
        "profile.p",
        "profile.p.redis",
        "profile.p.cache",
    ] {
        for kind in ["'hunter2'", "[]", "7", "[[{}]]"] {
            let faults = of_file(format!("\n{section} = {kind}").as_bytes());
            let told =
                faults.iter().filter(|fault| !fault.starts_with("CACHE_ENV")).collect::<Vec<_>>();
            let [fault] = &*told else { panic!("{section} = {kind}: {told:?}") };
            let way_out =
                format!(":2: `{section}` is a section: write `[{section}]`, and its fields below");
            assert!(fault.ends_with(&way_out), "{section} = {kind}: {fault}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_one_fault_with_its_name_and_a_way_out() {
    use std::os::unix::ffi::OsStringExt as _;
    for name in super::super::sources::known(&["users"]) {
        let bytes = OsString::from_vec(b"hunter2\xff".to_vec());
        let variables = Some([(OsString::from(&name), bytes)].into_iter().collect());
        let sources = Sources { variables, isolated: true, ..Sources::default() };
        let said = format!("{name}: it is not valid UTF-8: set it again, as text");
        assert_eq!(resolved(&sources, &[], &[site("users")]).1, [said]);
    }
}

/// Somebody has set the wrong one: what it says may be private.
#[test]
fn a_url_in_the_wrong_place_does_not_tell_its_password() {
    for name in super::super::sources::known(&["users"]) {
        for url in ["redis://u:hunter2hunter2@here", "rediss://:hunter2@here:1/2"] {
            let (_, faults) = resolve(&[site("users")], &[(&name, url)]);
            assert!(!format!("{faults:?}").contains("hunter2"), "{name}: {faults:?}");
        }
    }
    let faults = of_file(b"'redis://:hunter2@here' = 1\n[cache.'redis://:hunter2@here']\n[default]\nlease = 'redis://:hunter2@here'");
    assert_eq!(faults.len(), 4, "with the profile");
    assert!(!format!("{faults:?}").contains("hunter2"), "{faults:?}");
}
