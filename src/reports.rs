//! The operations on reports: list, get, resume, pause, and the probe of a token.

use std::future::IntoFuture;
use std::pin::Pin;

use icu_normalizer::ComposingNormalizerBorrowed;
use wildmatch::WildMatch;

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
use crate::report::{Report, ReportId, ReportStatus};
use crate::response::List;
use crate::response::means_empty;
use crate::spec;
use crate::warning::Warning;

/// The message of the 404 that means "no reports"; any other 404 is an error.
pub(crate) const NO_ITEM: &str = "no item found";

impl InsightsClient {
    /// Lists the reports of the caller.
    ///
    /// Await it for all of them, or set filters first.
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORTS"), ").")]
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind). An empty list is not an error, although the service responds with 404.
    pub fn reports(&self) -> ListReports {
        ListReports { client: self.clone(), filter: ReportFilter::default() }
    }

    /// Gets one report, or `None` if there is no report with this id.
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORTS"), ").")]
    ///
    /// # Errors
    ///
    /// As for [`resume`](Self::resume).
    pub async fn report<I>(&self, report_id: I) -> Result<Option<Report>, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let id = report_id.try_into().map_err(Into::into)?;
        // The service may ignore the parameter and list every report.
        let request = |api: Client| async move { api.get_reports(None, Some(&id), None).await };
        let is_found = |reports: &[Report]| reports.iter().any(|report| report.report_id == id);
        let list = self.call_pages(&spec::GET_REPORTS, NO_ITEM, is_found, request).await?;
        match list.items.into_iter().find(|report| report.report_id == id) {
            None if list.unreadable > 0 => Err(Error::new(ErrorKind::InvalidResponse)
                .with_operation(&spec::GET_REPORTS)
                .with_status(Some(200))
                .with_message("the report is not in the response, or its id cannot be read")),
            report => Ok(report),
        }
    }

    /// Resumes a paused report: one `PUT`, as documented, retried where that is safe and may help.
    ///
    /// Returns the report, or `None` if the service accepted the request without a body. The effect on a report that is
    /// not paused is not documented.
    #[doc = concat!("See [the service's page](", env!("DOC_RESUME_REPORT_EXECUTIONS"), ").")]
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) if the id is not a UUID; nothing is sent then. Otherwise
    /// see [`ErrorKind`](crate::ErrorKind). [`InvalidResponse`](crate::ErrorKind::InvalidResponse) with status 200
    /// means that the service accepted the request, but its response could not be decoded.
    pub async fn resume<I>(&self, report_id: I) -> Result<Option<Report>, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let id = report_id.try_into().map_err(Into::into)?;
        let request = |api: Client| async move { api.resume_report_executions(&id).await };
        let response = self.call(&spec::RESUME_REPORT_EXECUTIONS, request).await?;
        Ok(response.items.into_iter().next())
    }

    /// Pauses a report: its schedule is suspended until it is resumed.
    #[doc = concat!("See [the service's page](", env!("DOC_PAUSE_REPORT_EXECUTIONS"), ").")]
    ///
    /// # Errors
    ///
    /// As for [`resume`](Self::resume).
    pub async fn pause<I>(&self, report_id: I) -> Result<Option<Report>, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let id = report_id.try_into().map_err(Into::into)?;
        let request = |api: Client| async move { api.pause_report_executions(&id).await };
        let response = self.call(&spec::PAUSE_REPORT_EXECUTIONS, request).await?;
        Ok(response.items.into_iter().next())
    }

    /// Checks the token by listing the reports, and asks the service whether the token proves a multi-factor sign-in.
    ///
    /// It sends the header `ValidateMfa`, which [other services of Partner Center
    /// document](https://learn.microsoft.com/en-us/partner-center/security/partner-security-requirements-mandating-mfa).
    /// Whether this service supports it is unknown. Enforcement is rolled out in steps, so the result may change.
    ///
    /// # Errors
    ///
    /// If the token is rejected, or the service cannot be reached. See [`ErrorKind`](crate::ErrorKind).
    pub async fn probe(&self) -> Result<Probe, Error> {
        let request = |mut api: Client| async move {
            api.inner.validate_mfa = true;
            api.get_reports(None, None, None).await
        };
        match self.call(&spec::GET_REPORTS, request).await {
            Ok(response) => Ok(Probe { mfa_compliant: response.is_mfa_compliant }),
            Err(error) if means_empty(&error, NO_ITEM) => Ok(Probe { mfa_compliant: None }),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn list_reports(&self) -> Result<List<Report>, Error> {
        let request = |api: Client| async move { api.get_reports(None, None, None).await };
        self.call_pages(&spec::GET_REPORTS, NO_ITEM, |_| false, request).await
    }
}

/// What the service reports about a token that it accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// Whether the token proves a multi-factor sign-in. `None` if the service does not report it.
    pub mfa_compliant: Option<bool>,
}

