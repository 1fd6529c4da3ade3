//! A layer that writes the headers of HTTP caches from what served a response: `Age`,
//! `Cache-Status` (RFC 9211) and `Cache-Control`.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    http::{HeaderName, HeaderValue, Response, header},
    response::{IntoResponseParts, ResponseParts},
};
use cachery_core::{CacheHandle, Served, Tier};
use tower_layer::Layer;
use tower_service::Service;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// The life of what is fresh for ever, for caches of HTTP: a year.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Returns a layer that writes `Age`, `Cache-Status` and `Cache-Control` for responses that say by
/// [`ServedFrom`] what served them. Other responses stay as they are, and so does a header that a
/// handler has set.
///
/// `Cache-Control` is `private` with the time for which the value stays fresh; a stale value, and
/// one that is not stored, has `no-cache`.
///
/// ```
/// use axum::{Router, extract::Path, response::IntoResponse, routing::get};
/// use cachery::{axum::{ServedFrom, cache_headers}, cached};
///
/// #[cached(ttl = "10m")]
/// async fn article(id: u64) -> String {
///     format!("article {id}")
/// }
///
/// async fn page(Path(id): Path<u64>) -> impl IntoResponse {
///     let served = article::served(id).await;
///     (ServedFrom::of(&article::cache(), &served), served.value)
/// }
///
/// let app: Router = Router::new().route("/articles/{id}", get(page)).layer(cache_headers());
/// # let _ = app;
/// ```
pub fn cache_headers() -> CacheHeadersLayer {
    CacheHeadersLayer(())
}

/// The note on a response of what served it, for [`cache_headers`]. A response may have several.
///
/// ```
/// use cachery::{CacheHandle, Served, axum::ServedFrom};
///
/// fn note<V>(cache: &CacheHandle, served: &Served<V>) -> ServedFrom {
///     ServedFrom::of(cache, served)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ServedFrom {
    cache: &'static str,
    tier: Tier,
    age: Duration,
    coalesced: bool,
    fresh_for: Option<Duration>,
}

impl ServedFrom {
    /// Notes that a value of `cache` was `served`.
    ///
    /// ```
    /// use cachery::{CacheHandle, Served, axum::ServedFrom};
    ///
    /// fn note(cache: &CacheHandle, served: &Served<String>) -> (ServedFrom, String) {
    ///     (ServedFrom::of(cache, served), served.value.clone())
    /// }
    /// ```
    pub fn of<V>(cache: &CacheHandle, served: &Served<V>) -> Self {
        let Served { tier, age, coalesced, fresh_for, .. } = *served;
        Self { cache: cache.name(), tier, age, coalesced, fresh_for }
    }

    /// Returns the member of `Cache-Status`: the cache's name, and how it has handled the request.
    fn status(&self) -> String {
        let Self { cache, tier, coalesced, .. } = self;
        let handled = match tier {
            Tier::Load if *coalesced => "fwd=miss; collapsed".to_owned(),
            Tier::Load => "fwd=miss".to_owned(),
            _ if *coalesced => format!("hit; collapsed; detail={tier}"),
            _ => format!("hit; detail={tier}"),
        };
        let ttl = self.fresh_for.map_or(String::new(), |left| format!("; ttl={}", left.as_secs()));
        // A name holds nothing that a string of this header would escape.
        format!("\"{cache}\"; {handled}{ttl}")
    }
}

/// The tiers that served one response.
#[derive(Clone, Debug, Default)]
struct Notes(Vec<ServedFrom>);

impl IntoResponseParts for ServedFrom {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().get_or_insert_default::<Notes>().0.push(self);
        Ok(parts)
    }
}

impl Notes {
    /// Writes the headers that are not there yet.
    fn write<B>(&self, response: &mut Response<B>) {
        let age = self.0.iter().map(|note| note.age).max().unwrap_or_default();
        let left = self.0.iter().map(|note| note.fresh_for.unwrap_or(FOR_EVER)).min();
        let left = left.unwrap_or_default().as_secs();
        let control = if left == 0 {
            "no-cache".to_owned()
        } else {
            // The age counts from the life.
            format!("private, max-age={}", age.as_secs() + left)
        };
        let status: Vec<_> = self.0.iter().map(ServedFrom::status).collect();
        let headers = [
            (header::AGE, age.as_secs().to_string()),
            (CACHE_STATUS, status.join(", ")),
            (header::CACHE_CONTROL, control),
        ];
        for (name, text) in headers {
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().entry(name).or_insert(value);
            }
        }
    }
}

/// The layer that [`cache_headers`] returns.
///
/// ```
/// use cachery::axum::{CacheHeadersLayer, cache_headers};
///
/// let layer: CacheHeadersLayer = cache_headers();
/// # let _ = layer;
/// ```
#[derive(Clone, Debug)]
pub struct CacheHeadersLayer(());

/// A service that writes the headers of HTTP caches.
///
/// ```
/// use cachery::axum::{CacheHeaders, cache_headers};
/// use tower_layer::Layer as _;
///
/// let service: CacheHeaders<axum::Router> = cache_headers().layer(axum::Router::new());
/// # let _ = service;
/// ```
#[derive(Clone, Debug)]
pub struct CacheHeaders<S>(S);

impl<S> Layer<S> for CacheHeadersLayer {
    type Service = CacheHeaders<S>;

    fn layer(&self, inner: S) -> CacheHeaders<S> {
        CacheHeaders(inner)
    }
}

impl<S, Request, B> Service<Request> for CacheHeaders<S>
where
    S: Service<Request, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let response = self.0.call(request);
        Box::pin(async move {
            let mut response = response.await?;
            if let Some(notes) = response.extensions_mut().remove::<Notes>() {
                notes.write(&mut response);
            }
            Ok(response)
        })
    }
}
