//! Tests of right and wrong files.

use std::{io::Write as _, path::Path, process::Command, sync::mpsc, thread};

use super::*;
use crate::{CachesBuilder, TlsFiles};

/// Sources whose file holds `text`. The file goes with the second.
fn sources(text: impl AsRef<[u8]>, pairs: &[(&str, &str)]) -> (Sources, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_ref()).expect("written");
    let builder = BuilderSettings {
        file: Some(file.path().display().to_string()),
        ..BuilderSettings::default()
    };
    (Sources { builder, variables: Some(variables(pairs)), isolated: true }, file)
}

/// The settings of a program with the caches `users` and `user.orders`; faults call the file
/// `cache.toml`.
fn read(text: impl AsRef<[u8]>, pairs: &[(&str, &str)]) -> (Config, Vec<String>) {
    let (sources, file) = sources(text, pairs);
    let (config, faults) = resolved(&sources, &[], &SITES);
    let path = file.path().display().to_string();
    (config, faults.into_iter().map(|fault| fault.replace(&path, "cache.toml")).collect())
}

static SITES: [Site; 2] = [
    site("users"),
    Site::new("user.orders", "shop::g", "", "").ttl_millis(3_600_000).at("src/shop.rs", 9),
];

const PROFILES: &str = r#"
[cache.users]
ttl = "1s"
capacity = 1
jitter = 0.1

[profile.production.cache.users]
ttl = "2s"
capacity = 2

[profile.staging]
inherits = "production"
cache.users.ttl = 3

[profile.local]
enabled = false
"#;

#[test]
fn a_file_says_the_same_as_the_variables_by_the_same_names() {
    let text = r#"
        strict = true
        external = ["CACHE_DIR", "CACHE_X"]
        [default]
        capacity = 50_000
        max_value_size = "1MiB"
        [cache.users]
        ttl = "30m"
        enabled = false
        [cache."user.orders"]
        ttl = 90
        jitter = 0.5
        codec = "json"
        lease = false
        [redis]
        prefix = "shop"
        remote_deadline = "50ms"
        required = true
    "#;
    let (config, faults) = read(text, &[("CACHE_DIR", "/tmp"), ("CACHE_USERS_ENABLED", "on")]);
    assert_eq!(faults, [""; 0]);
    let (users, orders) = (config.policy(0), config.policy(1));
    assert_eq!((users.ttl, users.capacity, users.enabled), (Some(HOUR / 2), 50_000, true));
    assert_eq!((orders.ttl, orders.lease), (Some(Duration::from_secs(90)), false));
    assert_eq!((orders.codec.to_string(), orders.max_value_size), ("json".to_owned(), 1 << 20));
    assert_eq!((&*config.remote.prefix, config.remote.required), ("shop", true));
}

#[test]
fn a_profile_is_laid_over_what_it_inherits_and_that_over_the_rest_of_the_file() {
    let of = |profile| {
        let (config, faults) = read(PROFILES, &[("CACHE_ENV", profile)]);
        assert_eq!(faults, [""; 0]);
        let policy = config.policy(0);
        assert!((policy.jitter - 0.1).abs() < f64::EPSILON);
        (policy.ttl.map(|ttl| ttl.as_secs()), policy.capacity, policy.enabled)
    };
    assert_eq!(of(""), (Some(1), 1, true));
    assert_eq!(of("production"), (Some(2), 2, true));
    assert_eq!(of("staging"), (Some(3), 2, true));
    assert_eq!(of("local"), (Some(1), 1, false));
}

#[test]
fn each_mistake_is_told_with_its_line_and_the_nearest_right_spelling() {
    let text = r#"
enabeld = true
[defualt]
capacity = 1
[default]
ttl = "1h"
[cache.users]
tll = "1h"
ttl = "10 minutes"
capacity = [1]
[cache.user]
[cache.user.orders]
ttl = 1
[redis]
url = 7
key_secret = "hunter2"
[profile.staging]
inherits = "prodcution"
[profile.production]
caches = {}
"#;
    let said = [
        "cache.toml:2: unknown name `enabeld`: did you mean `enabled`?",
        "cache.toml:3: unknown name `defualt`: did you mean `default`?",
        "cache.toml:6 [default] ttl: a ttl for all caches has no effect, because every attribute states its own; use `[cache.<name>]`",
        "cache.toml:8 [cache.users]: unknown name `tll`: did you mean `ttl`?",
        "cache.toml:9 [cache.users] ttl: unknown unit `minutes`: use ms, s, m, h, d or w, for example \"10m\"",
        "cache.toml:10 [cache.users] capacity: it is a list: write one value, as in `capacity = 10_000`",
        "cache.toml:11 [cache.user]: unknown cache `user`: did you mean `users`?",
        "cache.toml:12 [cache.user]: unknown name `orders`: the name of a cache that has a dot stands in quotes, as in `[cache.\"a.b\"]`",
        "cache.toml:16 [redis] key_secret: the secret has 7 bytes, which can be guessed: use at least 16 random ones, as `openssl rand -hex 16` makes them",
        "cache.toml:18 [profile.staging] inherits: unknown profile `prodcution`: did you mean `production`?",
        "cache.toml:20 [profile.production]: unknown name `caches`: did you mean `cache`?",
    ];
    let mut faults = read(text, &[]).1;
    faults.sort_by_key(|fault| {
        fault["cache.toml:".len()..].split([':', ' ']).next().unwrap().parse::<u32>().unwrap()
    });
    assert_eq!(faults, said);
}

