//! The files of executions: their columns, rows and ranges.

use std::io::Read;

use partner_center_insights::emulator::Files;
use reqwest::Response;

use crate::*;

const SCHEDULE: &str =
    "SELECT CustomerName,customermarket, CustomerCount FROM OfficeUsage TIMESPAN LAST_MONTH";

impl Service {
    /// Creates a one-time report with this query and format, and returns its id and the link to its file.
    async fn file_of(&self, query: &str, format: &str) -> (String, String) {
        let query = json!({ "Name": "File", "Query": query });
        let query = id(&self.post("ScheduledQueries", &query).await, "queryId");
        let report = self.create(&with(with(once(), "QueryId", query), "Format", format)).await;
        self.pass(2);
        let link = self.executions(&report, "").await.1[0]["reportAccessSecureLink"].clone();
        (report, link.as_str().unwrap().to_owned())
    }

    async fn download(&self, link: &str) -> Response {
        self.http.get(link).send().await.unwrap()
    }
}

async fn lines(response: Response) -> Vec<String> {
    let mut text = String::new();
    let bytes = response.bytes().await.unwrap();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    text.split_terminator("\r\n").map(str::to_owned).collect()
}

#[tokio::test]
async fn file_has_the_columns_of_its_query() {
    let service = Service::start().await;
    let (_, link) = service.file_of(SCHEDULE, "csv").await;
    let response = service.download(&link).await;
    assert_eq!(response.headers()["content-type"], "text/csv");
    let lines = lines(response).await;
    assert_eq!(lines[0], "CustomerName,customermarket,CustomerCount");
    assert_eq!((&*lines[1], lines.len()), ("CustomerName 1,customermarket 1,7", 1001));
}

#[tokio::test]
async fn tsv_file_is_separated_by_tabs() {
    let service = Service::start().await;
    let (_, link) = service.file_of(SCHEDULE, "TSV").await;
    let response = service.download(&link).await;
    assert_eq!(response.headers()["content-type"], "text/tab-separated-values");
    let lines = lines(response).await;
    assert_eq!(lines[0], "CustomerName\tcustomermarket\tCustomerCount");
    assert_eq!(lines[1], "CustomerName 1\tcustomermarket 1\t7");
}

#[tokio::test]
async fn limit_bounds_the_rows_of_a_file() {
    for (size, limit, rows) in [(0, 3, 3), (0, 1000, 1000), (0, 5000, 1000), (1 << 20, 2500, 2500)] {
        let service = Service::with(|builder| builder.reports([]).files(Files::new().size(size))).await;
        let query = format!("SELECT CustomerName FROM OfficeUsage LIMIT {limit}");
        let (_, link) = service.file_of(&query, "csv").await;
        assert_eq!(lines(service.download(&link).await).await.len(), rows + 1, "{size} {limit}");
    }
}

#[tokio::test]
async fn file_of_a_deleted_report_is_gone() {
    let service = Service::start().await;
    let (report, link) = service.file_of(SCHEDULE, "csv").await;
    assert_eq!(service.download(&link).await.status(), 200);
    service.delete(&format!("ScheduledReport/{report}")).await;
    let response = service.download(&link).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-ms-error-code"]),
        (404, &"BlobNotFound".parse().unwrap())
    );
}

#[tokio::test]
async fn ranges_return_the_requested_bytes() {
    let service = Service::with(|builder| builder.reports([]).files(Files::new().plain())).await;
    let (_, link) = service.file_of(SCHEDULE, "csv").await;
    let whole = service.download(&link).await.bytes().await.unwrap();
    let length = whole.len();
    for (range, expected) in [
        ("bytes=0-9", Some(0..10)),
        ("bytes=0-0", Some(0..1)),
        ("bytes=20-99999999", Some(20..length)),
        ("bytes=30-", Some(30..length)),
        ("bytes=-5", Some(length - 5..length)),
        ("bytes=-99999999", Some(0..length)),
        // Not ranges, so the whole file is sent.
        ("bytes=9-0", None),
        ("bytes=-", None),
        ("bytes=0-1,4-5", None),
        ("rows=0-9", None),
    ] {
        let response = service.http.get(&link).header("range", range).send().await.unwrap();
        let status = response.status().as_u16();
        let content_range =
            response.headers().get("content-range").map(|range| range.to_str().unwrap().to_owned());
        let body = response.bytes().await.unwrap();
        let wanted = expected.clone().map(|part| format!("bytes {}-{}/{length}", part.start, part.end - 1));
        assert_eq!((status, content_range), (if expected.is_some() { 206 } else { 200 }, wanted), "{range}");
        assert_eq!(body, whole[expected.unwrap_or(0..length)], "{range}");
    }
}

#[tokio::test]
async fn range_outside_of_the_file_is_refused() {
    let service = Service::with(|builder| builder.reports([]).files(Files::new().plain())).await;
    let (_, link) = service.file_of(SCHEDULE, "csv").await;
    let length = service.download(&link).await.bytes().await.unwrap().len();
    for range in [format!("bytes={length}-"), format!("bytes={length}-{}", length + 9), "bytes=-0".to_owned()]
    {
        let response = service.http.get(&link).header("range", &range).send().await.unwrap();
        assert_eq!(response.status(), 416, "{range}");
        assert_eq!(response.headers()["content-range"], format!("bytes */{length}"));
    }
}
