//! The operations on queries: list, create, delete, try.

use std::future::IntoFuture;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use wildmatch::WildMatch;

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
use crate::generated::types::CreateQueryRequest;
pub use crate::generated::types::{QueryRow, ReportQuery};
use crate::report::{Report, Timestamp};
use crate::reports::{NO_ITEM, name_is, name_pattern};
use crate::spec;
use crate::unconfirmed::{NewItem, deleted};

/// Longer than the service, which gives up after 100 seconds.
const TRY_TIMEOUT: Duration = Duration::from_secs(110);

impl InsightsClient {
    /// Lists queries: the caller's own, and those of the system.
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORT_QUERIES"), ").")]
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]. An empty list is not an error.
    pub fn queries(&self) -> ListQueries {
        ListQueries { client: self.clone(), id: None, name: None, pattern: None, own: None }
    }

    /// Creates a query.
    ///
    /// A lost request is not retried blindly, because that could create two queries. The client lists queries before
    /// the request, and again if the response is lost, and returns the new one.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// use partner_center_insights::NewQuery;
    ///
    /// let text = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_6_MONTHS";
    /// let query = client.create_query(NewQuery::new("Office usage", text)).await?;
    /// println!("{}", query.query_id);
    /// # Ok(())
    /// # }
    /// ```
    #[doc = concat!("See [the service's page](", env!("DOC_CREATE_REPORT_QUERY"), ").")]
    ///
    /// # Errors
    ///
    /// [`QueryQuota`](ErrorKind::QueryQuota) if there are 100 queries; [`unused_queries`](Self::unused_queries) lists
    /// candidates to delete. [`BadRequest`](ErrorKind::BadRequest) if the service rejects the text, and otherwise see
    /// [`ErrorKind`].
    pub async fn create_query(&self, query: NewQuery) -> Result<ReportQuery, Error> {
        let operation = &spec::CREATE_REPORT_QUERY;
        let request = query.0;
        if request.name.trim().is_empty() || request.query.trim().is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .with_operation(operation)
                .with_message("Null or missing value: a query needs a name and a text"));
        }
        let is_plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c.is_whitespace());
        if !is_plain(&request.name) {
            tracing::warn!("the name of a query presumably allows only letters, digits and spaces");
        }
        let is_like = |query: &ReportQuery| {
            query.name.as_deref().map(str::trim) == Some(request.name.trim())
                // The service returns line breaks as CR LF.
                && query.query.as_deref().is_some_and(|text| text.trim().lines().eq(request.query.trim().lines()))
        };
        let id = |query: &ReportQuery| query.query_id.clone();
        let body = &request;
        let send = || self.call(operation, |api: Client| async move { api.create_report_query(body).await });
        let list = || self.queries().own().into_future();
        NewItem { client: self, operation, is_like, id }.create(list, send).await
    }

    /// Lists the caller's own queries that no report runs, oldest first: candidates to delete if there are 100.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// for query in client.unused_queries().await? {
    ///     println!("{} {}", query.query_id, query.name.unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORT_QUERIES"), ").")]
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn unused_queries(&self) -> Result<Vec<ReportQuery>, Error> {
        let mut queries = self.queries().own().await?;
        let reports = self.reports().await?;
        let runs = |report: &Report, query: &ReportQuery| {
            report.query_id.as_deref().is_some_and(|id| id.trim().eq_ignore_ascii_case(query.query_id.trim()))
        };
        queries.retain(|query| !reports.iter().any(|report| runs(report, query)));
        queries.sort_by_key(|query| query.created_time.as_ref().and_then(Timestamp::to_system_time));
        Ok(queries)
    }

    /// Deletes a query of the caller. Returns it, or `None` if it is not in the response.
    ///
    /// The effect on reports that run the query is not documented.
    #[doc = concat!("See [the service's page](", env!("DOC_DELETE_REPORT_QUERY"), ").")]
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such query. It is not an error after a request whose response
    /// was lost: that request deleted the query. Otherwise see [`ErrorKind`].
    pub async fn delete_query(&self, query_id: &str) -> Result<Option<ReportQuery>, Error> {
        let operation = &spec::DELETE_REPORT_QUERY;
        // As path segments, dots would lead to another path.
        if matches!(query_id.trim(), "" | "." | "..") {
            return Err(Error::new(ErrorKind::InvalidArgument).with_operation(operation).with_message(
                format!("invalid query id {query_id:?}; expected an id from the list of queries"),
            ));
        }
        let request = |api: Client| async move { api.delete_report_query(query_id).await };
        deleted(self.call(operation, request).await)
    }

    /// Runs a query, and returns its first rows: up to 100 (mpn) or 10 (cmp).
    #[doc = concat!("See [the service's page](", env!("DOC_TRY_REPORT_QUERY"), ").")]
    ///
    /// # Errors
    ///
    /// [`BadRequest`](ErrorKind::BadRequest) if the service rejects the query. [`Timeout`](ErrorKind::Timeout) means
    /// that the query takes more than 100 seconds. Its syntax is valid then, and the client does not retry. Otherwise
    /// see [`ErrorKind`].
    pub async fn try_query(&self, query: TryQuery) -> Result<Vec<QueryRow>, Error> {
        let TryQuery { text, id, span } = query;
        let [start, end] = [span.map(|(start, _)| start), span.map(|(_, end)| end)]
            .map(|time| time.map(|time| Timestamp::from(time).to_string()));
        let (text, id, start, end) = (text.as_deref(), id.as_deref(), start.as_deref(), end.as_deref());
        let request = |mut api: Client| async move {
            api.inner.timeout = Some(TRY_TIMEOUT);
            api.try_report_query(end, text, id, start).await
        };
        let response = self.call(&spec::TRY_REPORT_QUERY, request).await?;
        // Only the first rows are wanted, so further pages are not requested.
        response.into_page(&spec::TRY_REPORT_QUERY).map(|page| page.list.items)
    }
}