#[test]
fn a_name_of_a_later_version_is_a_fault_that_says_so() {
    let text = "[default]\nmax = 1\n[cache.users]\nparallel = 1\n[redis]\nparallel = 1";
    let said = [
        "cache.toml:2 [default]: `max` is reserved for a later version: leave it out",
        "cache.toml:4 [cache.users]: `parallel` is reserved for a later version: leave it out",
        "cache.toml:6 [redis]: `parallel` is reserved for a later version: leave it out",
    ];
    let mut faults = read(text, &[]).1;
    faults.sort();
    assert_eq!(faults, said);
}

#[test]
fn a_name_in_the_file_that_is_external_is_left_alone() {
    let text = "external = [\"cache.other\"]\n[cache.other]\nttl = 1";
    assert_eq!(read(text, &[]).1, [""; 0]);
}

#[test]
fn profiles_that_inherit_in_a_circle_are_told_once_and_end() {
    let text =
        "[profile.a]\ninherits = 'b'\n[profile.b]\ninherits = 'c'\n[profile.c]\ninherits = 'b'";
    let (_, faults) = read(text, &[("CACHE_ENV", "a")]);
    assert_eq!(
        faults,
        [
            "cache.toml:4 [profile.b] inherits: the profiles `b`, `c` inherit in a circle: take one `inherits` out"
        ]
    );
}

/// Thousands of them are no work.
#[test]
fn profiles_that_are_too_many_below_one_are_told_once() {
    let section = |n: usize| format!("[profile.p{n:05}]\ninherits = 'p{:05}'\n", n + 1);
    let file = |count| {
        (0..count).map(section).collect::<Vec<_>>().concat() + &format!("[profile.p{count:05}]")
    };
    assert_eq!(read(file(16), &[("CACHE_ENV", "p00000")]).1, [""; 0]);
    for count in [17, 10_000] {
        let said = "`p00000` inherits from more than 16 profiles: take some out";
        let (_, faults) = read(file(count), &[("CACHE_ENV", "p00000")]);
        assert_eq!(faults, [format!("cache.toml:2 [profile.p00000] inherits: {said}")]);
    }
}

#[test]
fn a_profile_that_the_file_does_not_know_is_a_fault_unless_it_is_one_of_the_usual() {
    let of = |text, profile| read(text, &[("CACHE_ENV", profile)]).1;
    assert_eq!(of(PROFILES, "local"), [""; 0]);
    assert_eq!(of("", "production"), [""; 0]);
    assert_eq!(
        of(PROFILES, "prodution"),
        ["CACHE_ENV: cache.toml has no profile `prodution`: did you mean `production`?"]
    );
    let message = of(PROFILES, "prod").concat();
    assert!(message.ends_with("no profile `prod`: did you mean `production`?"), "{message}");
    assert_eq!(
        of(PROFILES, "qa"),
        [
            "CACHE_ENV: cache.toml has no profile `qa`: correct the name, or write `[profile.qa]` there"
        ]
    );
}

#[test]
fn a_named_file_must_be_there_and_an_unnamed_one_need_not() {
    let missing =
        "CACHE_CONFIG: the file `nowhere.toml` does not exist: correct the path, or leave it out";
    assert_eq!(resolve(&SITES, &[("CACHE_CONFIG", "nowhere.toml")]).1, [missing]);
    let sources = Sources { variables: Some(variables(&[])), ..Sources::default() };
    assert_eq!(resolved(&sources, &[], &SITES).1, [""; 0], "this crate has no cache.toml");
}

