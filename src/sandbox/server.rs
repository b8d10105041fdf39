//! The HTTP side: key, limits, faults, idempotency, log.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::{
    Inner,
    api::{self, Call},
    errors::ApiError,
    form::{self, Node},
    state::{API_VERSION, Cause, Remembered, World},
    types::{FaultKind, LoggedRequest},
    wire::Fuse,
};

/// A request, read once.
struct Request {
    log: LoggedRequest,
    pairs: Vec<(String, String)>,
    bearer: Option<String>,
    id: String,
}

/// An answer on its way out.
enum Reply {
    Json { status: u16, body: Arc<Value>, replayed: bool },
    Html,
    Cut,
}

/// Headers a fault adds.
#[derive(Default)]
struct Extra {
    retry_after: Option<u32>,
    should_retry: Option<bool>,
}

/// Every call under `/v1`. The work runs on even if the caller hangs up, as a real server's would.
pub(super) async fn handle(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(fuse): ConnectInfo<Fuse>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = read(&inner, &method, &uri, &headers, &body);
    let id = request.id.clone();
    let version = request.log.stripe_version.clone().unwrap_or_else(|| API_VERSION.to_owned());
    let work = tokio::spawn(async move {
        let mut request = request;
        let (reply, extra) = process(&inner, &request).await;
        (request.log.status, request.log.response) = match &reply {
            Reply::Json { status, body, .. } => (*status, body.clone()),
            Reply::Html => (502, Arc::default()),
            Reply::Cut => (0, Arc::default()),
        };
        inner.note(request.log);
        (reply, extra)
    });
    let (reply, extra) = work.await.unwrap_or((Reply::Cut, Extra::default()));
    if matches!(reply, Reply::Cut) {
        fuse.blow();
    }
    respond(reply, &extra, &id, &version)
}