/// A list of queries, created by [`InsightsClient::queries`] and sent when it is awaited.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ListQueries {
    client: InsightsClient,
    id: Option<String>,
    name: Option<String>,
    pattern: Option<WildMatch>,
    /// `true` for own queries only, `false` for those of the system only.
    own: Option<bool>,
}

impl ListQueries {
    /// Lists only the query with this id.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Lists only queries with this name. The service decides what matches.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Lists only queries whose whole name matches this pattern, ignoring case: `*` matches any text, `?` one
    /// character. The client filters the list.
    pub fn name_matches(mut self, pattern: &str) -> Self {
        self.pattern = Some(name_pattern(pattern));
        self
    }

    /// Lists only the caller's own queries.
    pub fn own(mut self) -> Self {
        self.own = Some(true);
        self
    }

    /// Lists only queries of the system.
    pub fn system(mut self) -> Self {
        self.own = Some(false);
        self
    }

    async fn send(self) -> Result<Vec<ReportQuery>, Error> {
        let Self { client, id, name, pattern, own } = self;
        let (id, name) = (id.as_deref(), name.as_deref());
        let (only_system, include_system) = (own.map(|own| !own), own.map(|own| !own));
        let request = |api: Client| async move {
            // The meaning of both parameters together is not documented, so only one is sent.
            match own {
                Some(true) => api.get_report_queries(None, include_system, id, name).await,
                _ => api.get_report_queries(only_system, None, id, name).await,
            }
        };
        let mut queries = client.call_list(&spec::GET_REPORT_QUERIES, NO_ITEM, request).await?;
        if let Some(pattern) = pattern {
            queries.retain(|query: &ReportQuery| name_is(query.name.as_deref(), &pattern));
        }
        Ok(queries)
    }
}

impl IntoFuture for ListQueries {
    type Output = Result<Vec<ReportQuery>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// A query to create.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "nothing is created until it is sent"]
pub struct NewQuery(CreateQueryRequest);

impl NewQuery {
    /// Creates a query with a name and a text. All published names have letters, digits and spaces only.
    pub fn new(name: impl Into<String>, query: impl Into<String>) -> Self {
        Self(CreateQueryRequest { name: name.into(), query: query.into(), description: None })
    }

    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.description = Some(description.into());
        self
    }
}

/// A query to try.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing is tried until it is sent"]
pub struct TryQuery {
    text: Option<String>,
    id: Option<String>,
    span: Option<(SystemTime, SystemTime)>,
}

impl TryQuery {
    /// Creates a query from a text, which need not be stored.
    pub fn text(query: impl Into<String>) -> Self {
        Self { text: Some(query.into()), id: None, span: None }
    }

    /// Selects a stored query.
    pub fn id(query_id: impl Into<String>) -> Self {
        Self { text: None, id: Some(query_id.into()), span: None }
    }

    /// Replaces the time span of the query, from start to end. Documented for mpn only; the format of the times is
    /// assumed.
    pub fn time_span(mut self, start: SystemTime, end: SystemTime) -> Self {
        self.span = Some((start, end));
        self
    }
}
