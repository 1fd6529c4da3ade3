//! The forms of URLs that redis-rs reads and that providers hand out: each is read, or the message
//! says what to write in its place.

use super::*;

/// The parts of a URL in one line: `scheme user:password@place/database`.
fn summary(url: &Url) -> String {
    let scheme = match url.security {
        Security::Open => "plain",
        Security::Unverified => "unverified",
        Security::Verified => "tls",
    };
    let (user, password) = parts(&url.login);
    let hosts = |hosts: &[Host]| hosts.iter().map(Host::to_string).collect::<Vec<_>>().join(",");
    let place = match &url.location {
        Location::Server(host) => host.to_string(),
        Location::Socket(path) => path.display().to_string(),
        Location::Sentinels { hosts: all, master } => format!("{}!{master}", hosts(all)),
        Location::Rest(host) => format!("rest {host}"),
        Location::Cluster(all) => format!("cluster {}", hosts(all)),
    };
    let protocol = match url.protocol {
        None => "",
        Some(ProtocolVersion::RESP2) => " resp2",
        Some(_) => " resp3",
    };
    format!("{scheme} {user}:{password}@{place} {}{protocol}", url.database)
}

#[test]
fn each_form_that_redis_rs_reads_is_read_alike() {
    for (text, read_as) in [
        ("redis://127.0.0.1", "plain :@127.0.0.1:6379 0"),
        ("redis://127.0.0.1:6380/2", "plain :@127.0.0.1:6380 2"),
        ("redis://[::1]/", "plain :@[::1]:6379 0"),
        (
            "redis://%25johndoe%25:%23%40%3C%3E%24@example.com/2",
            "plain %johndoe%:#@<>$@example.com:6379 2",
        ),
        ("redis://:p@h?protocol=2", "plain :p@h:6379 0 resp2"),
        ("redis://h/1?protocol=resp3", "plain :@h:6379 1 resp3"),
        ("rediss://h", "tls :@h:6379 0"),
        ("rediss://h/#insecure", "unverified :@h:6379 0"),
        ("rediss://h:1/3?protocol=resp2#insecure", "unverified :@h:1 3 resp2"),
        ("valkey://u:p@h", "plain u:p@h:6379 0"),
        ("valkeys://u:p@h:25061/1", "tls u:p@h:25061 1"),
        ("valkeys://h#insecure", "unverified :@h:6379 0"),
        ("unix:///run/redis.sock", "plain :@/run/redis.sock 0"),
        ("redis+unix:///run/redis.sock?db=1", "plain :@/run/redis.sock 1"),
        (
            "valkey+unix:///run/v.sock?db=2&user=u&pass=p&protocol=3",
            "plain u:p@/run/v.sock 2 resp3",
        ),
        (
            "unix:///example.sock?user=%25johndoe%25&pass=%23%40%3C%3E%24&db=2",
            "plain %johndoe%:#@<>$@/example.sock 2",
        ),
    ] {
        assert_eq!(summary(&read(text)), read_as, "{text}");
    }
}

/// The URLs of each provider as its page or its variables have them, with the credentials changed.
#[test]
fn each_form_that_providers_hand_out_is_read() {
    for (provider, text, read_as) in [
        (
            "Upstash",
            "rediss://default:AYNgAS@eu1-calm-fox-33631.upstash.io:6379",
            "tls default:AYNgAS@eu1-calm-fox-33631.upstash.io:6379 0",
        ),
        (
            "Heroku",
            "rediss://:p1a2b3@ec2-1-2-3-4.compute-1.amazonaws.com:14790",
            "tls :p1a2b3@ec2-1-2-3-4.compute-1.amazonaws.com:14790 0",
        ),
        (
            "Heroku",
            "redis://h:p1a2b3@ec2-1-2-3-4.compute-1.amazonaws.com:14789",
            "plain h:p1a2b3@ec2-1-2-3-4.compute-1.amazonaws.com:14789 0",
        ),
        ("Render, internal", "redis://red-cj1b2c3d4e5f:6379", "plain :@red-cj1b2c3d4e5f:6379 0"),
        (
            "Render, external",
            "rediss://red-cj1b2c:pw@oregon-keyvalue.render.com:6379",
            "tls red-cj1b2c:pw@oregon-keyvalue.render.com:6379 0",
        ),
        (
            "Railway",
            "redis://default:pw@redis.railway.internal:6379",
            "plain default:pw@redis.railway.internal:6379 0",
        ),
        (
            "Railway",
            "redis://default:pw@roundhouse.proxy.rlwy.net:35123",
            "plain default:pw@roundhouse.proxy.rlwy.net:35123 0",
        ),
        (
            "DigitalOcean",
            "rediss://default:AVNS_x@db-do-user-1.c.db.ondigitalocean.com:25061",
            "tls default:AVNS_x@db-do-user-1.c.db.ondigitalocean.com:25061 0",
        ),
        (
            "Aiven",
            "valkeys://default:AVNS_y@valkey-1.aivencloud.com:21699",
            "tls default:AVNS_y@valkey-1.aivencloud.com:21699 0",
        ),
        (
            "Redis Cloud",
            "redis://default:pw@redis-17000.c1.us-east-1-2.ec2.cloud.redislabs.com:17000",
            "plain default:pw@redis-17000.c1.us-east-1-2.ec2.cloud.redislabs.com:17000 0",
        ),
        (
            "Fly",
            "redis://default:pw@fly-app-redis.upstash.io:6379",
            "plain default:pw@fly-app-redis.upstash.io:6379 0",
        ),
        (
            "Scalingo",
            "redis://:pw@app-123.redis.a.osc-fr1.scalingo-dbs.com:31337",
            "plain :pw@app-123.redis.a.osc-fr1.scalingo-dbs.com:31337 0",
        ),
        (
            "ElastiCache",
            "rediss-cluster://clustercfg.shop.x1y2z3.euc1.cache.amazonaws.com:6379",
            "tls :@cluster clustercfg.shop.x1y2z3.euc1.cache.amazonaws.com:6379 0",
        ),
        ("redis-py", "redis://h:6379?db=2", "plain :@h:6379 2"),
        ("redis-py", "unix:///tmp/redis.sock?db=1&password=pw", "plain :pw@/tmp/redis.sock 1"),
    ] {
        assert_eq!(summary(&read(text)), read_as, "{provider}: {text}");
    }
}

