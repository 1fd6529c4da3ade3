//! Routes for [axum]: the health, the statistics and the metrics of all caches, and changes from
//! outside.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use cachery::{Caches, axum::{Access, routes}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let access = Access::token("ops", std::env::var("OPS_TOKEN")?);
//! let app = Router::new()
//!     .route("/", get(async || "hello"))
//!     .nest("/ops", routes(Caches::current(), access));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app).await?;
//! # Ok(()) }
//! ```
//!
//! A request goes from `routes` through the `guard`, which asks the [`Access`], to a handler in
//! `health`, `stats`, `prometheus`, `page` or `change`.

mod access;
mod admin;
mod body;
mod cache_headers;
mod change;
mod cross_site;
mod dates;
mod exporter;
mod guard;
mod health;
mod history;
mod level;
mod levels;
mod page;
mod prometheus;
mod reply;
mod report;
mod routes;
mod sampling;
mod scope;
mod stats;
mod status_log;
mod table;
mod thresholds;
mod watch;

pub use access::{Access, Authorize, Right};
pub use cache_headers::{CacheHeaders, CacheHeadersLayer, ServedFrom, cache_headers};
pub use routes::{routes, routes_with};
pub use scope::{Scope, ScopeLayer, scope};
pub use thresholds::Thresholds;
