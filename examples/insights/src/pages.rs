//! What the service shows. An insight that fails is left out: it must not take the page along.

use std::{collections::BTreeSet, slice};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    app::App,
    feedback::StoreError,
    insights::{self, Category, Position, Priority, Sentiment, Spec, TENANT},
    model::Bill,
};

/// All about one text.
#[derive(Serialize)]
pub(crate) struct FeedbackPage {
    text: String,
    category: Option<Category>,
    sentiment: Option<Sentiment>,
    dimensions: Option<usize>,
    in_german: Option<String>,
    priority: Option<Priority>,
    duplicates: Option<Vec<String>>,
    spec: Option<Spec>,
}

/// All about one product.
#[derive(Serialize)]
pub(crate) struct ProductPage {
    summary: Option<String>,
    topics: Option<BTreeSet<String>>,
    position: Option<Position>,
}

pub(crate) async fn feedback(
    State(app): State<App>,
    Path((tenant, id)): Path<(String, u64)>,
) -> Result<impl IntoResponse, StoreError> {
    let feedback = app.store.read(&tenant, id)?;
    let text = &*feedback.text;
    let (category, sentiment, vector, in_german, priority, duplicates, spec) = tokio::join!(
        insights::categorize(&app, &tenant, text),
        insights::analyze(&app, &tenant, text),
        insights::embed(&app, &tenant, slice::from_ref(&feedback.text)),
        insights::translate(&app, &tenant, text, "de"),
        insights::prioritize(&app, &tenant, id),
        insights::find_duplicates(&app, &tenant, feedback.product, id),
        insights::specify(&app, &tenant, id),
    );
    Ok(Json(FeedbackPage {
        category: category.ok(),
        sentiment: sentiment.ok(),
        dimensions: vector.ok().map(|vectors| vectors.iter().map(Vec::len).sum()),
        in_german: in_german.ok(),
        priority: priority.ok(),
        duplicates: duplicates.ok(),
        spec: spec.ok(),
        text: feedback.text,
    }))
}

pub(crate) async fn product(
    State(app): State<App>,
    Path((tenant, product)): Path<(String, u64)>,
) -> Json<ProductPage> {
    let (summary, topics, position) = tokio::join!(
        insights::summarize(&app, &tenant, product),
        insights::find_topics(&app, &tenant, product),
        insights::compare(&app, &tenant, product),
    );
    Json(ProductPage { summary: summary.ok(), topics: topics.ok(), position: position.ok() })
}

/// Changes a text. The body is the new one.
pub(crate) async fn rewrite(
    State(app): State<App>,
    Path((tenant, id)): Path<(String, u64)>,
    text: String,
) -> Result<StatusCode, StoreError> {
    insights::rewrite(&app, &tenant, id, &text).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets all insights of a tenant, on every node.
pub(crate) async fn forget(Path(tenant): Path<String>) -> String {
    format!("{:?}\n", TENANT.invalidate(&*tenant).await)
}

/// The bill of the model's own making.
pub(crate) async fn bill(State(app): State<App>) -> Json<Bill> {
    Json(app.model.bill())
}

impl IntoResponse for StoreError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}