/// A list of reports, created by [`InsightsClient::reports`] and sent when it is awaited.
///
/// The service cannot filter by status, so the client lists all reports and filters them.
///
/// ```no_run
/// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
/// use partner_center_insights::ReportStatus;
///
/// for report in client.reports().status(ReportStatus::Paused).name_matches("Sales*").await? {
///     println!("{} {}", report.report_id, report.report_name.unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ListReports {
    client: InsightsClient,
    filter: ReportFilter,
}

impl ListReports {
    /// Lists only reports with this status.
    pub fn status(mut self, status: ReportStatus) -> Self {
        self.filter.status = Some(status);
        self
    }

    /// Lists only reports whose whole name matches this pattern, ignoring case: `*` matches any text, `?` one
    /// character.
    pub fn name_matches(mut self, pattern: &str) -> Self {
        self.filter.name = Some(name_pattern(pattern));
        self
    }

    /// Lists only reports that run this query.
    pub fn query_id(mut self, query_id: impl Into<String>) -> Self {
        self.filter.query_id = Some(query_id.into());
        self
    }

    fn filtered(&self, mut reports: Vec<Report>) -> Vec<Report> {
        if self.filter.status.is_some() {
            for report in reports.iter().filter(|report| report.report_status.is_none()) {
                let warning =
                    Warning::new("reportStatus", "absent; the filter by status leaves the report out");
                self.client.inner.warn(&Warning { id: Some(report.report_id.to_string()), ..warning });
            }
        }
        reports.retain(|report| self.filter.matches(report));
        reports
    }
}

impl IntoFuture for ListReports {
    type Output = Result<Vec<Report>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.filtered(self.client.list_reports().await?.items)) })
    }
}

/// A filter of reports. A report matches if it satisfies every condition that is set.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReportFilter {
    pub status: Option<ReportStatus>,
    pub name: Option<WildMatch>,
    pub query_id: Option<String>,
}

impl ReportFilter {
    pub fn matches(&self, report: &Report) -> bool {
        let has_status = |status| report.report_status.as_ref() == Some(status);
        let has_name = |pattern| name_is(report.report_name.as_deref(), pattern);
        let runs = |id: &String| {
            report.query_id.as_deref().is_some_and(|own| own.trim().eq_ignore_ascii_case(id.trim()))
        };
        self.status.as_ref().is_none_or(has_status)
            && self.name.as_ref().is_none_or(has_name)
            && self.query_id.as_ref().is_none_or(runs)
    }
}

/// Creates a pattern for a name, ignoring case: `*` matches any text, `?` one character.
pub(crate) fn name_pattern(pattern: &str) -> WildMatch {
    WildMatch::new_case_insensitive(&normalized(pattern))
}

/// Whether a name matches a pattern. No name is an empty one.
pub(crate) fn name_is(name: Option<&str>, pattern: &WildMatch) -> bool {
    pattern.matches(&normalized(name.unwrap_or_default()))
}

/// Normalizes a name or a pattern, so that texts that look the same are equal: composes letters and accents, reduces
/// white space to single spaces, and removes invisible characters.
fn normalized(text: &str) -> String {
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    let is_visible =
        |c: &char| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}');
    let hyphen = |c| if matches!(c, '\u{2010}' | '\u{2011}') { '-' } else { c };
    let text: String = text.chars().filter(is_visible).map(hyphen).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
