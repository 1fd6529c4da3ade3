//! Tests of the grammar of Redis URLs.

mod forms;

use super::*;

fn read(text: &str) -> Url {
    Url::parse(text, false).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    Url::parse(text, false).err().unwrap_or_else(|| panic!("{text} is accepted")).to_string()
}

fn host(name: &str, port: u16) -> Host {
    Host { name: name.to_owned(), port }
}

/// Returns user and password; an absent one is empty.
fn parts(login: &Login) -> (String, String) {
    (login.user.clone().unwrap_or_default(), login.password.clone().unwrap_or_default())
}

#[test]
fn a_server_has_a_usual_port_and_database() {
    let url = read("redis://cache.example");
    assert_eq!(
        (url.location, url.security, url.database),
        (Location::Server(host("cache.example", 6379)), Security::Open, 0)
    );
    let url = read("rediss://10.0.0.1:7000/3");
    assert_eq!(
        (url.location, url.security, url.database),
        (Location::Server(host("10.0.0.1", 7000)), Security::Verified, 3)
    );
    assert_eq!(read("redis://[::1]:7000/").location, Location::Server(host("::1", 7000)));
    assert_eq!(read("redis://[::1]").location, Location::Server(host("::1", 6379)));
}

#[test]
fn credentials_are_percent_decoded() {
    let login = |text| parts(&read(text).login);
    assert_eq!(login("redis://us%3Aer:p%40ss%2Fword@h"), ("us:er".into(), "p@ss/word".into()));
    assert_eq!(login("redis://:secret@h"), (String::new(), "secret".into()));
    assert_eq!(login("redis://u:a:b@c@h"), ("u".into(), "a:b@c".into()));
    let asked = Url::parse("redis://app@h", true).ok().map(|url| parts(&url.login));
    assert_eq!(asked, Some(("app".into(), String::new())));
}

#[test]
fn a_socket_takes_its_options_from_the_query() {
    let url = read("redis+unix:///run/redis%20x.sock?db=2&user=u&pass=p%26q");
    assert_eq!(url.location, Location::Socket("/run/redis x.sock".into()));
    assert_eq!((parts(&url.login), url.database), (("u".into(), "p&q".into()), 2));
}

#[test]
fn sentinels_and_clusters_name_several_hosts() {
    let url = read("redis-sentinel://:p@a,b:1,c/main/4");
    let hosts = vec![host("a", 26379), host("b", 1), host("c", 26379)];
    assert_eq!(
        (url.location, url.database),
        (Location::Sentinels { hosts, master: "main".to_owned() }, 4)
    );
    let url = read("rediss-cluster://a:1,b");
    assert_eq!(
        (url.location, url.security),
        (Location::Cluster(vec![host("a", 1), host("b", 6379)]), Security::Verified)
    );
}

#[test]
fn a_wrong_url_is_told_the_way_out() {
    for (text, way_out) in [
        ("", "redis://localhost:6379"),
        ("localhost:6379", "redis://localhost:6379"),
        ("redis:/localhost", "redis://localhost:6379"),
        ("ftp://localhost", "`redis://`"),
        ("redis-sentinels://h/m", "`redis-sentinel://`"),
        ("REDISS://h", "`rediss://`"),
        ("redis://", "redis://localhost:6379"),
        ("redis://h:port", "1 to 65535"),
        ("redis://h:0", "1 to 65535"),
        ("redis://h/main", "redis://host:6379/0"),
        ("redis://h/0?x=1", "`?`"),
        ("redis://a,b", "redis-cluster://"),
        ("redis-sentinel://a,b", "redis-sentinel://host1,host2,host3/mymaster"),
        ("redis-cluster://a/1", "database 0"),
        ("redis+unix://run/x", "redis+unix:///run/redis.sock"),
        ("redis+unix:///run/x?dbb=1", "`db`, `user` and `pass`"),
    ] {
        let error = error(text);
        assert!(error.contains(way_out), "{text}: {error}");
    }
}

#[test]
fn no_error_repeats_a_password() {
    for text in [
        "hunter2",
        "hunter2://h",
        "redis:hunter2@h",
        "redis://hunter2@h",
        "redis://u:hunter2",
        "redis://u:hunter2/x@h",
        "redis://u:hunter2@h:x",
        "redis://u:hunter2@",
        "redis://u:hunter2%ff@h",
        "redis://u:p@h/hunter2",
        "redis://u:p@h/0?password=hunter2",
        "redis-sentinel://u:hunter2@a,b",
        "redis-cluster://u:hunter2@a/1",
        "redis+unix:///x?hunter2",
        "redis+unix:///x?passw=hunter2",
        "redis+unix://hunter2",
    ] {
        assert!(!error(text).contains("hunter2"), "{text}");
    }
}
