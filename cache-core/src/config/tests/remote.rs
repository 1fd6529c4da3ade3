//! Tests of the settings in `[redis]`.

use super::*;

fn remote(builder: RemoteSettings, pairs: &[(&str, &str)]) -> (RemotePolicy, Vec<String>) {
    let (config, faults) = resolve_with(
        &[],
        &[],
        pairs,
        BuilderSettings { remote: builder, ..BuilderSettings::default() },
    );
    (config.remote, faults)
}

fn said_of(pairs: &[(&str, &str)]) -> Vec<String> {
    remote(RemoteSettings::default(), pairs).1
}

#[test]
fn unset_settings_have_their_defaults() {
    let settings = remote(RemoteSettings::default(), &[]).0;
    assert_eq!((&*settings.prefix, settings.required), ("cachery", false));
    assert_eq!(settings.fallback, Fallback::Memory);
    assert_eq!(settings.remote_deadline, Duration::from_millis(100));
    assert_eq!(settings.outage_ttl, Duration::from_secs(30));
    assert!(settings.key_secret.is_none() && settings.target().is_none());
}

#[test]
fn each_setting_has_a_variable() {
    let (settings, faults) = remote(
        RemoteSettings::default(),
        &[
            ("CACHE_REDIS_URL", "redis://a"),
            ("CACHE_REDIS_CA", "ca.pem"),
            ("CACHE_REDIS_CERT", "cert.pem"),
            ("CACHE_REDIS_KEY", "key.pem"),
            ("CACHE_PREFIX", "shop:v1"),
            ("CACHE_KEY_SECRET", "0123456789abcdef"),
            ("CACHE_REQUIRED", "yes"),
            ("CACHE_FALLBACK", "off"),
            ("CACHE_REMOTE_DEADLINE", "50ms"),
            ("CACHE_OUTAGE_TTL", "1m"),
        ],
    );
    assert_eq!(faults, [""; 0]);
    let target = settings.target().expect("there is a URL");
    let tls = |file: &str| Some(file.to_owned());
    assert_eq!(target.url, "redis://a");
    assert_eq!(
        (target.tls.ca, target.tls.cert, target.tls.key),
        (tls("ca.pem"), tls("cert.pem"), tls("key.pem"))
    );
    assert_eq!((&*settings.prefix, settings.required), ("shop:v1", true));
    assert_eq!(settings.key_secret.as_ref().map(Secret::reveal), Some("0123456789abcdef"));
    assert_eq!(settings.fallback, Fallback::Off);
    assert_eq!(
        (settings.remote_deadline, settings.outage_ttl),
        (Duration::from_millis(50), Duration::from_secs(60))
    );
}

#[test]
fn the_builders_url_wins_over_ours_and_ours_over_the_usual_one() {
    let usual = ("REDIS_URL", "redis://usual");
    let ours = ("CACHE_REDIS_URL", "redis://ours");
    let code =
        || RemoteSettings { url: Some(Secret::new("redis://code")), ..RemoteSettings::default() };
    let url = |settings: &RemotePolicy| settings.target().expect("there is a URL").url;
    assert_eq!(url(&remote(RemoteSettings::default(), &[usual]).0), "redis://usual");
    assert_eq!(url(&remote(RemoteSettings::default(), &[usual, ours]).0), "redis://ours");
    assert_eq!(
        url(&remote(RemoteSettings::default(), &[usual, ("CACHE_REDIS_URL", " ")]).0),
        "redis://usual"
    );
    assert_eq!(url(&remote(code(), &[usual, ours]).0), "redis://code");
}

#[test]
fn a_prefix_is_what_every_key_can_bear() {
    let long = "x".repeat(65);
    for (prefix, said) in [
        (
            "a b",
            "CACHE_PREFIX: character 2 of the prefix is ` `: use letters from a to z or A to Z, digits, `_`, `-`, `.` and `:`",
        ),
        (
            "{x}",
            "CACHE_PREFIX: character 1 of the prefix is `{`: use letters from a to z or A to Z, digits, `_`, `-`, `.` and `:`",
        ),
        (&long, "CACHE_PREFIX: the prefix is 65 characters long: use at most 64"),
    ] {
        assert_eq!(said_of(&[("CACHE_PREFIX", prefix)]), [said]);
    }
    assert_eq!(said_of(&[("CACHE_PREFIX", &long[1..])]), [""; 0]);
    let empty = RemoteSettings { prefix: Some(String::new()), ..RemoteSettings::default() };
    assert_eq!(
        remote(empty, &[]).1,
        ["builder: `prefix`: the prefix is empty: leave it out, or write one, as in `shop`"]
    );
}

#[test]
fn a_short_secret_is_refused_and_not_shown() {
    let said = "the secret has 15 bytes, which can be guessed: use at least 16 random ones, as `openssl rand -hex 16` makes them";
    assert_eq!(
        said_of(&[("CACHE_KEY_SECRET", "hunter2hunter2h")]),
        [format!("CACHE_KEY_SECRET: {said}")]
    );
    let code = RemoteSettings {
        key_secret: Some(Secret::new("hunter2hunter2h")),
        ..RemoteSettings::default()
    };
    assert_eq!(remote(code, &[]).1, [format!("builder: `key_secret`: {said}")]);
}

#[test]
fn a_client_certificate_and_its_key_come_together() {
    let certificate = "a client certificate needs its private key: give CACHE_REDIS_KEY, or `key` in a file or `redis_tls`, too";
    assert_eq!(
        said_of(&[("CACHE_REDIS_CERT", "c.pem")]),
        [format!("CACHE_REDIS_CERT: {certificate}")]
    );
    assert_eq!(
        said_of(&[("CACHE_REDIS_KEY", "k.pem")]),
        [
            "CACHE_REDIS_KEY: a private key needs its client certificate: give CACHE_REDIS_CERT, or `cert` in a file or `redis_tls`, too"
        ]
    );
    let code = || RemoteSettings { cert: Some("c.pem".to_owned()), ..RemoteSettings::default() };
    assert_eq!(remote(code(), &[]).1, [format!("builder: {certificate}")]);
    assert_eq!(remote(code(), &[("CACHE_REDIS_KEY", "k.pem")]).1, [""; 0]);
}

#[test]
fn times_that_cannot_be_are_refused() {
    let code = RemoteSettings {
        remote_deadline: Some(Duration::ZERO),
        outage_ttl: Some(Duration::MAX),
        ..RemoteSettings::default()
    };
    let said = [
        "builder: `remote_deadline`: a time of zero is refused: choose a longer one, such as 100 ms",
        "builder: `outage_ttl`: a time of more than a century is refused: choose a shorter one",
    ];
    assert_eq!(remote(code, &[]).1, said);
    assert_eq!(
        said_of(&[("CACHE_REMOTE_DEADLINE", "0"), ("CACHE_OUTAGE_TTL", "soon")]).len(),
        2,
        "one for each variable"
    );
}

#[test]
fn neither_url_nor_secret_is_shown() {
    let pairs = [("REDIS_URL", "redis://u:hunter2@h"), ("CACHE_KEY_SECRET", "hunter2-hunter2-")];
    let (settings, _) = remote(RemoteSettings::default(), &pairs);
    let code = RemoteSettings {
        url: Some(Secret::new("redis://u:hunter2@h")),
        ..RemoteSettings::default()
    };
    for shown in [format!("{settings:?}"), format!("{code:?}")] {
        assert!(!shown.contains("hunter2") && shown.contains("Secret(..)"), "{shown}");
    }
}
