//! Hand-written types of the response, for one spelling each.

macro_rules! spelled {
    ($spelling:ident, $case:tt) => {
        #[allow(dead_code)] // Some fields are only deserialized.
        pub mod $spelling {
            use serde::{Deserialize, Serialize};
            use uuid::Uuid;

            #[derive(Debug, Deserialize)]
            #[serde(rename_all = $case)]
            pub struct Envelope {
                pub value: Vec<Report>,
                pub total_count: Option<i64>,
                pub message: Option<String>,
                pub status_code: Option<i32>,
                pub next_link: Option<String>,
                pub data_redacted: Option<bool>,
            }

            #[derive(Debug, Serialize, Deserialize)]
            #[serde(rename_all = $case)]
            pub struct Report {
                pub report_id: Uuid,
                pub report_name: Option<String>,
                pub description: Option<String>,
                pub query_id: Option<String>,
                pub query: Option<String>,
                pub user: Option<String>,
                pub created_time: Option<String>,
                pub modified_time: Option<String>,
                pub execute_now: Option<bool>,
                pub query_start_time: Option<String>,
                pub query_end_time: Option<String>,
                pub start_time: Option<String>,
                pub end_time: Option<String>,
                pub report_status: Option<ReportStatus>,
                pub recurrence_interval: Option<i32>,
                pub recurrence_count: Option<i32>,
                pub callback_url: Option<String>,
                pub callback_method: Option<String>,
                pub format: Option<String>,
            }

            #[derive(Debug, Serialize, Deserialize)]
            pub enum ReportStatus {
                Active,
                Paused,
                Inactive,
            }
        }
    };
}

spelled!(camel, "camelCase");
spelled!(pascal, "PascalCase");
