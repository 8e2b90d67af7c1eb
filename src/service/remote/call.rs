//! One request, put together.

use super::encoded;
use crate::error::Result;
use crate::store::COMMIT_BYTES_MAX;
use crate::wire::FRAMES;
use hyper::Method;
use serde::Serialize;

/// One request to the process that has the store.
#[derive(Debug)]
pub(in crate::service) struct Call {
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) accept: &'static str,
}

impl Call {
    fn new(method: Method, path: &[&str]) -> Self {
        let mut uri = String::from("/v1");
        for part in path {
            uri.push('/');
            uri.push_str(&encoded(part));
        }
        Self { method, uri, headers: Vec::new(), body: None, accept: "application/json" }
    }

    /// `GET /v1/…`, each part of the path as it is named.
    pub(in crate::service) fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path)
    }

    /// `GET` of what stands beside `/v1`.
    pub(in crate::service) fn beside(path: &str) -> Self {
        Self { uri: path.to_owned(), ..Self::new(Method::GET, &[]) }
    }

    /// `POST /v1/…`.
    pub(in crate::service) fn post(path: &[&str]) -> Self {
        Self::new(Method::POST, path)
    }

    /// `PUT /v1/…`.
    pub(in crate::service) fn put(path: &[&str]) -> Self {
        Self::new(Method::PUT, path)
    }

    /// `DELETE /v1/…`.
    pub(in crate::service) fn delete(path: &[&str]) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// Adds what comes behind the `?`.
    ///
    /// # Errors
    /// Parameters that are not names and plain values.
    pub(in crate::service) fn query(mut self, parameters: &impl Serialize) -> Result<Self> {
        let text = serde_urlencoded::to_string(parameters).map_err(super::unsendable)?;
        if !text.is_empty() {
            self.uri.push('?');
            self.uri.push_str(&text);
        }
        Ok(self)
    }

    /// Adds a body of JSON.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub(in crate::service) fn json(mut self, body: &impl Serialize) -> Result<Self> {
        self.body = Some(serde_json::to_vec(body).map_err(super::unsendable)?);
        Ok(self)
    }

    /// Whether its body is longer than what is read where it goes to: a request that may have events in it is at most
    /// twice as long as the events of a commit.
    pub(in crate::service) fn is_too_long(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.len() > 2 * COMMIT_BYTES_MAX)
    }

    /// Adds a header.
    #[must_use]
    pub(in crate::service) fn header(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.headers.extend(value.map(|value| (name, value.to_owned())));
        self
    }

    /// Asks for an answer in frames.
    #[must_use]
    pub(in crate::service) fn in_frames(mut self) -> Self {
        self.accept = FRAMES;
        self
    }
}