#[test]
fn each_other_form_is_told_what_to_write() {
    for (provider, text, way_out) in [
        ("Upstash, REST", "https://eu1-calm-fox-33631.upstash.io", "rediss://"),
        (
            "Upstash, command",
            "redis-cli --tls -u redis://default:pw@h.upstash.io:6379",
            "`rediss://`",
        ),
        (
            "Azure",
            "shop.redis.cache.windows.net:6380,password=pw=,ssl=True,abortConnect=False",
            "rediss://:password@host:6380",
        ),
        ("ElastiCache", "shop.x1y2z3.0001.euc1.cache.amazonaws.com:6379", "redis://localhost:6379"),
        ("Memorystore", "10.0.0.3:6379", "redis://localhost:6379"),
        ("a service of Compose and its port", "redis:6379", "`redis://` before the host"),
        ("a host alone", "localhost", "`redis://` before the host"),
        ("one slash", "redis:/h:6379", "write `redis://`"),
        ("one slash", "rediss:/:pw@h", "write `rediss://`"),
        ("no slash", "rediss:h:6379", "write `rediss://`"),
        ("another protocol", "http://h", "`redis://`"),
        ("another protocol", "http://h:6379", "write `redis://`"),
        ("another protocol", "http://:pw@h:6379/0", "write `redis://`"),
        ("another protocol", "https://:pw@h:6379", "`rediss://`"),
        ("a quoted variable", "\"redis://default:pw@h:6379\"", "quotation marks"),
        ("Celery", "rediss://:pw@h:6379/0?ssl_cert_reqs=CERT_NONE", "`#insecure`"),
        ("ioredis on Railway", "redis://default:pw@h:6379?family=0", "`db` and `protocol`"),
        ("Lettuce", "redis-socket:///tmp/redis", "`redis"),
        ("Lettuce", "redis-sentinel://h1,h2/0#mymaster", "`insecure`"),
        ("go-redis", "redis://h:6379/0?dial_timeout=3s", "`db` and `protocol`"),
        ("no TLS to trust", "redis://h#insecure", "`rediss`"),
        ("two databases", "redis://h/1?db=2", "redis://host:6379/1"),
        ("protocol 4", "redis://h?protocol=4", "`resp3`"),
        ("a map of one address", "redis-cluster://h?map=10.0.0.1", "map=10.0.0.5:6379="),
        ("a map for one server", "redis://h?map=10.0.0.1=h", "`map`"),
        ("a database of a cluster", "redis-cluster://h?db=1", "database 0"),
    ] {
        let error = error(text);
        assert!(error.contains(way_out), "{provider}: {text}: {error}");
        assert!(!error.contains("pw"), "{provider}: {error}");
    }
}

#[test]
fn sentinels_have_credentials_and_addresses_of_their_own() {
    let url = read(
        "redis-sentinel://app:pw@s1,s2/main/3?sentinel_user=watch&sentinel_password=s%26w\
         &map=10.0.0.1:6379=public:7001&map=10.0.0.2=public",
    );
    assert_eq!(summary(&url), "plain app:pw@s1:26379,s2:26379!main 3");
    assert_eq!(url.sentinel.as_ref().map(parts), Some(("watch".into(), "s&w".into())));
    assert_eq!(url.addresses.reached(&host("10.0.0.1", 6379)), host("public", 7001));
    assert_eq!(url.addresses.reached(&host("10.0.0.2", 9)), host("public", 9));
    assert!(read("redis-sentinel://app:pw@s1/main").sentinel.is_none());
}
