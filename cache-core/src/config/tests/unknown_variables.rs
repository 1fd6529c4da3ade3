//! Tests of variables with unknown names.

use super::*;

fn resolved(pairs: &[(&str, &str)]) -> Resolved {
    let variables = Some(variables(pairs));
    let sources = Sources { variables, isolated: true, ..Sources::default() };
    Resolved::with_backends(&sources, &[site("sentiment")], &[])
}

fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
    resolved(pairs).faults.into_iter().map(|fault| fault.message).collect()
}

#[test]
fn a_variable_within_two_letters_of_a_known_one_is_a_fault() {
    let way_out = "(if it is for another program, list it in CACHE_EXTERNAL)";
    for (wrong, right) in [
        ("CACHE_SENTIMNT_TTL", "CACHE_SENTIMENT_TTL"),
        ("CACHE_SENTIMENT_TLL", "CACHE_SENTIMENT_TTL"),
        ("CACHE_DEFAULT_CAPASITY", "CACHE_DEFAULT_CAPACITY"),
        ("CACHE_REDIS_ULR", "CACHE_REDIS_URL"),
        ("CACHE_TYP", "CACHE_TYPE"),
    ] {
        assert_eq!(
            faults(&[(wrong, "1")]),
            [format!("{wrong}: unknown setting: did you mean {right}? {way_out}")]
        );
        assert_eq!(faults(&[(wrong, "1"), ("CACHE_EXTERNAL", wrong)]), [""; 0]);
        assert_eq!(faults(&[(wrong, " ")]), [""; 0], "empty counts as not set");
    }
}

#[test]
fn a_variable_of_a_field_that_caches_do_not_have_is_a_fault() {
    let fields = "the fields are ttl, capacity, enabled, backend, engine, eviction, max_bytes, stale, stale_if_error, retry_after, refresh, none_ttl, err_ttl, memory_ttl, load_timeout, soft_timeout, cost, budget, codec, lease, max_value_size, jitter \
         (if it is for another program, list it in CACHE_EXTERNAL)";
    for (variable, of) in
        [("CACHE_SENTIMENT_VERSION", "the cache `sentiment`"), ("CACHE_DEFAULT_NAME", "caches")]
    {
        let said = format!("{variable}: unknown field of {of}: {fields}");
        assert_eq!(faults(&[(variable, "1")]), [said]);
        assert_eq!(faults(&[(variable, "1"), ("CACHE_EXTERNAL", variable)]), [""; 0]);
    }
}

#[test]
fn a_variable_of_a_later_version_is_a_fault_that_says_so() {
    let way_out = "is reserved for a later version: unset it (if it is for another program, list it in CACHE_EXTERNAL)";
    for (variable, word) in [("CACHE_SENTIMENT_MAX", "max"), ("CACHE_DEFAULT_PARALLEL", "parallel")]
    {
        assert_eq!(faults(&[(variable, "1")]), [format!("{variable}: `{word}` {way_out}")]);
        assert_eq!(faults(&[(variable, "1"), ("CACHE_EXTERNAL", variable)]), [""; 0]);
    }
}

#[test]
fn variables_like_nobodys_are_one_warning_and_break_no_start() {
    let set = [
        ("CACHE_DIR", "/tmp"),
        ("CACHE_KEY", "x"),
        ("CACHE_STORE", "y"),
        ("CACHE_EXTERNAL", "CACHE_STORE, X"),
    ];
    let resolved = resolved(&set);
    assert!(resolved.faults.is_empty(), "{:?}", resolved.faults);
    assert_eq!(
        resolved.config.notes,
        [
            "no setting and no cache of this program has the name CACHE_DIR, CACHE_KEY: correct the name, or list it in \
         CACHE_EXTERNAL if it is for another program"
        ]
    );
}

#[test]
fn where_it_is_strict_each_of_them_is_a_fault() {
    let set = [("CACHE_DIR", "/tmp"), ("CACHE_KEY\n", "x"), ("CACHE_STRICT", "true")];
    let way_out = "unknown name of a setting or a cache: unset it, or list it in CACHE_EXTERNAL if it is for another program";
    assert_eq!(faults(&set), [format!("CACHE_DIR: {way_out}"), format!("CACHE_KEY\\n: {way_out}")]);
}

#[test]
fn thousands_of_them_are_still_one_short_line() {
    let names: Vec<_> =
        (0..5000).map(|n| format!("CACHE_FOREIGN_{n}_{}", "x".repeat(200))).collect();
    let set: Vec<_> = names.iter().map(|name| (&**name, "1")).collect();
    let warning = resolved(&set).config.notes.concat();
    assert!(warning.len() < 4000 && warning.contains("and 4980 more"), "{warning}");
}

#[test]
fn a_variable_of_a_cache_by_another_name_is_a_note_that_names_the_one_that_is_meant() {
    let sites =
        || [site("translation"), Site::new("i18n", "shop::Texts::translate_text", "()", "u8")];
    let resolved = |strict: &str, variable: &str| {
        let pairs = [(variable, "1m"), ("CACHE_STRICT", strict)];
        let variables = Some(variables(&pairs));
        let sources = Sources { variables, isolated: true, ..Sources::default() };
        Resolved::with_backends(&sources, &sites(), &[])
    };
    for (variable, right) in [
        ("CACHE_TRANSLATE_TTL", "CACHE_TRANSLATION_TTL"),
        ("CACHE_TRANSLATIONS_OLD_MAX_BYTES", "CACHE_TRANSLATION_MAX_BYTES"),
        ("CACHE_TRANSLATE_TEXT_TTL", "CACHE_I18N_TTL"),
    ] {
        let told = resolved("no", variable);
        assert!(told.faults.is_empty(), "{variable}: {:?}", told.faults);
        let note = format!(
            "{variable}: no setting has this name, and it is ignored: did you mean {right}?"
        );
        let is_told = told.config.notes.iter().any(|told| told.starts_with(&note));
        assert!(is_told, "{:?}", told.config.notes);
        let faults = resolved("yes", variable).faults;
        assert!(faults[0].message.contains(&format!("did you mean {right}?")), "{faults:?}");
    }
    for other in ["CACHE_TRAIN_TTL", "CACHE_TEXT_TTL", "CACHE_TRANSLATE"] {
        let notes = resolved("no", other).config.notes.concat();
        assert!(!notes.contains("did you mean"), "{other}: {notes}");
    }
}