/// What is said of a file at `path`, which must not be waited for.
fn said_of(path: &Path) -> Vec<String> {
    let builder =
        BuilderSettings { file: Some(path.display().to_string()), ..BuilderSettings::default() };
    let sources = Sources { builder, variables: Some(variables(&[])), isolated: true };
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(resolved(&sources, &[], &SITES).1));
    told.recv_timeout(Duration::from_secs(20)).expect("nothing is waited for")
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_told_and_not_waited_for() {
    let place = tempfile::tempdir().expect("a directory");
    let pipe = place.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("there is mkfifo").success());
    let why = "it is a pipe or a device: name a file, which can be read again";
    for path in [&*pipe, Path::new("/dev/zero")] {
        assert_eq!(
            said_of(path),
            [format!("builder: the file `{}` cannot be read: {why}", path.display())]
        );
    }
    let why = "it is a directory: name a file in it";
    let said = format!("builder: the file `{}` cannot be read: {why}", place.path().display());
    assert_eq!(said_of(place.path()), [said]);
}

#[test]
fn what_is_no_path_is_told_and_not_shown() {
    let long = "hunter2/".repeat(1_000);
    let said = "it is not a path: write the path of the file, not its contents";
    for text in [
        "[redis]\nkey_secret = 'hunter2'",
        "-----BEGIN PRIVATE KEY-----hunter2",
        "hunter2\0",
        &long,
    ] {
        assert_eq!(resolve(&SITES, &[("CACHE_CONFIG", text)]).1, [format!("CACHE_CONFIG: {said}")]);
        assert_eq!(
            resolve(&SITES, &[("CACHE_REDIS_CA", text)]).1,
            [format!("CACHE_REDIS_CA: {said}")]
        );
        let builder = CachesBuilder::default().isolated().redis_tls(TlsFiles::default().ca(text));
        assert_eq!(resolved(&builder.sources, &[], &SITES).1, [format!("builder: `ca`: {said}")]);
    }
}

/// A byte order mark, and lines that end as on Windows.
#[test]
fn a_file_from_windows_is_read_with_its_lines() {
    let (config, faults) = read("\u{feff}[cache.users]\r\nttl = 5\r\ncapacity = 'x'\r\n", &[]);
    assert_eq!(config.policy(0).ttl, Some(Duration::from_secs(5)));
    assert_eq!(
        faults,
        ["cache.toml:3 [cache.users] capacity: \"x\" is not a number of entries, such as `50000`"]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_one_clear_fault() {
    let deep = format!("a = {}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let tables = (0..10_000).fold("[a".to_owned(), |text, _| text + ".a") + "]";
    for (text, said) in [
        (b"a = 1\nb = \xff".to_vec(), "line 2 is not valid UTF-8"),
        (vec![b'#'; (1 << 20) + 1], "it is larger than 1 MiB"),
        (b"a = 1\na b".to_vec(), "cache.toml:2: it is not TOML: "),
        (b"[cache.users]\nurl = 'hunter2".to_vec(), "cache.toml:2: it is not TOML: "),
        (b"\0".to_vec(), "cache.toml:1: it is not TOML: "),
        (
            b"[cache.users]\nttl = 1\nttl = 2".to_vec(),
            "cache.toml:3: it is not TOML: duplicate key",
        ),
        (b"[cache.users]\n[cache.users]".to_vec(), "cache.toml:2: it is not TOML: duplicate key"),
        (deep.into_bytes(), "it is not TOML: "),
        (tables.into_bytes(), ""),
    ] {
        let (config, faults) = read(text, &[]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].contains(said) && faults[0].len() < 400 && !faults[0].contains("hunter2"),
            "{faults:?}"
        );
        assert_eq!(config.policy(0).ttl, Some(HOUR));
    }
}

#[test]
fn a_program_that_links_no_cached_function_is_told_to_name_the_crate_that_has_them() {
    let (sources, _file) = sources("[cache.users]\nttl = 60", &[]);
    let (_, faults) = resolved(&sources, &[], &[]);
    assert!(faults[0].contains("`use my_service as _;`"), "{faults:?}");
}

#[test]
fn a_wrong_url_of_another_profile_is_a_fault_as_well() {
    let text = r#"
[redis]
url = "redis://base"
[profile.production.redis]
url = "ftp://production"
[profile.staging]
redis.url = "redis://staging"
"#;
    let faults = |profile, url| {
        let (sources, file) = sources(text, &[("CACHE_ENV", profile), ("REDIS_URL", url)]);
        let (_, faults) = resolved(&sources, &remote_target::linked(), &SITES);
        let path = file.path().display().to_string();
        faults.into_iter().map(|fault| fault.replace(&path, "cache.toml")).collect::<Vec<_>>()
    };
    let refused =
        "cache.toml:5 [profile.production.redis] url: the scheme is unknown: write redis://";
    for (profile, url) in [("local", ""), ("staging", ""), ("staging", "redis://elsewhere")] {
        assert_eq!(faults(profile, url), [refused], "{profile}");
    }
    // In effect it is checked with all that belongs to it, and only where a cache uses Redis.
    assert_eq!(faults("production", ""), [""; 0]);
}