fn read(inner: &Inner, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Request {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query = form::pairs(uri.query().unwrap_or_default());
    let fields = form::pairs(&String::from_utf8_lossy(body));
    let log = LoggedRequest {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: query.clone(),
        form: fields.clone(),
        idempotency_key: header("idempotency-key"),
        stripe_version: header("stripe-version"),
        status: 0,
        response: Arc::default(),
    };
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    Request { log, pairs: query.into_iter().chain(fields).collect(), bearer, id: inner.request_id() }
}

fn respond(reply: Reply, extra: &Extra, id: &str, version: &str) -> Response {
    let mut response = match reply {
        Reply::Json { status, body, replayed } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = (status, axum::Json(&*body)).into_response();
            if replayed {
                set(&mut response, "idempotent-replayed", "true");
            }
            response
        }
        Reply::Html => {
            let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
            return (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response();
        }
        Reply::Cut => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    set(&mut response, "request-id", id);
    set(&mut response, "stripe-version", version);
    if let Some(seconds) = extra.retry_after {
        set(&mut response, "retry-after", &seconds.to_string());
    }
    if let Some(retry) = extra.should_retry {
        set(&mut response, "stripe-should-retry", if retry { "true" } else { "false" });
    }
    response
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

fn refused(error: ApiError) -> Reply {
    Reply::Json { status: error.status, body: Arc::new(error.body), replayed: false }
}

async fn process(inner: &Inner, request: &Request) -> (Reply, Extra) {
    let none = Extra::default;
    if inner.is_stopped() {
        return (Reply::Cut, none());
    }
    if let Some(error) = refuse_key(inner, request) {
        return (refused(error), none());
    }
    if !inner.within_limits(&request.log.method, &request.log.path) {
        return (refused(ApiError::rate_limit()), none());
    }
    let fault = inner.take_fault(&request.log.method, &request.log.path);
    match fault {
        Some(FaultKind::Status { code, retry_after, should_retry, before_effect }) => {
            let extra = Extra { retry_after, should_retry };
            let error = ApiError::fault(code);
            if !before_effect {
                attempt(inner, request, Some(&error), None).await;
            }
            (refused(error), extra)
        }
        Some(FaultKind::Reset { before_effect }) => {
            if !before_effect {
                attempt(inner, request, None, None).await;
            }
            (Reply::Cut, none())
        }
        Some(FaultKind::Hang { millis, before_effect: true }) => {
            (attempt(inner, request, None, Some(Duration::from_millis(millis))).await, none())
        }
        Some(FaultKind::Hang { millis, before_effect: false }) => {
            let reply = attempt(inner, request, None, None).await;
            tokio::time::sleep(Duration::from_millis(millis)).await;
            (reply, none())
        }
        Some(FaultKind::LockConflict) => {
            let key = request.log.idempotency_key.as_deref().unwrap_or_default();
            (refused(ApiError::idempotency_locked(key)), none())
        }
        Some(FaultKind::Html502) => (Reply::Html, none()),
        None => (attempt(inner, request, None, None).await, none()),
    }
}

fn refuse_key(inner: &Inner, request: &Request) -> Option<ApiError> {
    let given = request.bearer.as_deref();
    if given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(inner.secret_key.as_bytes()))) {
        return None;
    }
    inner.violation(&request.log, "the bearer token is absent or another one");
    Some(ApiError::key(given))
}

/// Goes through the idempotency store, waits if told to, and does the call. With `instead`, that error is what the
/// key remembers.
async fn attempt(
    inner: &Inner,
    request: &Request,
    instead: Option<&ApiError>,
    wait: Option<Duration>,
) -> Reply {
    let posts = request.log.method == "POST";
    let key = request.log.idempotency_key.clone().filter(|_| posts);
    if posts && key.is_none() {
        inner.violation(&request.log, "POST without an Idempotency-Key");
    }
    let Some(key) = key else {
        pause(wait).await;
        let (status, body, _) = run(inner, request);
        return Reply::Json { status, body: Arc::new(body), replayed: false };
    };
    let print = fingerprint(request);
    if !inner.lock_key(&key) {
        return refused(ApiError::idempotency_locked(&key));
    }
    if let Some(reply) = remembered(inner, request, &key, &print) {
        inner.unlock_key(&key);
        return reply;
    }
    pause(wait).await;
    let (status, body, stored) = run(inner, request);
    let (status, body) = match instead.filter(|_| stored) {
        Some(error) => (error.status, error.body.clone()),
        None => (status, body),
    };
    if stored {
        inner.with(|world| {
            let kept = Remembered { request: print, status, body: body.clone(), created: world.at };
            world.remember(&key, kept);
        });
    }
    inner.unlock_key(&key);
    Reply::Json { status, body: Arc::new(body), replayed: false }
}

async fn pause(wait: Option<Duration>) {
    if let Some(wait) = wait {
        tokio::time::sleep(wait).await;
    }
}

fn fingerprint(request: &Request) -> String {
    let mut pairs = request.pairs.clone();
    pairs.sort();
    format!("{} {} {pairs:?}", request.log.method, request.log.path)
}

fn remembered(inner: &Inner, request: &Request, key: &str, print: &str) -> Option<Reply> {
    let known = inner.with(|world| {
        world.forget_old_keys();
        world.remembered.get(key).filter(|kept| kept.created > world.at - super::calendar::DAY).cloned()
    })?;
    if known.request == print {
        return Some(Reply::Json { status: known.status, body: Arc::new(known.body), replayed: true });
    }
    inner.violation(&request.log, &format!("idempotency key {key} was used with other parameters"));
    Some(refused(ApiError::idempotency_mismatch(key)))
}

/// Does the call: status, body, and whether a key remembers it.
fn run(inner: &Inner, request: &Request) -> (u16, Value, bool) {
    let log = &request.log;
    let answer = inner.with(|world| {
        world.cause = Cause { id: Some(request.id.clone()), key: log.idempotency_key.clone() };
        let node = Node::tree(&request.pairs);
        let call = Call { method: &log.method, path: &log.path, pairs: &request.pairs, node };
        let answer = api::dispatch(world, &call);
        world.cause = Cause::default();
        answer
    });
    match answer {
        Ok(body) => (200, body, true),
        Err(error) => {
            if error.code() == "parameter_unknown" || error.message().starts_with("Unrecognized request URL")
            {
                inner.violation(log, &error.message());
            }
            (error.status, error.body, error.stored)
        }
    }
}

impl World {
    fn remember(&mut self, key: &str, kept: Remembered) {
        self.revision += 1;
        self.remembered.insert(key.to_owned(), kept);
    }

    fn forget_old_keys(&mut self) {
        let since = self.at - super::calendar::DAY;
        // The map is walked at most once an hour of its own time.
        if self.at - self.pruned >= 3_600 || self.pruned > self.at {
            self.remembered.retain(|_, kept| kept.created > since);
            self.pruned = self.at;
        }
    }
}
