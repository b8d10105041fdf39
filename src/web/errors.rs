//! What a visitor sees when something cannot be done: a plain sentence, a next step, a reference.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::AppState;
use super::layout::frame;
use super::pages::{ErrorPage, Layout};
use super::security::RequestId;
use crate::services::ServiceError;

/// An error on its way out: logged once, shown without its cause.
#[derive(Debug)]
pub struct AppError {
    status: StatusCode,
    cause: Option<String>,
}

impl AppError {
    /// There is no such thing, or it is not yours: the same answer.
    pub fn not_found() -> AppError {
        AppError { status: StatusCode::NOT_FOUND, cause: None }
    }
}

impl AppError {
    /// What was sent is not what a form of ours sends.
    pub fn bad_request() -> AppError {
        AppError { status: StatusCode::BAD_REQUEST, cause: None }
    }

    /// Only a status: its page says what it means.
    pub fn status(status: StatusCode) -> AppError {
        AppError { status, cause: None }
    }

    /// Somebody else was first: the page shows what is no longer so.
    pub fn changed_meanwhile() -> AppError {
        AppError { status: StatusCode::CONFLICT, cause: None }
    }
}

impl From<ServiceError> for AppError {
    fn from(error: ServiceError) -> AppError {
        let status = match error {
            ServiceError::Store(_) | ServiceError::Stripe(_) | ServiceError::MailHost(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            ServiceError::TooOften | ServiceError::TooBusy(_) => StatusCode::TOO_MANY_REQUESTS,
            ServiceError::Template(_)
            | ServiceError::File(_)
            | ServiceError::Paper(_)
            | ServiceError::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        AppError { status, cause: Some(error.to_string()) }
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> AppError {
        AppError { status: StatusCode::INTERNAL_SERVER_ERROR, cause: Some(error.to_string()) }
    }
}

/// The cause of an error, carried to the boundary where it is logged once.
#[derive(Clone, Debug)]
struct Cause(String);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

/// Dresses every bare error (404, 405, 413, a refused form, a panic) as a page, and logs server errors once.
pub async fn dress(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let plain = is_machine_path(request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    let reference = id.map(|r| r.0).unwrap_or_default();
    if status.is_server_error() {
        let cause = response.extensions().get::<Cause>().map_or("-", |c| c.0.as_str());
        tracing::error!(status = status.as_u16(), request = reference, cause, "request failed");
    }
    let has_page = response.headers().get(header::CONTENT_TYPE).is_some_and(is_html);
    if !(status.is_client_error() || status.is_server_error()) || has_page || plain {
        return response;
    }
    // Who is there is not looked up for an error: the header offers neither sign-in nor menu.
    let layout = Layout { nav: Vec::new(), ..frame(&state, None, "") };
    let page = ErrorPage::for_status(layout, status.as_u16(), reference);
    let Ok(html) = page.render() else { return response };
    let mut dressed = (status, Html(html)).into_response();
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            dressed.headers_mut().insert(name, value.clone());
        }
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        dressed.headers_mut().entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("180"));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        dressed.headers_mut().entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("30"));
    }
    dressed
}

fn is_html(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|v| v.starts_with("text/html"))
}

fn is_machine_path(path: &str) -> bool {
    path.starts_with("/webhooks/") || path == "/healthz" || path == "/readyz"
}
