//! The places where values are kept: a backend on a deployment, with a prefix for each test. All
//! tests share the deployments.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use cachery::{
    Backend, Caches,
    config::{CacheSettings, CachesBuilder, Engine, TlsFiles},
};
use cachery_test_support::{Cluster, Sentinel, Server};
use tokio::sync::OnceCell;

#[cfg(feature = "upstash")]
use crate::rest::RestServer;

/// Long, because the machine may be busy and time is not tested here.
const DEADLINE: Duration = Duration::from_secs(5);

/// The rights of the user: the keys of the prefix, and only the commands that are needed.
const RIGHTS: &str = "~acl:* resetchannels -@all +get +mget +set +del +pttl +pexpire +eval +evalsha +strlen +ping +client|tracking";

static STANDALONE: OnceCell<Server> = OnceCell::const_new();
static UNIX: OnceCell<Server> = OnceCell::const_new();
static TLS: OnceCell<Server> = OnceCell::const_new();
static ACL: OnceCell<Server> = OnceCell::const_new();
static SENTINEL: OnceCell<Sentinel> = OnceCell::const_new();
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
#[cfg(feature = "upstash")]
static REST: OnceCell<RestServer> = OnceCell::const_new();

#[derive(Clone, Copy)]
enum Deployment {
    None,
    Server(&'static Server),
    Sentinel(&'static Sentinel),
    Cluster(&'static Cluster),
    #[cfg(feature = "upstash")]
    Rest(&'static RestServer),
}

/// A place. Its nodes share their values.
#[derive(Clone)]
pub(crate) struct Place {
    deployment: Deployment,
    pub(crate) backend: Backend,
    engine: Engine,
    prefix: String,
}

impl Place {
    pub(crate) async fn none(backend: Backend) -> Self {
        std::future::ready(Self::new(Deployment::None, backend)).await
    }

    pub(crate) async fn standalone(backend: Backend) -> Self {
        Self::new(Deployment::Server(STANDALONE.get_or_init(Server::start).await), backend)
    }

    pub(crate) async fn moka(backend: Backend) -> Self {
        Self { engine: Engine::Moka, ..Self::none(backend).await }
    }

    pub(crate) async fn standalone_moka(backend: Backend) -> Self {
        Self { engine: Engine::Moka, ..Self::standalone(backend).await }
    }

    pub(crate) async fn unix(backend: Backend) -> Self {
        let start = || Server::with(|config| config.unix());
        Self::new(Deployment::Server(UNIX.get_or_init(start).await), backend)
    }

    pub(crate) async fn tls(backend: Backend) -> Self {
        let start = || Server::with(|config| config.mutual_tls());
        Self::new(Deployment::Server(TLS.get_or_init(start).await), backend)
    }

    pub(crate) async fn acl(backend: Backend) -> Self {
        let start = || Server::with(|config| config.user("app", "secret", RIGHTS));
        let place = Self::new(Deployment::Server(ACL.get_or_init(start).await), backend);
        Self { prefix: format!("acl:{}", place.prefix), ..place }
    }

    pub(crate) async fn sentinel(backend: Backend) -> Self {
        Self::new(Deployment::Sentinel(SENTINEL.get_or_init(Sentinel::start).await), backend)
    }

    pub(crate) async fn cluster(backend: Backend) -> Self {
        let start = || Cluster::start(3, 0);
        Self::new(Deployment::Cluster(CLUSTER.get_or_init(start).await), backend)
    }

    #[cfg(feature = "upstash")]
    pub(crate) async fn rest(backend: Backend) -> Self {
        Self::new(Deployment::Rest(REST.get_or_init(RestServer::start).await), backend)
    }

    fn new(deployment: Deployment, backend: Backend) -> Self {
        static TESTS: AtomicUsize = AtomicUsize::new(0);
        let prefix = format!("test-{}", TESTS.fetch_add(1, Relaxed));
        Self { deployment, backend, engine: Engine::S3Fifo, prefix }
    }

    /// Builds a node with the clock of a test.
    pub(crate) async fn node(&self) -> Caches {
        self.node_with(|builder| builder).await
    }

    pub(crate) async fn node_with(
        &self,
        change: impl FnOnce(CachesBuilder) -> CachesBuilder,
    ) -> Caches {
        change(self.builder().isolated()).build().await.expect("the place is there")
    }

    /// Builds a node where every cache has these settings.
    pub(crate) async fn node_of(&self, settings: CacheSettings) -> Caches {
        self.node_with(|builder| builder.all(settings)).await
    }

    /// Builds a node with the clock of the system.
    pub(crate) async fn node_in_real_time(&self) -> Caches {
        let nothing: [(&str, &str); 0] = [];
        self.builder().variables(nothing).build().await.expect("the place is there")
    }

    /// Returns the builder of a node with another prefix on the same deployment.
    pub(crate) fn builder_of_another_prefix(&self) -> CachesBuilder {
        self.builder().isolated().prefix(format!("{}-other", self.prefix))
    }

    /// Returns the URL of another database of the same server.
    pub(crate) fn url_of_database(&self, number: u32) -> String {
        format!("{}/{number}", self.url().expect("there is a server"))
    }

    fn builder(&self) -> CachesBuilder {
        let builder = Caches::builder()
            .all(CacheSettings::new().backend(self.backend).engine(self.engine).jitter(0.0))
            .prefix(&self.prefix)
            .remote_deadline(DEADLINE);
        #[cfg(feature = "upstash")]
        // On a busy machine it takes longer to reach than the rules wait for.
        let builder = match self.deployment {
            Deployment::Rest(_) => builder.required(true),
            _ => builder,
        };
        match self.url() {
            Some(url) => builder.redis_url(url).redis_tls(self.tls_files()),
            None => builder,
        }
    }

    pub(crate) fn url(&self) -> Option<String> {
        match self.deployment {
            Deployment::None => None,
            Deployment::Server(server) => Some(server.url()),
            Deployment::Sentinel(group) => Some(group.url()),
            Deployment::Cluster(cluster) => Some(cluster.url()),
            #[cfg(feature = "upstash")]
            Deployment::Rest(rest) => Some(rest.url()),
        }
    }

    fn tls_files(&self) -> TlsFiles {
        let files = TlsFiles::default();
        if let Deployment::Server(server) = self.deployment
            && server.url().starts_with("rediss:")
        {
            let certificates = server.certificates();
            let path = |path: std::path::PathBuf| path.display().to_string();
            let client = (path(certificates.client), path(certificates.client_key));
            return files.ca(path(certificates.authority)).client(client.0, client.1);
        }
        files
    }

    /// Returns the keys of all values of the cache `name`, each with its server.
    pub(crate) async fn values(&self, name: &str) -> Vec<(Server, String)> {
        let mut values = Vec::new();
        for store in self.stores().await {
            let pattern = format!("{}:{name}:*}}", self.prefix);
            let keys = store.ask::<Vec<String>>(&["KEYS", &pattern]).await;
            values.extend(keys.into_iter().map(|key| (store.clone(), key)));
        }
        values
    }

    /// Returns the key of the only value of the cache `name`, with its server.
    pub(crate) async fn value(&self, name: &str) -> (Server, String) {
        let mut values = self.values(name).await;
        assert_eq!(values.len(), 1);
        values.remove(0)
    }

    /// Returns the servers that hold keys.
    async fn stores(&self) -> Vec<Server> {
        match self.deployment {
            Deployment::None => Vec::new(),
            Deployment::Server(server) => vec![server.clone()],
            Deployment::Sentinel(group) => vec![group.master().await],
            Deployment::Cluster(cluster) => cluster.nodes().to_vec(),
            #[cfg(feature = "upstash")]
            Deployment::Rest(rest) => vec![rest.redis().clone()],
        }
    }
}
